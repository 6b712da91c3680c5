//! The names of a recipe's ingredients, folded once for all the changes of a message. Each word becomes a number, so
//! that looking for a name costs a comparison of numbers for each line, however long the names are.

use std::collections::HashMap;

use crate::recipe::model::Ingredient;
use crate::recipe::naming;

/// The folded names, in the order of the list.
#[derive(Debug, Default)]
pub(super) struct Names {
    words: HashMap<Box<str>, u32>,
    lines: Vec<Folded>,
}

/// A name as the numbers of its words: in their order, and each once, ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Folded {
    words: Box<[u32]>,
    different: Box<[u32]>,
}

impl Names {
    pub(super) fn of(ingredients: &[Ingredient]) -> Self {
        let mut names = Self::default();
        for ingredient in ingredients {
            names.push(&ingredient.name);
        }
        names
    }

    pub(super) fn push(&mut self, name: &str) {
        let folded = self.fold(name);
        self.lines.push(folded);
    }

    pub(super) fn remove(&mut self, index: usize) {
        self.lines.remove(index);
    }

    pub(super) fn clear(&mut self) {
        self.lines.clear();
    }

    pub(super) fn rename(&mut self, index: usize, name: &str) {
        self.lines[index] = self.fold(name);
    }

    /// Lines that have just the words of the name, in its order: "eggs" has those of "Egg".
    pub(super) fn same(&self, name: &str) -> Vec<usize> {
        self.known(name)
            .map(|wanted| self.fitting(|line| line.words == wanted.words))
            .unwrap_or_default()
    }

    /// Lines of just that name; if there are none, lines whose name has all its words ("flour" finds "plain flour").
    pub(super) fn find(&self, name: &str) -> Vec<usize> {
        let Some(wanted) = self.known(name).filter(|wanted| !wanted.words.is_empty()) else {
            return Vec::new();
        };
        let same = self.fitting(|line| line.words == wanted.words);
        if same.is_empty() {
            self.fitting(|line| has_all(&line.different, &wanted.different))
        } else {
            same
        }
    }

    fn fitting(&self, fits: impl Fn(&Folded) -> bool) -> Vec<usize> {
        let lines = self.lines.iter().enumerate();
        lines
            .filter_map(|(index, line)| fits(line).then_some(index))
            .collect()
    }

    /// `None` when the name has a word that no line has.
    fn known(&self, name: &str) -> Option<Folded> {
        let mut words = Some(Vec::new());
        naming::each_word(name, |word| match (self.words.get(word), &mut words) {
            (Some(number), Some(words)) => words.push(*number),
            _ => words = None,
        });
        words.map(Folded::of)
    }

    fn fold(&mut self, name: &str) -> Folded {
        let mut folded = Vec::new();
        naming::each_word(name, |word| {
            let next = u32::try_from(self.words.len()).unwrap_or(u32::MAX);
            let number = match self.words.get(word) {
                Some(number) => *number,
                None => *self.words.entry(word.into()).or_insert(next),
            };
            folded.push(number);
        });
        Folded::of(folded)
    }
}

impl Folded {
    fn of(words: Vec<u32>) -> Self {
        let mut different = words.clone();
        different.sort_unstable();
        different.dedup();
        Self {
            words: words.into(),
            different: different.into(),
        }
    }
}

/// Whether all of `wanted` are in `has`. Both ascend.
fn has_all(has: &[u32], wanted: &[u32]) -> bool {
    let mut has = has.iter();
    wanted.iter().all(|word| has.any(|known| known == word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[&str]) -> Names {
        let mut names = Names::default();
        for name in list {
            names.push(name);
        }
        names
    }

    #[test]
    fn the_same_name_goes_before_one_that_has_its_words() {
        let names = names(&["plain flour", "Eggs", "flour", "rye flour, the plain one"]);
        assert_eq!(names.find("the flour"), [2]);
        assert_eq!(names.find("egg"), [1]);
        assert_eq!(names.find("flour plain"), [0, 3]);
        assert_eq!(names.find("plain plain"), [0, 3]);
        assert_eq!(names.find("oats"), [0; 0]);
        assert_eq!(names.find("of the"), [0; 0]);
        assert_eq!(names.same("plain"), [0; 0]);
    }

    #[test]
    fn changes_of_the_list_are_followed() {
        let mut names = names(&["a", "b", "c"]);
        names.remove(0);
        names.rename(1, "d");
        assert_eq!((names.find("b"), names.find("d")), (vec![0], vec![1]));
        assert_eq!(names.find("c"), [0; 0]);
        names.clear();
        names.push("c");
        assert_eq!(names.find("c"), [0]);
    }
}
