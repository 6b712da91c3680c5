//! Whom a message may invite. The chat service reads messages and decides what they do; it does not know who has an
//! account, so the edge looks up the one name that a command of this kind can have, and sends along what it found.

/// The name in a message that invites somebody or hands the recipe over, as in "/invite @ada as viewer"; `None` for any
/// other message.
pub(super) fn invited_name(content: &str) -> Option<&str> {
    let mut words = content.trim().strip_prefix('/')?.split_whitespace();
    let command = words.next()?;
    let names_somebody = ["invite", "owner"];
    if !names_somebody
        .iter()
        .any(|known| command.eq_ignore_ascii_case(known))
    {
        return None;
    }
    words
        .map(|word| word.trim_start_matches('@'))
        .find(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_names_one_person() {
        for (content, name) in [
            ("/invite ada", Some("ada")),
            (" /Invite @Ada as viewer", Some("Ada")),
            ("/ invite @ ada", Some("ada")),
            ("/owner ada", Some("ada")),
            ("/invite", None),
            ("/remove ada", None),
            ("invite ada", None),
            ("add 2 eggs", None),
        ] {
            assert_eq!(invited_name(content), name, "{content}");
        }
    }
}
