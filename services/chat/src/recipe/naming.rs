//! How names are compared and made: plural or singular, upper or lower case, and a title from a recipe's id.
//! It does not decide what a missing or ambiguous name means; `apply` does.

/// "sunday-roast" becomes "Sunday roast"; an id without letters or digits becomes "New recipe".
pub fn title_from_id(id: &str) -> String {
    let spaced = one_line(&id.replace(['-', '_'], " "));
    let mut letters = spaced.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => "New recipe".to_owned(),
    }
}

/// Runs of white space and control characters become one space; none at the ends.
pub(super) fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// What two spellings of one name have in common: "Eggs" and "egg", "Cherry Tomatoes" and "cherry tomato".
pub(super) fn key(name: &str) -> String {
    words(name).join(" ")
}

/// The words of a name in singular and lower case, without "the" and "of".
pub(super) fn words(name: &str) -> Vec<String> {
    name.split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '%')
        .filter(|word| !word.is_empty())
        .map(|word| singular(&word.to_lowercase()))
        .filter(|word| !matches!(word.as_str(), "the" | "of"))
        .collect()
}

/// A rough singular. It only has to give both forms of a word the same result, not a correct word.
pub(super) fn singular(word: &str) -> String {
    const IRREGULAR: [(&str, &str); 5] = [
        ("leaves", "leaf"),
        ("loaves", "loaf"),
        ("halves", "half"),
        ("knives", "knife"),
        ("people", "person"),
    ];
    if let Some((_, singular)) = IRREGULAR.iter().find(|(plural, _)| *plural == word) {
        return (*singular).to_owned();
    }
    let cut =
        |ending: &str, put: &str| word.strip_suffix(ending).map(|stem| format!("{stem}{put}"));
    let plural = match word {
        _ if word.chars().count() < 4 || word.ends_with("ss") || word.ends_with("us") => None,
        _ if word.ends_with("ies") => cut("ies", "y"),
        _ if ["oes", "ches", "shes", "xes", "sses"]
            .iter()
            .any(|ending| word.ends_with(ending)) =>
        {
            cut("es", "")
        }
        _ => cut("s", ""),
    };
    plural.unwrap_or_else(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_come_from_ids() {
        assert_eq!(title_from_id("sunday-roast"), "Sunday roast");
        assert_eq!(title_from_id("__"), "New recipe");
        assert_eq!(title_from_id("Pie_2"), "Pie 2");
    }

    #[test]
    fn singular_and_plural_have_one_key() {
        for (one, many) in [
            ("egg", "Eggs"),
            ("cherry tomato", "Cherry Tomatoes"),
            ("bay leaf", "bay leaves"),
            ("berry", "berries"),
            ("olive", "olives"),
            ("radish", "radishes"),
            ("cheese", "cheeses"),
        ] {
            assert_eq!(key(one), key(many));
        }
        assert_eq!(key("swiss"), "swiss");
        assert_ne!(key("pea"), key("pear"));
    }
}
