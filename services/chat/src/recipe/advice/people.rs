//! For how many a recipe is to be.

use super::said::{Said, whole};
use crate::recipe::word_list::WordList;

impl Said<'_> {
    /// For how many it is to be.
    pub(super) fn how_many(&self) -> Option<String> {
        static NO_PEOPLE: WordList = WordList::new(
            "was were used made cooked served did minutes hours minute hour days more years times last yesterday weeks steps \
            batch eggs o'clock step steps stars",
        );
        if ["just for me", "only for me", "it's just me"]
            .iter()
            .any(|phrase| self.begins(phrase))
        {
            return Some("To make it for one, write \"for 1 person\".".to_owned());
        }
        if let [only] = self.words.as_slice() {
            let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            if let Some(percent) = only.strip_suffix('%').filter(|percent| digits(percent)) {
                return Some(format!(
                    "To make so much of the whole recipe, write \"scale to {percent}%\"."
                ));
            }
            if let Some(times) = only.strip_prefix('x').filter(|times| digits(times)) {
                return Some(format!(
                    "To multiply the whole recipe, write \"scale by {times}\"."
                ));
            }
        }
        if let Some(more) = self.more_people() {
            return Some(more);
        }
        let at = self.words.iter().position(|word| whole(word).is_some())?;
        let count = whole(self.word(at))?;
        let few = self.words.len() <= at + 2;
        if few
            && at == 0
            && self.word(0).ends_with('x')
            && self.word(0).starts_with(|c: char| c.is_ascii_digit())
            && self.words.len() == 1
            || few && matches!(self.word(at + 1), "batches" | "batch")
        {
            return Some(format!(
                "To multiply the whole recipe, write \"scale by {count}\"."
            ));
        }
        if self.content.contains('?')
            || self.has_any(&NO_PEOPLE)
            || self.words.len() > 8
            || count.contains('.')
        {
            return None;
        }
        let said = ["we're", "we are", "there are", "there will be"]
            .iter()
            .any(|phrase| self.begins(phrase))
            || self.has(&[
                "cooking", "people", "guests", "coming", "servings", "portions",
            ])
            || (few
                && at > 0
                && self.words.len() <= 4
                && matches!(self.word(at - 1), "for" | "of")
                && self.has(&[
                    "it's",
                    "dinner",
                    "lunch",
                    "party",
                    "breakfast",
                    "supper",
                    "meal",
                ]))
            || (self.begins("serve") && at == 1 && few)
            || (self.word(0) == "for" && at == 1 && few)
            || (self.begins("cook for") && at == 2 && few)
            || (few && self.after(at + 1).starts_with("of us"))
            || self.after(at + 1).starts_with("of us");
        if said {
            // "For 4-6 people": what it is made for already is no change.
            let most = self.word(at).split(['-', '–']).nth(1).and_then(whole);
            let count = match most {
                Some(most) if !self.works(&format!("for {count} people")) => most,
                _ => count,
            };
            return Some(format!(
                "To make it for {count}, write \"for {count} people\"."
            ));
        }
        let made = matches!(self.word(0), "make" | "makes")
            && (at == 1 || (at == 2 && self.word(1) == "about"))
            || self.begins("recipe makes")
            || self.begins("recipe serves")
            || self.begins("do it for");
        (made && few).then(|| {
            format!(
                "To scale the recipe, write \"for {count} people\"; to set just the number, \"serves {count}\"."
            )
        })
    }
}
