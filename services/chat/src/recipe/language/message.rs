//! Reads a whole message: line by line, clause by clause, with headers ("ingredients:", "steps:") that say
//! what the lines below them are.

use super::cursor::Cursor;
use super::pasted::{self, Section};
use super::{Miss, Outcome, one};
use super::{amounts, clause, coverage, lexer, line, numbers, politeness, verbs};
use crate::recipe::change::{Change, Place};
use crate::recipe::model::limits;
use crate::recipe::refusal::Refusal;
use crate::recipe::word_list::WordList;
use crate::recipe::{naming, servings};

/// The changes of all lines. Lines of talk are passed over, unless there is nothing else.
pub(super) fn read(content: &str) -> Outcome {
    let lines = || {
        content
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
    };
    let mut reader = Reader {
        pasted: pasted::is_recipe(lines()),
        section: Section::None,
        group: None,
        steps_heading: None,
        preamble: Vec::new(),
        left_over: None,
        allowance: Allowance::default(),
        changes: Vec::new(),
    };
    let mut lines = lines().peekable();
    while let Some(line) = lines.next() {
        let below = lines.peek().is_some();
        match pasted::heading(line, reader.pasted).filter(|_| below) {
            Some(section) => reader.section = section,
            None => reader.line(line)?,
        }
    }
    reader.finish()
}

/// A message as far as it was read.
struct Reader<'c> {
    /// Whether it is a whole recipe from elsewhere.
    pasted: bool,
    section: Section,
    /// The heading of the group of ingredients here.
    group: Option<String>,
    /// The heading of the steps here, until the first of them.
    steps_heading: Option<String>,
    /// Lines of a pasted recipe that say something about it, above its headings.
    preamble: Vec<&'c str>,
    /// A line that asks for something and that no rule reads.
    left_over: Option<&'c str>,
    allowance: Allowance,
    changes: Vec<Change>,
}

impl<'c> Reader<'c> {
    fn line(&mut self, line: &'c str) -> Result<(), Miss> {
        let read = match self.section {
            Section::None if self.pasted => self.above(line),
            _ => in_section(line, self),
        };
        match read {
            Ok(more) => self.changes.extend(more),
            Err(Miss::Talk) => {
                let command = matches!(self.section, Section::None) && !self.pasted;
                if command && self.left_over.is_none() && line_asks(line) {
                    self.left_over = Some(line);
                }
            }
            Err(other) => return Err(other),
        }
        Ok(())
    }

    /// What stands above the headings of a pasted recipe: its title, for how many it is, and words about it.
    fn above(&mut self, line: &'c str) -> Outcome {
        let is_headline = line.starts_with("# ") || line.starts_with("## ");
        if !is_headline && let Ok(changes) = clauses(line, &mut self.allowance) {
            return Ok(changes);
        }
        let first = self.preamble.is_empty()
            && !self
                .changes
                .iter()
                .any(|change| matches!(change, Change::SetTitle(_)));
        if first && let Some(title) = pasted::title(line) {
            return one(Change::SetTitle(title));
        }
        let lower = line.to_lowercase();
        let yields = ["serves", "servings", "yield", "makes", "portions"]
            .iter()
            .any(|word| lower.contains(word));
        if yields && let Some(servings) = servings::in_words(line) {
            return one(Change::SetServings(servings));
        }
        self.preamble.push(line);
        Ok(Vec::new())
    }

    fn ingredient(&mut self, bare: &str) -> Outcome {
        if let Some(group) = pasted::group(bare).filter(|_| self.pasted) {
            self.group = Some(group);
            return Ok(Vec::new());
        }
        let mut new = line::line(bare);
        if let Some(group) = &self.group {
            new.note = Some(match new.note {
                Some(note) => format!("{note}, {group}"),
                None => group.clone(),
            });
        }
        one(match self.pasted {
            true => Change::ListIngredient(new),
            false => Change::AddIngredient(new),
        })
    }

    /// A step of a list; the heading above it begins its text.
    fn step(&mut self, bare: &str, text: &str) -> Outcome {
        if self.pasted && pasted::group(bare).is_some() {
            let before = self
                .steps_heading
                .replace(bare.trim_end_matches(':').to_owned());
            return Ok(before.map(added_step).into_iter().collect());
        }
        one(added_step(match self.steps_heading.take() {
            Some(heading) => format!("{heading}: {text}"),
            None => text.to_owned(),
        }))
    }

    fn finish(mut self) -> Outcome {
        let heading = self.steps_heading.take();
        self.changes.extend(heading.map(added_step));
        let about = naming::one_line(&self.preamble.join(" "));
        let says_something = self.pasted
            && about.split(' ').count() > 3
            && about.chars().count() <= limits::DESCRIPTION;
        if says_something {
            self.changes.push(Change::SetDescription(Some(about)));
        }
        match (self.changes.is_empty(), self.left_over) {
            (true, _) => Err(Miss::Talk),
            (false, None) => Ok(self.changes),
            // Of several lines each counts.
            (false, Some(line)) => Err(Miss::Unclear(format!(
                "Nothing was changed, because \"{}\" can't be followed; begin each line with what to do, as in \"add 2 cups \
                 flour\".",
                pasted::bare(line)
            ))),
        }
    }
}

/// Whether a line that no rule reads is no mere talk.
fn line_asks(line: &str) -> bool {
    let bare = pasted::bare(line);
    let tokens = lexer::tokens(&bare);
    let cursor = Cursor::new(&bare, &tokens);
    let mut behind = cursor;
    // "2 carrots", but "2 of us".
    let counted = numbers::number_ahead(cursor)
        && matches!(numbers::number(&mut behind), Ok(Some(_)))
        && !matches!(
            behind.word(),
            "" | "of" | "o'clock" | "am" | "pm" | "more" | "days" | "minutes" | "hours" | "min"
        );
    (counted && !line.contains('?')) || asks_for_something(cursor)
}

fn added_step(text: String) -> Change {
    let at = Place::End;
    Change::AddStep { text, at }
}

fn in_section(line: &str, reader: &mut Reader<'_>) -> Outcome {
    let bare = pasted::bare(line);
    let bare = &*bare;
    let text = pasted::without_number(bare);
    let outcome = match reader.section {
        Section::None => return clauses(line, &mut reader.allowance),
        _ if text.is_empty() => Err(Miss::Talk),
        Section::Nutrition => Err(Miss::Talk),
        Section::Ingredients | Section::Steps if names_a_part(bare) => {
            return clauses(bare, &mut reader.allowance);
        }
        Section::Ingredients => {
            match is_other_command(bare).then(|| clauses(bare, &mut reader.allowance)) {
                Some(Ok(changes)) => return Ok(changes),
                // A list of a pasted recipe may begin with any word.
                Some(Err(miss)) if !reader.pasted => return Err(miss),
                _ => reader.ingredient(bare),
            }
        }
        Section::Steps => reader.step(bare, text),
        Section::Notes => one(added_step(format!("Note: {text}"))),
    };
    let changes = outcome?;
    reader.allowance.take(&changes)?;
    Ok(changes)
}

/// The clauses of a line. The first one decides whether the line is talk. What is tied to a change by "and" or a comma
/// has to be followed too; a sentence of its own may be talk.
/// The allowance is taken clause by clause: so a long line is not read on for changes that are too many.
fn clauses(line: &str, allowance: &mut Allowance) -> Outcome {
    let tokens = lexer::tokens(line);
    let mut cursor = Cursor::new(line, &tokens);
    let start = cursor;
    let mut changes = read_clause(&mut cursor, start)?;
    allowance.take(&changes)?;
    loop {
        let end = cursor;
        cursor.skip_breaks();
        if cursor.is_done() {
            return Ok(changes);
        }
        if cursor.position() == end.position() {
            return whole(end, changes);
        }
        let new_sentence = end.at_stop();
        if new_sentence {
            politeness::skip_before(&mut cursor);
        }
        let rest = cursor;
        match read_clause(&mut cursor, if new_sentence { rest } else { start }) {
            Ok(more) => {
                allowance.take(&more)?;
                changes.extend(more);
            }
            Err(Miss::Talk) if new_sentence && !asks_for_something(rest) => {
                cursor = rest;
                while !cursor.at_stop() {
                    cursor.advance();
                }
            }
            Err(Miss::Talk) if !new_sentence && politeness::is_small_talk(rest) => {
                return Ok(changes);
            }
            Err(Miss::Talk) => return Err(unfollowed(start, rest)),
            Err(other) => return Err(other),
        }
    }
}

/// Whether a sentence that no rule reads is no mere talk: it begins with kitchen work or has an amount in it.
fn asks_for_something(start: Cursor<'_>) -> bool {
    let word = start.word();
    let work = verbs::is_kitchen_work(word) && !verbs::is_noun_too(word);
    let mut amount = false;
    let mut cursor = start;
    while !cursor.at_stop() {
        let number = numbers::number_ahead(cursor);
        cursor.advance();
        amount |= number && amounts::unit(&mut { cursor }).is_some();
    }
    (work || amount || begins_a_command_soon(start)) && cursor.mark() != Some('?')
}

/// Whether a command stands at the beginning of a sentence that no rule reads, or behind a word or two of it, and nobody
/// tells of what they do: "halve it wompy", "now halve it wompy", but not "I will add the milk".
fn begins_a_command_soon(start: Cursor<'_>) -> bool {
    static TELLS: WordList = WordList::new(
        "i i'm i've i'd i'll we we've we'd we'll he she they you it it's its that this who why what when where \
        which how did does do don't never should would could can may might mum mom dad then if because as so",
    );
    let told = TELLS.contains(start.word());
    let mut here = start;
    !told
        && (0..3).any(|_| {
            let begins = !here.at_stop() && verbs::clearly_begin_here(here);
            here.advance();
            begins
        })
}

/// Nothing but marks may be left behind the last clause.
fn whole(mut end: Cursor<'_>, changes: Vec<Change>) -> Outcome {
    let start = end;
    while !end.is_done() && !end.is_said() {
        end.advance();
    }
    match end.is_done() {
        true => Ok(changes),
        false => Err(unfollowed(start, end)),
    }
}

fn read_clause(cursor: &mut Cursor<'_>, sentence: Cursor<'_>) -> Outcome {
    clause::read(cursor).map_err(|miss| match miss {
        Miss::LeftOver(words) => Miss::Unclear(coverage::hint({ sentence }.take_rest(), &words)),
        other => other,
    })
}

/// Leaving something out unsaid would do half of what was asked.
fn unfollowed(mut sentence: Cursor<'_>, mut rest: Cursor<'_>) -> Miss {
    let left_over = rest.take_rest();
    let whole = sentence.take_rest();
    match coverage::reads_like_a_step(whole, left_over) {
        true => Miss::Unclear(coverage::hint(whole, left_over)),
        false => Miss::Unclear(format!(
            "Nothing was changed, because \"{left_over}\" can't be followed; write it as a message of its own."
        )),
    }
}

fn is_other_command(line: &str) -> bool {
    let tokens = lexer::tokens(line);
    let cursor = Cursor::new(line, &tokens);
    verbs::begin_here(cursor)
}

/// In a list of steps only labels are commands: "Remove the pan from the heat" is a step.
fn names_a_part(line: &str) -> bool {
    let tokens = lexer::tokens(line);
    let cursor = Cursor::new(line, &tokens);
    let labelled = cursor.mark_ahead(1) == Some(':');
    (labelled
        && matches!(
            cursor.word(),
            "title" | "tags" | "tag" | "description" | "servings" | "serves"
        ))
        || (cursor.word() == "serves" && cursor.word_ahead(1).is_empty())
}

/// How many changes of what is there one message may make.
const MAX_CHANGES: usize = 50;
/// How often one message may turn the whole recipe into other units, which reads every step.
const MAX_CONVERSIONS: usize = 1;

/// What a message has asked for so far.
#[derive(Debug, Default)]
struct Allowance {
    ingredients: usize,
    steps: usize,
    conversions: usize,
    changes: usize,
}

impl Allowance {
    /// Counts changes; misses when they are too many for one message.
    fn take(&mut self, changes: &[Change]) -> Result<(), Miss> {
        for change in changes {
            match change {
                Change::AddIngredient(_) | Change::ListIngredient(_) => self.ingredients += 1,
                Change::AddStep { .. } => self.steps += 1,
                Change::Convert(_) => self.conversions += 1,
                _ => self.changes += 1,
            }
        }
        let full = |what, limit| Miss::Unclear(Refusal::Full { what, limit }.to_string());
        if self.ingredients > limits::INGREDIENTS {
            return Err(full("ingredients", limits::INGREDIENTS));
        }
        if self.steps > limits::STEPS {
            return Err(full("steps", limits::STEPS));
        }
        if self.changes > MAX_CHANGES || self.conversions > MAX_CONVERSIONS {
            return Err(Miss::Unclear(format!(
                "Nothing was changed: one message makes at most {MAX_CHANGES} changes beside what it adds, and at most \
                 {MAX_CONVERSIONS} conversion of the whole recipe; send the others in another message."
            )));
        }
        Ok(())
    }
}
