//! Reads amounts: "1 ½ cups of", "a dozen", "half a", "2-3 cloves", "2 x 400 g cans", "a few".

use super::Miss;
use super::cursor::Cursor;
use super::lexer::{self, Kind};
use super::numbers;
use crate::recipe::quantity::{Amount, Quantity, Vague};
use crate::recipe::rational::Rational;
use crate::recipe::unit::{Measure, Unit};

/// An amount, and what was said about it that belongs into the note ("heaped", the size of a can).
#[derive(Debug)]
pub(super) struct Measured {
    pub(super) amount: Amount,
    pub(super) note: Option<String>,
}

/// The amount here, if there is one; moves past it and past "of the".
pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Option<Measured>, Miss> {
    let start = *cursor;
    while cursor.eat_any(&[
        "about",
        "around",
        "approximately",
        "approx",
        "roughly",
        "up to",
        "the",
    ]) || cursor.eat_mark('~')
    {
        if cursor.word_before() == "approx" {
            cursor.eat_mark('.');
        }
    }
    let ordinal = counts_off(*cursor);
    let Some(quantity) = quantity(cursor)? else {
        *cursor = start;
        return Ok(None);
    };
    if ordinal && unit(&mut { *cursor }).is_none() {
        return Err(Miss::unclear(
            "Say how many, as in \"add 1 egg\"; a part of one is \"add 1/3 egg\".",
        ));
    }
    cursor.eat("or so");
    let note = size_before_container(cursor)
        .or_else(|| length_before_piece(cursor))
        .or_else(|| qualifier(cursor));
    if note.is_none() {
        skip_times(cursor);
    }
    let quantity = times_a_size(cursor, quantity);
    // "5½-pound"
    let mut ahead = *cursor;
    if ahead.mark() == Some('-') && ahead.follows_closely() {
        ahead.advance();
        if ahead.follows_closely() && unit(&mut { ahead }).is_some() {
            *cursor = ahead;
        }
    }
    // "2 more cups"
    let mut ahead = *cursor;
    if ahead.eat("more") && unit(&mut { ahead }).is_some() {
        *cursor = ahead;
    }
    let unit = unit(cursor);
    let quantity = up_to_the_same_unit(cursor, quantity, unit.as_ref());
    let quantity = and_a_half(cursor, quantity);
    let quantity = and_ounces(cursor, quantity, unit.as_ref());
    let note = note
        .or_else(|| in_other_units(cursor))
        .or_else(|| and_as_much(cursor, unit.as_ref()));
    cursor.eat("or so");
    // "100g+ chocolate"
    let mut ahead = *cursor;
    if ahead.follows_closely() && ahead.eat_mark('+') && !numbers::starts_with_number(ahead) {
        *cursor = ahead;
    }
    let mut ahead = *cursor;
    if ahead.eat("of") && !ahead.at_break() {
        *cursor = ahead;
    }
    cursor.eat_any(&["the", "your"]);
    let amount = Amount::of(quantity, unit);
    Ok(Some(Measured { amount, note }))
}

/// "A third egg" is the third one, "a third of an egg" and "a third cup" are parts.
fn counts_off(mut cursor: Cursor<'_>) -> bool {
    const PART: &[&str] = &["of", "cup", "cups", "less", "more", "fewer", "as", "the"];
    cursor.eat("a third") && !cursor.word().is_empty() && !PART.contains(&cursor.word())
}

/// An amount with a unit that stands alone: "2 tsp".
pub(super) fn alone(text: &str) -> Option<Amount> {
    let tokens = lexer::tokens(text);
    let mut cursor = Cursor::new(text, &tokens);
    let measured = read(&mut cursor).ok()??;
    let alone = cursor.is_done() && measured.note.is_none() && measured.amount.unit.is_some();
    alone.then_some(measured.amount)
}

/// Whether an amount that begins a new item stands here; "a" and "an" count.
pub(super) fn starts(mut cursor: Cursor<'_>) -> bool {
    cursor.eat_any(&["about", "around"]);
    if let Some(token) = cursor.token()
        && matches!(token.kind, Kind::Number(_) | Kind::TooBig)
    {
        return true;
    }
    let articled = matches!(cursor.word(), "a" | "an") && !cursor.word_ahead(1).is_empty();
    articled || vague(&mut { cursor }).is_some() || numbers::counted_word(&mut { cursor }).is_some()
}

fn quantity(cursor: &mut Cursor<'_>) -> Result<Option<Quantity>, Miss> {
    if let Some(vague) = vague(cursor) {
        return Ok(Some(Quantity::Vaguely(vague)));
    }
    let between = cursor.eat("between");
    // "a 400 g can", "another half cup": the article says nothing that the number does not.
    let article = matches!(cursor.word(), "a" | "an" | "another");
    let mut after_article = *cursor;
    after_article.advance();
    let part = matches!(after_article.word(), "half" | "quarter") && cursor.word() == "another";
    if article && (part || numbers::number_ahead(after_article)) && !has_size(after_article) {
        *cursor = after_article;
    }
    let Some(low) = numbers::number(cursor)? else {
        return Ok(None);
    };
    let mut ahead = *cursor;
    // "4- to 5-pound"
    let mut dashed = ahead;
    if dashed.eat_mark('-') && dashed.stands("to") {
        ahead = dashed;
    }
    let range = ahead.eat_mark('-')
        || ahead.eat_mark('–')
        || ahead.eat_mark('—')
        || ahead.eat_any(&["to", "or", "through"])
        || (between && ahead.eat("and"));
    if range
        && numbers::starts_with_number(ahead)
        && let Some(high) = numbers::number(&mut ahead)?
    {
        *cursor = ahead;
        // "3-2" is read as the cook must have meant it.
        let ordered = Quantity::between(low.min(high), low.max(high));
        return Ok(Some(ordered.unwrap_or(Quantity::Exactly(low))));
    }
    Ok(Some(Quantity::Exactly(low)))
}

fn vague(cursor: &mut Cursor<'_>) -> Option<Vague> {
    const PHRASES: [(&str, Vague); 13] = [
        ("a few", Vague::AFew),
        ("a little bit", Vague::ALittle),
        ("a little", Vague::ALittle),
        ("a bit", Vague::ALittle),
        ("some more", Vague::Some),
        ("some", Vague::Some),
        ("several", Vague::Several),
        ("plenty", Vague::Plenty),
        ("a lot", Vague::Plenty),
        ("lots", Vague::Plenty),
        ("tons", Vague::Plenty),
        ("a ton", Vague::Plenty),
        ("loads", Vague::Plenty),
    ];
    PHRASES
        .iter()
        .find(|(words, _)| cursor.eat(words))
        .map(|(_, vague)| *vague)
}

/// "3 x 50 g" is 150 g.
fn times_a_size(cursor: &mut Cursor<'_>, quantity: Quantity) -> Quantity {
    let mut ahead = *cursor;
    let times = ahead.eat("x") || ahead.eat_mark('×');
    let of_each = || {
        let Quantity::Exactly(times) = quantity else {
            return None;
        };
        let low = numbers::number(&mut ahead).ok()??;
        let mut all = Quantity::Exactly(low.times(times)?);
        if (ahead.eat_mark('-') || ahead.eat_mark('–')) && numbers::number_ahead(ahead) {
            let high = numbers::number(&mut ahead).ok()??;
            all = Quantity::between(low.times(times)?, high.times(times)?)?;
        }
        unit(&mut { ahead })?.size()?;
        Some((ahead, all))
    };
    match times.then(of_each).flatten() {
        Some((after, all)) => {
            *cursor = after;
            all
        }
        None => quantity,
    }
}

/// "2 tsp to 3 tsp".
fn up_to_the_same_unit(
    cursor: &mut Cursor<'_>,
    quantity: Quantity,
    own: Option<&Unit>,
) -> Quantity {
    let mut ahead = *cursor;
    let (Quantity::Exactly(low), Some(own)) = (quantity, own) else {
        return quantity;
    };
    let range = ahead.eat_any(&["to", "or"]) || ahead.eat_mark('-') || ahead.eat_mark('–');
    if range
        && numbers::number_ahead(ahead)
        && let Ok(Some(high)) = numbers::number(&mut ahead)
        && unit(&mut ahead).as_ref() == Some(own)
        && let Some(between) = Quantity::between(low, high)
    {
        *cursor = ahead;
        return between;
    }
    quantity
}

/// "a cup and a half of milk".
fn and_a_half(cursor: &mut Cursor<'_>, quantity: Quantity) -> Quantity {
    let mut ahead = *cursor;
    let Quantity::Exactly(number) = quantity else {
        return quantity;
    };
    if number.as_whole().is_some()
        && ahead.eat("and a half")
        && (ahead.word() == "of" || ahead.at_break())
        && let Some(more) = Rational::new(1, 2).and_then(|half| number.plus(half))
    {
        *cursor = ahead;
        return Quantity::Exactly(more);
    }
    quantity
}

/// "1 lb 4 oz" is one amount.
fn and_ounces(cursor: &mut Cursor<'_>, quantity: Quantity, pounds: Option<&Unit>) -> Quantity {
    let added = |cursor: &mut Cursor<'_>| {
        let Quantity::Exactly(number) = quantity else {
            return None;
        };
        let (ounces, ounce) = size(cursor)?;
        let is_ounce = pounds?.name() == "lb" && ounce.name() == "oz";
        let more = ounces.times(ounce.ratio_to(pounds?)?)?;
        is_ounce.then_some(Quantity::Exactly(number.plus(more)?))
    };
    let mut ahead = *cursor;
    match added(&mut ahead) {
        Some(sum) => {
            *cursor = ahead;
            sum
        }
        None => quantity,
    }
}

/// "250 ml/1 cup buttermilk": the second way to say it goes into the note.
fn in_other_units(cursor: &mut Cursor<'_>) -> Option<String> {
    let mut ahead = *cursor;
    if !ahead.eat_mark('/') {
        return None;
    }
    let (number, unit) = size(&mut ahead)?;
    *cursor = ahead;
    Some(Amount::of(Quantity::Exactly(number), Some(unit)).in_words())
}

/// "2 1/2 cups + 1 tbsp": what is more goes into the note, as "plus 1 tbsp" does.
fn and_as_much(cursor: &mut Cursor<'_>, own: Option<&Unit>) -> Option<String> {
    let mut ahead = *cursor;
    if !ahead.eat_mark('+') {
        return None;
    }
    let (number, unit) = size(&mut ahead)?;
    own?.ratio_to(&unit)?;
    *cursor = ahead;
    let more = Amount::of(Quantity::Exactly(number), Some(unit));
    Some(format!("plus {}", more.in_words()))
}

/// "3x eggs": the sign says nothing that the number does not.
fn skip_times(cursor: &mut Cursor<'_>) {
    let mut ahead = *cursor;
    let times = ahead.eat("x") || ahead.eat_mark('×');
    if times && !ahead.word().is_empty() {
        *cursor = ahead;
    }
}

/// The unit here, when it is one. "fl oz" is two words, "c. à soupe" three.
pub(super) fn unit(cursor: &mut Cursor<'_>) -> Option<Unit> {
    let mut ahead = *cursor;
    if ahead.eat_any(&["c", "cuillère", "cuillères", "cuil"]) {
        ahead.eat_mark('.');
        let spoon = match ahead.eat_any(&["à soupe", "a soupe"]) {
            true => Some("c. à soupe"),
            false => ahead
                .eat_any(&["à café", "a café", "à thé"])
                .then_some("c. à café"),
        };
        if let Some(spoon) = spoon {
            *cursor = ahead;
            return Unit::recognise(spoon);
        }
        ahead = *cursor;
    }
    if ahead.eat_any(&["fl", "fluid"]) {
        ahead.eat_mark('.');
        if ahead.eat_any(&["oz", "ounces", "ounce"]) {
            *cursor = ahead;
            return Unit::recognise("fl oz");
        }
        return None;
    }
    let token = cursor.token().filter(|token| token.kind == Kind::Word)?;
    // "1 c flour" is a cup, "180 C" is not.
    let next = cursor.word_ahead(1);
    let short_cup =
        matches!(token.text, "c" | "C") && (!next.is_empty() || cursor.mark_ahead(1) == Some('('));
    let unit = Unit::recognise(if short_cup { "cup" } else { token.text })?;
    cursor.advance();
    Some(unit)
}

/// "heaped tbsp": how full the spoon is goes into the note.
fn qualifier(cursor: &mut Cursor<'_>) -> Option<String> {
    const QUALIFIERS: [&str; 15] = [
        "thin", "thick", "heaped", "heaping", "level", "rounded", "scant", "generous", "packed",
        "large", "small", "big", "medium", "good", "full",
    ];
    let mut ahead = *cursor;
    let word = ahead.word();
    if !QUALIFIERS.contains(&word) {
        return None;
    }
    ahead.advance();
    unit(&mut { ahead })?;
    *cursor = ahead;
    (!matches!(word, "good" | "full" | "level")).then(|| word.to_owned())
}

fn has_size(cursor: Cursor<'_>) -> bool {
    size_before_container(&mut { cursor }).is_some()
}

/// "2 x 400 g cans", "2 (14 oz) cans", "a 400 g can": the size goes into the note, the container is the unit.
fn size_before_container(cursor: &mut Cursor<'_>) -> Option<String> {
    let mut ahead = *cursor;
    let times = ahead.eat("x") || ahead.eat_mark('×');
    let in_brackets = !times && ahead.eat_mark('(');
    let low = up_to_a_size(&mut ahead);
    let (size, size_unit) = size(&mut ahead)?;
    if in_brackets && !ahead.eat_mark(')') {
        return None;
    }
    unit(&mut { ahead }).filter(Unit::is_container)?;
    *cursor = ahead;
    let size = low
        .and_then(|low| Quantity::between(low, size))
        .unwrap_or(Quantity::Exactly(size));
    Some(Amount::of(size, Some(size_unit)).in_words())
}

/// The lower end of a size that is a range: "15- to 16-ounce". Moves past it.
fn up_to_a_size(cursor: &mut Cursor<'_>) -> Option<Rational> {
    let mut ahead = *cursor;
    if !numbers::number_ahead(ahead) {
        return None;
    }
    let low = numbers::number(&mut ahead).ok()??;
    let dash = ahead.eat_mark('-') || ahead.eat_mark('–');
    let to = ahead.eat_any(&["to", "or"]);
    if !(dash || to) || size(&mut { ahead }).is_none() {
        return None;
    }
    *cursor = ahead;
    Some(low)
}

/// "1 1½" piece", "2 (3-inch) pieces": how long the piece is goes into the note.
fn length_before_piece(cursor: &mut Cursor<'_>) -> Option<String> {
    let start = *cursor;
    let mut ahead = start;
    let in_brackets = ahead.eat_mark('(');
    let begins = ahead;
    let by_word = ["-inch", "-in", "-cm"].iter().any(|end| {
        let number = ahead.word().strip_suffix(end);
        number.is_some_and(|number| number.starts_with(|c: char| c.is_ascii_digit()))
    });
    if by_word {
        ahead.advance();
    } else {
        if !numbers::number_ahead(ahead) {
            return None;
        }
        numbers::number(&mut ahead).ok()??;
        ahead.eat_mark('-');
        let is_length = ahead.eat_mark('"')
            || ahead.eat_mark('”')
            || ahead.eat_any(&["inch", "inches", "in", "cm"]);
        if !is_length {
            return None;
        }
    }
    let length = ahead.text_since(begins).to_owned();
    if in_brackets && !ahead.eat_mark(')') {
        return None;
    }
    unit(&mut { ahead }).filter(|unit| unit.measure() == Measure::Count)?;
    *cursor = ahead;
    Some(length)
}

/// "400 g", "400g", "14-ounce".
fn size(cursor: &mut Cursor<'_>) -> Option<(Rational, Unit)> {
    if let Some((digits, word)) = cursor.word().split_once('-') {
        let size = Rational::new(digits.parse().ok()?, 1)?;
        let unit = Unit::recognise(word)?;
        cursor.advance();
        return Some((size, unit));
    }
    let size = if numbers::number_ahead(*cursor) {
        numbers::number(cursor).ok()??
    } else {
        return None;
    };
    // "¼-ounce"
    if cursor.mark() == Some('-') && cursor.follows_closely() {
        cursor.advance();
    }
    let unit = unit(cursor).filter(|unit| !unit.is_container())?;
    Some((size, unit))
}

/// "to taste" and "as needed", which stand behind the name.
pub(super) fn vague_after_name(cursor: &mut Cursor<'_>) -> Option<Vague> {
    const PHRASES: [(&str, Vague); 3] = [
        ("to taste", Vague::ToTaste),
        ("as needed", Vague::AsNeeded),
        ("as required", Vague::AsNeeded),
    ];
    PHRASES
        .iter()
        .find(|(words, _)| cursor.eat(words))
        .map(|(_, vague)| *vague)
}
