//! More people, or many, put into words that work: "2 more people are coming", "enough for 6", "a party of 20".

use super::said::{Said, whole};
use crate::recipe::word_list::{WordList, words};

impl Said<'_> {
    /// More people, or many: "2 more people are coming", "twice as many people", "enough for 6", "a party of 20".
    pub(super) fn more_people(&self) -> Option<String> {
        static PEOPLE: WordList =
            WordList::new("person people guest guests friend friends persons kids adults");
        let said = self.said();
        let counted = |word: &str| match word {
            "one" | "another" | "1" => Some("1".to_owned()),
            word => whole(word),
        };
        if self.content.contains('?')
            || self.has_any(words!("was were had did used last yesterday step"))
        {
            return None;
        }
        if let Some(at) = self.words.iter().position(|word| PEOPLE.contains(word)) {
            let before = at.checked_sub(1).map_or("", |at| self.word(at));
            let count = match before {
                "more" | "extra" | "additional" => counted(self.word(at.checked_sub(2)?)),
                "another" => Some("1".to_owned()),
                _ => None,
            };
            if let Some(count) = count
                .filter(|_| self.has_any(words!("coming joining come comes more extra another")))
            {
                let noun = if count == "1" { "person" } else { "people" };
                return self.working(
                    "To make it for them too",
                    &format!("for {count} more {noun}"),
                );
            }
            if said.starts_with("twice as many") {
                return self.working("To make twice as much", "double it");
            }
            if said.starts_with("half as many") {
                return self.working("To make half of it", "halve it");
            }
        }
        let just_me = [
            "for just me",
            "for me only",
            "for only me",
            "for me alone",
            "for myself",
        ];
        if just_me.contains(&said) {
            return self.working("To make it for one", "for 1 person");
        }
        let group = words!("party group family crowd table crew team");
        let last = self.words.last().and_then(|word| whole(word));
        let gathered = self.has_any(group) && said.contains(" of ") && self.word(0) == "for";
        if let Some(count) = last.filter(|_| gathered || self.begins("enough for")) {
            return self.working(
                &format!("To make it for {count}"),
                &format!("for {count} people"),
            );
        }
        let times = match said {
            "one and a half times" | "one and a half" | "1.5 times" | "1 1/2 times" => "1.5",
            "two times" | "2 times" | "twice" => "2",
            "three times" | "3 times" => "3",
            _ => "",
        };
        if !times.is_empty() {
            return self.working("To multiply the whole recipe", &format!("scale by {times}"));
        }
        let sized = self.has_any(words!("smaller bigger larger")) && self.words.len() <= 5;
        let made = self.word(0) == "make"
            && self.has_any(words!("it this batch version portion portions recipe"));
        (sized && made).then(|| "Say for how many, as in \"for 6 people\".".to_owned())
    }
}
