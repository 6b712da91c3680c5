//! Every word of a clause is accounted for: which words may be part of an ingredient's name, and what is said about
//! those that no rule has read.

use super::Miss;
use super::narration::sentence;
use super::verbs::{is_kitchen_work, is_noun_too};
use crate::recipe::model::limits;
use crate::recipe::unit::Unit;
use crate::recipe::word_list::{WordList, words};

/// Words of sentences, times and comparisons: whoever writes one of them says more than which ingredient is meant.
const NEVER_IN_A_NAME: &str = "is are was were be been being am isn't it's i i'm i'd i'll we we're we'll you you're he she \
    they until till if when while because although though unless instead than except but would should could might must \
    shall don't doesn't didn't not won't can't has have had do does did me us them it itself everyone these those \
    there here that which who whose this then before after into onto upon toward towards between once later soon tonight \
    tomorrow today yesterday maybe probably please sorry lol haha actually oops minutes minute hours hour seconds mins \
    hrs servings serving portions portion people photo photos picture pictures image images video link love remaining \
    remainder everything anything something nothing ingredients more less fewer twice thrice much many enough \
    beating mixing stirring whisking folding making using adding letting allowing keeping leaving where why how what per either \
    called along zero comment reminder timer stars batch batches thirds times amount alternately thanks thx ok okay yes yep asap pls plz reduce layer question review rating message \
    million millions billion \
    slowly gradually carefully gently quickly immediately constantly separately \
    degrees °c °f";

/// What may stand behind "to" in a name or behind one.
const TO: &[&str] = &["taste", "serve", "eat", "garnish", "drink", "cook"];
/// What "on the" may be followed by: "corn on the cob".
const ON_THE: &[&str] = &["cob", "vine", "bone", "side"];
/// What "all" may be followed by.
const ALL: &[&str] = &["purpose", "spice", "bran", "natural", "butter", "beef"];
/// The longest name that somebody would say.
const MOST_WORDS: usize = 12;

/// Checks that every word of a name may be in one. What cannot be is named, up to the end.
pub(super) fn name(name: &str) -> Result<(), Miss> {
    if name.chars().count() > limits::NAME {
        // That it is too long is told where it would go.
        return Ok(());
    }
    let words: Vec<String> = name
        .split_whitespace()
        .map(|word| {
            word.trim_matches([',', '.', '!', '(', ')', '"', '“', '”'])
                .to_lowercase()
                .replace('’', "'")
        })
        .collect();
    let unfit = match words.len() {
        0..=MOST_WORDS => (0..words.len()).find(|at| is_unfit(&words, *at)),
        _ => Some(0),
    };
    let Some(at) = unfit.or_else(|| name.contains(is_no_letter_of_names).then_some(0)) else {
        return Ok(());
    };
    // "Mash them": a word of kitchen work that is also a noun is work after all.
    let at = if words.first().is_some_and(|first| is_kitchen_work(first)) {
        0
    } else {
        at
    };
    let rest: Vec<&str> = name.split_whitespace().skip(at).collect();
    Err(Miss::LeftOver(rest.join(" ")))
}

/// Checks that what stands behind a comma is said about an ingredient, and is no step, sentence or correction.
pub(super) fn note(note: &str) -> Result<(), Miss> {
    static NEVER: WordList = WordList::new(
        "i we you they he she it's i'm we're please sorry maybe because don't that's",
    );
    static SAYING: WordList =
        WordList::new("is are was were should would could will has have likes like think");
    static DOING: WordList = WordList::new(
        "beating mixing stirring whisking folding making letting allowing keeping leaving not one while",
    );
    let lower = note.to_lowercase();
    let mut words = lower.split_whitespace();
    let first = words.next().unwrap_or_default();
    let says_more = words!("it they").contains(first) && lower.contains(' ');
    let step = says_more
        || DOING.contains(first) && lower != "one"
        || (is_kitchen_work(first) && !is_noun_too(first) && words.next().is_some());
    // "cut into strips, and marinate"
    let step = step
        || lower
            .split(", ")
            .flat_map(|part| part.split("and "))
            .skip(1)
            .any(|part| {
                let first = part.split_whitespace().next().unwrap_or_default();
                is_kitchen_work(first) && !is_noun_too(first)
            });
    let says = lower
        .split_whitespace()
        .take(3)
        .any(|word| SAYING.contains(word));
    match step || says || lower.split_whitespace().any(|word| NEVER.contains(word)) {
        true => Err(Miss::LeftOver(note.to_owned())),
        false => Ok(()),
    }
}

/// Checks that the words may be the name of an ingredient that is there: not one of the things in a kitchen.
pub(super) fn which(words: &str) -> Result<(), Miss> {
    const THINGS: &str = "lid pan pans pot pots bowl bowls oven heat foil sheet tray skillet saucepan sauce dough batter \
        mixture skin skins stem stems seeds bones string pits boil mould mold tin paper rack fridge";
    let last = words.rsplit(' ').next().unwrap_or_default().to_lowercase();
    if THINGS
        .split_whitespace()
        .any(|thing| thing == last || words.starts_with("boil "))
    {
        return Err(Miss::LeftOver(format!("the {words}")));
    }
    name(words).map_err(|_| Miss::LeftOver(words.to_owned()))
}

fn is_no_letter_of_names(letter: char) -> bool {
    matches!(
        letter,
        '$' | '€'
            | '£'
            | ':'
            | ';'
            | '='
            | '→'
            | '<'
            | '>'
            | '@'
            | '#'
            | '^'
            | '|'
            | '\\'
            | '['
            | ']'
            | '{'
            | '}'
            | '_'
            | '?'
            | '*'
            | '"'
            | '“'
            | '”'
    )
}

/// Words for kitchen work that are also the whole name of something to eat.
fn is_food(word: &str) -> bool {
    matches!(
        word,
        "cream" | "toast" | "roast" | "mince" | "ice" | "puree" | "mash" | "rub" | "stuff"
    )
}

/// What a name that is no ingredient ends in: parts of a recipe and of what shows it, time, and people.
fn is_no_food(last: &str) -> bool {
    static NOUNS: WordList = WordList::new(
        "time times step steps line lines title name names heading headings section sections alarm alarms star \
        one ones both class style recipe recipes file page list folder group category tag tags note notes description \
        instruction instructions direction directions message messages user users member members account friend friends guest \
        guests mum mom dad grandma grandpa brother sister wife husband calories kcal min day days week weeks \
        flavor flavour color colour crunch texture sweetness depth moisture richness acidity body volume warmth kick twist style \
        variety consistency thickness fun magic effort care bowl pan pot board knife spatula oven mixer blender skillet fridge \
        freezer microwave stove plate plates vegan vegetarian gluten-free free dairy-free sugar-free lactose-free nut-free halal \
        kosher keto paleo low-carb healthy spicy tasty delicious quick easy",
    );
    NOUNS.contains(last)
}

fn is_unfit(words: &[String], at: usize) -> bool {
    if at + 1 == words.len() && is_no_food(words[at].as_str()) {
        return true;
    }
    let word = words[at].as_str();
    let next = words.get(at + 1).map_or("", String::as_str);
    let third = words.get(at + 2).map_or("", String::as_str);
    let article = matches!(
        next,
        "the" | "a" | "an" | "each" | "my" | "our" | "your" | "this"
    );
    match word {
        _ if NEVER_IN_A_NAME
            .split_whitespace()
            .any(|never| never == word) =>
        {
            true
        }
        "to" => !(TO.contains(&next) || at > 0 && words[at - 1] == "ready"),
        "on" => next == "top" || (article && !ON_THE.contains(&third)) || next == "step",
        "in" | "over" | "under" | "off" | "around" => article,
        "at" => next != "room",
        "by" | "as" => {
            !(matches!(next, "needed" | "required" | "desired")
                || at > 0 && words[at - 1] == "such")
        }
        "each" => at > 0,
        // "Preheating the oven", but "baking powder".
        _ if at == 0 && article && word.ends_with("ing") => true,
        // "Another ingredient", but "mystery ingredient mix".
        "ingredient" => at == 0 || at + 1 == words.len(),
        "last" | "first" | "back" | "mixture" => at > 0 && at + 1 == words.len(),
        "second" | "third" | "fourth" | "fifth" => at == 0,
        "next" => matches!(next, "time" | "day" | "week"),
        // "Cream" and "toast" are names, "season" and "cover" are work.
        _ if words.len() == 1 && is_kitchen_work(word) => !is_food(word),
        "two" | "three" | "so" => at > 0 && words[at - 1] == "or",
        "with" if at > 0 => next == "the",
        "x2" | "x3" | "x4" => true,
        "my" => true,
        // "50%", but "2% milk".
        _ if words.len() == 1 && word.ends_with('%') => true,
        // "2 eggs/1 cup milk" are two ingredients.
        _ if word.split_once('/').is_some_and(|(before, after)| {
            before.ends_with(char::is_alphabetic)
                && !matches!(before, "cm" | "mm" | "in" | "inch")
                && after.starts_with(|c: char| c.is_ascii_digit())
                && !next.is_empty()
        }) =>
        {
            true
        }
        _ if at == 0 && word.starts_with('-') => true,
        // "2 3 eggs", but "5 spice powder" and "00 flour".
        _ if at == 0 && words.len() > 1 && word.bytes().all(|b| b.is_ascii_digit()) => {
            !(word.starts_with('0')
                || matches!(next, "spice" | "up" | "grain" | "bean" | "seed" | "cheese"))
        }
        "all" => at == 0 && !ALL.contains(&next),
        "no" | "only" | "just" | "rest" | "or" | "and" | "of" | "with" | "for" | "from" => at == 0,
        _ if at == 0 && word.starts_with('/') => true,
        "half" => at > 0 && next != "and" && !matches!(words[at - 1].as_str(), "and" | "of"),
        "step" | "steps" => at > 0,
        _ if at == 0 && words.len() > 1 && is_kitchen_work(word) && !is_noun_too(word) => {
            // "A drizzle of honey"
            !(is_kitchen_work(next) || next == "of")
        }
        _ if at == 0 && is_kitchen_work(word) && !is_noun_too(word) => true,
        // "Eggs 1 cup milk" are two ingredients.
        _ => {
            word.starts_with(|c: char| c.is_ascii_digit())
                && at > 0
                && Unit::recognise(next).is_some()
        }
    }
}

/// What is said when words of a clause are left over; `said` is the clause, to the end of its line.
pub(super) fn hint(said: &str, left_over: &str) -> String {
    let said = said.trim();
    if names_a_step(left_over)
        && let Some((before, _)) = said.split_once(left_over)
    {
        return format!(
            "Write \"{}\" for the ingredients, and the step with it anew, as in \"step 2: Fold in the berries.\"",
            before.trim()
        );
    }
    if reads_like_a_step(said, left_over) {
        return format!("To make it a step, write \"add step: {}\".", sentence(said));
    }
    format!(
        "Nothing was changed, because \"{left_over}\" can't be followed; write just what to change, as in \"add 2 cups \
         flour\", or put a name in quotes."
    )
}

/// "To step 1", "after step 2".
fn names_a_step(left_over: &str) -> bool {
    let mut words = left_over.split_whitespace();
    let place = words.next().is_some_and(|word| {
        ["to", "after", "before", "in", "into", "on"].contains(&word.to_lowercase().as_str())
    });
    let rest: Vec<&str> = words
        .filter(|word| !word.eq_ignore_ascii_case("the"))
        .collect();
    place && rest.len() <= 2 && rest.iter().any(|word| word.eq_ignore_ascii_case("step"))
}

/// Something is done with what was named, somewhere or for some time.
pub(super) fn reads_like_a_step(said: &str, left_over: &str) -> bool {
    static PLACES: WordList = WordList::new(
        "to into onto in on over until till then while at each minutes minute hours hour seconds if from \
        off with by the before after last slowly gradually carefully gently",
    );
    let mut words = left_over.split_whitespace().map(str::to_lowercase);
    let first = words.next().unwrap_or_default();
    let place = PLACES.contains(&first)
        || words.clone().any(|word| {
            matches!(
                word.as_str(),
                "to" | "into"
                    | "onto"
                    | "until"
                    | "over"
                    | "minutes"
                    | "before"
                    | "after"
                    | "slowly"
                    | "gradually"
                    | "last"
            )
        });
    let work = is_kitchen_work(&first)
        && (!is_noun_too(&first) || said.contains(" and ") || words.next().is_some());
    let talks = said.to_lowercase().split_whitespace().any(|word| {
        matches!(
            word,
            "list" | "i" | "me" | "my" | "you" | "servings" | "message" | "comment"
        )
    });
    // "20 minutes" is no step, "for 20 minutes" may be one.
    (place || work) && !talks && said.split_whitespace().count() > 2
}
