//! What lies between two versions of a recipe, element by element, and how that is taken back from a later one while all
//! else stays as others left it. Pure.

use std::collections::{HashMap, HashSet};

use super::model::{Recipe, limits};

/// Of how many changed parts a message tells.
const MAX_REPORTED_CHANGES: usize = 64;

/// A part of a recipe that changes as one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Element {
    Title,
    Description,
    Servings,
    Tag(String),
    /// By its id.
    Ingredient(String),
    /// By its id.
    Step(String),
}

/// Why something cannot be taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UndoConflict {
    /// These are not as the change left them.
    Elements(Vec<Element>),
    /// What would come back has no room beside what is there now.
    NoRoom,
}

/// What became of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ElementChange {
    Added,
    Changed,
    Removed,
    Moved,
}

/// What changed between two versions, in the order of the recipe.
pub fn changed_elements(before: &Recipe, after: &Recipe) -> Vec<(ElementChange, Element)> {
    let mut changed = Vec::new();
    for (element, same) in fields(before, after) {
        if !same {
            changed.push((ElementChange::Changed, element));
        }
    }
    List::between(&before.tags, &after.tags, String::as_str).tell(Element::Tag, &mut changed);
    List::between(&before.ingredients, &after.ingredients, |line| &line.id)
        .tell(Element::Ingredient, &mut changed);
    List::between(&before.steps, &after.steps, |step| &step.id).tell(Element::Step, &mut changed);
    changed
}

/// The same as a message tells it: of more than so many it tells none, for there everything is new.
pub fn told_changes(before: &Recipe, after: &Recipe) -> Vec<(ElementChange, Element)> {
    let mut changed = changed_elements(before, after);
    if changed.len() > MAX_REPORTED_CHANGES {
        changed.clear();
    }
    changed
}

/// What `now` is without the change that led from `before` to `after`.
///
/// # Errors
/// When something that the change touched has been touched again since.
pub fn take_back(before: &Recipe, after: &Recipe, now: &Recipe) -> Result<Recipe, UndoConflict> {
    let mut stand = Vec::new();
    let mut taken = now.clone();
    let touched = fields(before, after).into_iter().zip(fields(after, now));
    for ((element, untouched), (_, as_left)) in touched {
        match (&element, untouched, as_left) {
            (_, true, _) => {}
            (_, false, false) => stand.push(element),
            (Element::Title, ..) => taken.title.clone_from(&before.title),
            (Element::Description, ..) => taken.description.clone_from(&before.description),
            (_, false, true) => {
                taken.servings = before.servings;
                taken.exact_servings = before.exact_servings;
            }
        }
    }
    taken.tags = List::between(&before.tags, &after.tags, String::as_str).take_back(
        &now.tags,
        Element::Tag,
        &mut stand,
    );
    taken.ingredients = List::between(&before.ingredients, &after.ingredients, |line| &line.id)
        .take_back(&now.ingredients, Element::Ingredient, &mut stand);
    taken.steps = List::between(&before.steps, &after.steps, |step| &step.id).take_back(
        &now.steps,
        Element::Step,
        &mut stand,
    );
    if !stand.is_empty() {
        return Err(UndoConflict::Elements(stand));
    }
    let has_room = taken.ingredients.len() <= limits::INGREDIENTS.max(now.ingredients.len())
        && taken.steps.len() <= limits::STEPS.max(now.steps.len())
        && taken.tags.len() <= limits::TAGS.max(now.tags.len());
    match has_room {
        true => Ok(taken),
        false => Err(UndoConflict::NoRoom),
    }
}

/// The parts that every recipe has, and whether they are the same.
fn fields(one: &Recipe, other: &Recipe) -> [(Element, bool); 3] {
    let same_servings =
        one.servings == other.servings && one.exact_servings == other.exact_servings;
    [
        (Element::Title, one.title == other.title),
        (Element::Description, one.description == other.description),
        (Element::Servings, same_servings),
    ]
}

/// A list before and after a change. Each part has a key of its own.
struct List<'r, T> {
    before: &'r [T],
    after: &'r [T],
    key: fn(&T) -> &str,
    places_before: HashMap<&'r str, usize>,
    places_after: HashMap<&'r str, usize>,
    moved: HashSet<&'r str>,
}

impl<'r, T: Clone + PartialEq> List<'r, T> {
    fn between(before: &'r [T], after: &'r [T], key: fn(&T) -> &str) -> Self {
        let (places_before, places_after) = (places(before, key), places(after, key));
        let common = after.iter().map(key);
        let common: Vec<_> = common
            .filter(|part| places_before.contains_key(part))
            .collect();
        let order: Vec<_> = common.iter().map(|part| places_before[part]).collect();
        let in_place = longest_rising(&order);
        let moved = common.iter().enumerate();
        let moved = moved
            .filter(|(at, _)| !in_place.contains(at))
            .map(|(_, part)| *part);
        Self {
            moved: moved.collect(),
            before,
            after,
            key,
            places_before,
            places_after,
        }
    }

    fn tell(&self, element: fn(String) -> Element, changed: &mut Vec<(ElementChange, Element)>) {
        let gone = self.before.iter().filter(|part| self.after(part).is_none());
        let gone = gone.map(|part| (ElementChange::Removed, part));
        let here = self.after.iter().filter_map(|part| {
            let became = match self.before(part) {
                None => ElementChange::Added,
                Some(before) if before != part => ElementChange::Changed,
                Some(_) if self.moved.contains((self.key)(part)) => ElementChange::Moved,
                Some(_) => return None,
            };
            Some((became, part))
        });
        let all = gone.chain(here);
        changed.extend(all.map(|(became, part)| (became, element((self.key)(part).to_owned()))));
    }

    /// The list as it is now, without the change; what does not stand as the change left it is noted.
    fn take_back(
        &self,
        now: &[T],
        element: fn(String) -> Element,
        stand: &mut Vec<Element>,
    ) -> Vec<T> {
        let places_now = places(now, self.key);
        let mut note = |part: &T| stand.push(element((self.key)(part).to_owned()));
        for part in self.before.iter().filter(|part| self.after(part).is_none()) {
            // Somebody else has brought it back.
            if places_now.contains_key((self.key)(part)) {
                note(part);
            }
        }
        for part in self.after {
            let touched = self.before(part) != Some(part);
            let moved = self.moved.contains((self.key)(part));
            let here = places_now.get((self.key)(part)).map(|at| &now[*at]);
            let as_left = here.is_some_and(|here| {
                (!touched || here == part)
                    && (!moved || self.stands_in_place(part, now, &places_now))
            });
            if (touched || moved) && !as_left {
                note(part);
            }
        }
        self.put_back(now)
    }

    /// Whether a part stands before and behind the same others as after the change.
    fn stands_in_place(&self, part: &T, now: &[T], places_now: &HashMap<&str, usize>) -> bool {
        let key = (self.key)(part);
        let (then, here) = (self.places_after[key], places_now[key]);
        now.iter().enumerate().all(|(at, other)| {
            let other = self.places_after.get((self.key)(other));
            other.is_none_or(|other| other.cmp(&then) == at.cmp(&here))
        })
    }

    fn put_back(&self, now: &[T]) -> Vec<T> {
        let mut list: Vec<T> = Vec::with_capacity(now.len());
        for part in now {
            let key = (self.key)(part);
            match (self.before(part), self.places_after.contains_key(key)) {
                // The change has added it.
                (None, true) => {}
                _ if self.moved.contains(key) => {}
                (Some(before), true) if self.after(part) != Some(before) => {
                    list.push(before.clone())
                }
                _ => list.push(part.clone()),
            }
        }
        // Each behind the part that stood before it.
        for (place, part) in self.before.iter().enumerate() {
            let key = (self.key)(part);
            let back = !self.places_after.contains_key(key) || self.moved.contains(key);
            if back && !list.iter().any(|here| (self.key)(here) == key) {
                let stood_before = self.before[..place].iter().rev();
                let at = stood_before
                    .filter_map(|before| {
                        let before = (self.key)(before);
                        list.iter().position(|here| (self.key)(here) == before)
                    })
                    .next();
                // One that has only moved is as others have made it since.
                let here = now.iter().find(|here| (self.key)(here) == key);
                let only_moved = self.after(part) == Some(part);
                let back = here.filter(|_| only_moved).unwrap_or(part);
                list.insert(at.map_or(0, |at| at + 1), back.clone());
            }
        }
        list
    }

    fn before(&self, part: &T) -> Option<&'r T> {
        let place = self.places_before.get((self.key)(part))?;
        self.before.get(*place)
    }

    fn after(&self, part: &T) -> Option<&'r T> {
        let place = self.places_after.get((self.key)(part))?;
        self.after.get(*place)
    }
}

fn places<T>(list: &[T], key: fn(&T) -> &str) -> HashMap<&str, usize> {
    let keys = list.iter().map(key).enumerate();
    keys.map(|(place, key)| (key, place)).collect()
}

/// The places of a longest run of rising numbers: what is not in it has moved.
fn longest_rising(numbers: &[usize]) -> HashSet<usize> {
    // Where the best run of each length ends, and what stands before each place in its run.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = vec![None; numbers.len()];
    for (place, number) in numbers.iter().enumerate() {
        let length = ends.partition_point(|end| numbers[*end] < *number);
        before[place] = length.checked_sub(1).map(|shorter| ends[shorter]);
        match ends.get_mut(length) {
            Some(end) => *end = place,
            None => ends.push(place),
        }
    }
    std::iter::successors(ends.last().copied(), |place| before[*place]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_is_what_is_not_in_the_longest_run() {
        assert_eq!(longest_rising(&[0, 1, 2]), [0, 1, 2].into());
        assert_eq!(longest_rising(&[3, 0, 1, 2]), [1, 2, 3].into());
        assert_eq!(longest_rising(&[1, 2, 0]), [0, 1].into());
        assert_eq!(longest_rising(&[]), [].into());
    }

    #[test]
    fn a_removed_part_comes_back_where_it_stood_among_those_that_are_left() {
        let list = |text: &str| {
            text.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        let check = |before: &str, after: &str, now: &str, expected: &str| {
            let (before, after) = (list(before), list(after));
            let mut stand = Vec::new();
            let back = List::between(&before, &after, String::as_str).take_back(
                &list(now),
                Element::Tag,
                &mut stand,
            );
            match stand.is_empty() {
                true => assert_eq!(back.join(" "), expected, "{now}"),
                false => assert_eq!(format!("{stand:?}"), expected, "{now}"),
            }
        };
        check("a b c", "a c", "a c d", "a b c d");
        check("a b c", "a c", "c d", "b c d");
        check("a b c", "", "d", "a b c d");
        check("a c", "a b c", "a b c d", "a c d");
        check("a b c", "c a b", "c a b d", "a b c d");
        check("a b c", "c a b", "a c b d", r#"[Tag("c")]"#);
        check("a b", "a", "a b", r#"[Tag("b")]"#);
        check("a", "a b", "a c", r#"[Tag("b")]"#);
    }
}
