//! How names are compared and made: plural or singular, upper or lower case, and a title from a recipe's id.
//! It does not decide what a missing or ambiguous name means; `apply` does.

use std::borrow::Cow;

use super::word_list::WordList;

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
    let mut line = String::new();
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    for word in words.filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// A tag as it is kept: one line in lower case, without any "#" before it. Of a kept tag it makes the same again.
pub(super) fn tag(text: &str) -> String {
    one_line(text).trim_start_matches(['#', ' ']).to_lowercase()
}

/// What two spellings of one name have in common: "Eggs" and "egg", "Cherry Tomatoes" and "cherry tomato".
pub(super) fn key(name: &str) -> String {
    let mut key = String::new();
    each_word(name, |word| {
        if !key.is_empty() {
            key.push(' ');
        }
        key.push_str(word);
    });
    key
}

/// Visits the words of a name in singular and lower case, without "the" and "of".
pub(super) fn each_word(name: &str, mut visit: impl FnMut(&str)) {
    let mut lower = String::new();
    let words = name.split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '%');
    for word in words.filter(|word| !word.is_empty()) {
        lower.clear();
        lower.extend(word.chars().flat_map(char::to_lowercase));
        let word = singular(&lower);
        if !matches!(&*word, "the" | "of") {
            visit(&word);
        }
    }
}

/// Things in a kitchen that are counted by their names alone. Only these are put into singular or plural: "2 salmon" and
/// "1 molasses" stay as they are.
static COUNTED: WordList = WordList::new(
    "almond anchovy apple apricot aubergine avocado bagel banana bean beetroot berry biscuit breast bun \
    cabbage carrot cashew cauliflower cherry chestnut chicken chilli chop clementine cookie courgette cracker cucumber cube \
    date drumstick duck egg eggplant fig fillet gherkin grape hazelnut kiwi leaf leek lemon lime mango melon muffin mushroom \
    nut olive onion orange parsnip peach pear pecan pepper pickle pineapple pistachio pitta plum pomegranate potato prawn \
    prune pumpkin quail quince radish rib sausage scallion scallop shallot sheet steak strawberry swede tangerine thigh \
    tomato tortilla turnip walnut wing yam yolk",
);

/// The name as it stands behind two or more: "parsnip" is "parsnips".
pub(super) fn of_many(name: &str) -> Cow<'_, str> {
    counted(name, |word| {
        (singular(word) == word).then(|| match word {
            "leaf" => "leaves".to_owned(),
            "tomato" | "potato" | "mango" => format!("{word}es"),
            _ if word.ends_with("ch") || word.ends_with("sh") => format!("{word}es"),
            _ => match word.strip_suffix('y') {
                Some(stem) => format!("{stem}ies"),
                None => format!("{word}s"),
            },
        })
    })
}

/// The name as it stands behind one or less: "eggs" is "egg".
pub(super) fn of_one(name: &str) -> Cow<'_, str> {
    counted(name, |word| {
        let one = singular(word);
        (one != word).then(|| one.into_owned())
    })
}

/// The name with its last word in another number, when that is one of a thing that is counted.
fn counted(name: &str, other: impl Fn(&str) -> Option<String>) -> Cow<'_, str> {
    let start = name.rfind(' ').map_or(0, |space| space + 1);
    let (before, last) = name.split_at(start);
    let joined = |word: &str| {
        matches!(
            word,
            "of" | "or" | "and" | "with" | "in" | "from" | "for" | "&"
        )
    };
    let is_counted = COUNTED.contains(&singular(last));
    match other(last) {
        Some(last) if is_counted && !before.split(' ').any(joined) => {
            Cow::Owned(format!("{before}{last}"))
        }
        _ => Cow::Borrowed(name),
    }
}

/// A rough singular. It only has to give both forms of a word the same result, not a correct word.
fn singular(word: &str) -> Cow<'_, str> {
    const IRREGULAR: [(&str, &str); 5] = [
        ("leaves", "leaf"),
        ("loaves", "loaf"),
        ("halves", "half"),
        ("knives", "knife"),
        ("people", "person"),
    ];
    if let Some((_, singular)) = IRREGULAR.iter().find(|(plural, _)| *plural == word) {
        return Cow::Borrowed(singular);
    }
    // "Egg's" is how some write the plural.
    if let Some(stem) = word.strip_suffix("'s") {
        return Cow::Borrowed(stem);
    }
    let cut = |ending: &str| word.strip_suffix(ending).map(Cow::Borrowed);
    let plural = match word {
        _ if word.chars().nth(3).is_none() || word.ends_with("ss") || word.ends_with("us") => None,
        _ if word.ends_with("ies") => cut("ies").map(|stem| Cow::Owned(format!("{stem}y"))),
        _ if ["oes", "ches", "shes", "xes", "sses"]
            .iter()
            .any(|ending| word.ends_with(ending)) =>
        {
            cut("es")
        }
        _ => cut("s"),
    };
    plural.unwrap_or(Cow::Borrowed(word))
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
    fn what_is_counted_stands_in_the_number_that_it_has() {
        for (one, many) in [
            ("egg", "eggs"),
            ("large parsnip", "large parsnips"),
            ("bay leaf", "bay leaves"),
            ("potato", "potatoes"),
            ("peach", "peaches"),
            ("cherry", "cherries"),
        ] {
            assert_eq!((of_one(many), of_many(one)), (one.into(), many.into()));
            assert_eq!((of_one(one), of_many(many)), (one.into(), many.into()));
        }
        for other in [
            "salmon",
            "molasses",
            "rice",
            "rack of rib",
            "lemon or lime",
            "Zwiebel",
        ] {
            assert_eq!(
                (of_one(other), of_many(other)),
                (other.into(), other.into())
            );
        }
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
            ("egg", "egg's"),
        ] {
            assert_eq!(key(one), key(many));
        }
        assert_eq!(key("swiss"), "swiss");
        assert_ne!(key("pea"), key("pear"));
    }
}
