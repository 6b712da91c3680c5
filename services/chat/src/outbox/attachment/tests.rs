//! One recipe on one link: order, gaps, and a queue that is full.

use runtime::clock::Timestamp;

use super::*;
use crate::{
    message::{Message, Principal},
    recipe::Recipe,
};

/// A queue with room for so many.
struct Sent {
    revisions: Vec<Revision>,
    room: usize,
}

impl Queue for Sent {
    fn push(&mut self, _: u64, update: &Arc<Update>) -> bool {
        let fits = self.room > 0;
        if fits {
            self.room -= 1;
            self.revisions.push(update.revision());
        }
        fits
    }
}

/// An attachment, what it sent, and what it wanted.
struct Line {
    attachment: Attachment<&'static str>,
    sent: Sent,
    released: Vec<&'static str>,
}

impl Line {
    fn attached(after: Option<Revision>, room: usize) -> Self {
        Self {
            attachment: Attachment::new(1, after.map(at)),
            sent: Sent {
                revisions: Vec::new(),
                room,
            },
            released: Vec::new(),
        }
    }

    fn live_at(revision: Revision, room: usize) -> Self {
        let mut line = Self::attached(None, room);
        assert_eq!(line.catches_up(&[], revision), Todo::Nothing);
        line
    }

    fn offer(&mut self, revision: Revision) -> Todo {
        let todo = self.attachment.offer(&update(revision), &mut self.sent);
        self.released.extend(self.attachment.released());
        todo
    }

    fn catches_up(&mut self, updates: &[Revision], revision: Revision) -> Todo {
        self.reads(updates, revision, revision)
    }

    fn reads(&mut self, updates: &[Revision], upto: Revision, revision: Revision) -> Todo {
        let updates: Vec<_> = updates.iter().copied().map(update).collect();
        let todo = self
            .attachment
            .caught_up(&updates, &at(upto), revision, &mut self.sent);
        self.released.extend(self.attachment.released());
        todo
    }

    fn begins_anew(&mut self, position: &Position) -> Todo {
        let (released, todo) = self.attachment.begin_anew(position, &mut self.sent);
        self.released.extend(released);
        todo
    }

    fn answer(&mut self, revision: Revision, answer: &'static str) -> Todo {
        let (answer, todo) = self.attachment.gate(revision, answer);
        self.released.extend(answer);
        todo
    }

    fn newest(&mut self) -> (Option<Revision>, Todo) {
        let (newest, todo) = self.attachment.newest();
        self.released.extend(self.attachment.released());
        (newest.map(|update| update.revision()), todo)
    }
}

fn at(revision: Revision) -> Position {
    position(revision, "m")
}

fn position(revision: Revision, history: &str) -> Position {
    let message = (revision > 0).then(|| format!("{history}{revision}").parse().unwrap());
    Position { revision, message }
}

fn update(revision: Revision) -> Arc<Update> {
    update_of(revision, "m")
}

fn update_of(revision: Revision, history: &str) -> Arc<Update> {
    let message = Message {
        id: format!("{history}{revision}").parse().unwrap(),
        author: Principal::new("u".parse().unwrap(), "ada").unwrap(),
        content: "hi".parse().unwrap(),
        accepted_at: Timestamp::default(),
        revision,
        effect: None,
        hint: None,
        suggestions: Vec::new(),
        changes: Vec::new(),
    };
    let recipe = Arc::new(Recipe::new("Pie"));
    Arc::new(Update::new(
        "pie".parse().unwrap(),
        recipe,
        Arc::new(message),
        position(revision - 1, history).message,
        None,
    ))
}

#[test]
fn what_is_read_in_pieces_goes_out_in_order_with_what_comes_meanwhile() {
    let mut line = Line::attached(Some(2), 99);
    line.offer(8);
    assert_eq!(line.answer(8, "posted"), Todo::Nothing);
    assert_eq!(line.reads(&[3, 4], 4, 7), Todo::CatchUp);
    line.offer(9);
    assert_eq!(line.reads(&[5, 6], 6, 7), Todo::CatchUp);
    assert_eq!(line.released, [""; 0]);
    assert_eq!(line.reads(&[7], 7, 7), Todo::CatchUp, "for the answer");
    assert_eq!(line.catches_up(&[], 9), Todo::Nothing);
    assert_eq!(line.sent.revisions, [3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(line.released, ["posted"]);
}

#[test]
fn a_piece_that_finds_the_queue_full_is_read_on_once_there_is_room() {
    let mut line = Line::attached(Some(0), 1);
    assert_eq!(line.reads(&[1, 2], 2, 4), Todo::WaitForRoom);
    assert_eq!(line.newest(), (None, Todo::CatchUp));
    line.sent.room = 9;
    assert_eq!(line.reads(&[2, 3, 4], 4, 4), Todo::Nothing);
    assert_eq!(line.sent.revisions, [1, 2, 3, 4]);
}

#[test]
fn what_comes_while_the_past_is_read_goes_out_after_it_once() {
    let mut line = Line::attached(Some(2), 99);
    for revision in [4, 5, 6] {
        assert_eq!(line.offer(revision), Todo::Nothing);
    }
    assert_eq!(line.catches_up(&[3, 4, 5], 5), Todo::Nothing);
    line.offer(7);
    assert_eq!(line.sent.revisions, [3, 4, 5, 6, 7]);
}

#[test]
fn a_gap_is_read_before_anything_goes_on() {
    let mut line = Line::live_at(1, 99);
    line.offer(2);
    assert_eq!(line.offer(5), Todo::CatchUp);
    line.offer(6);
    assert_eq!(line.catches_up(&[3, 4, 5], 5), Todo::Nothing);
    assert_eq!(line.sent.revisions, [2, 3, 4, 5, 6]);
}

#[test]
fn an_update_that_was_sent_is_not_sent_again() {
    let mut line = Line::live_at(3, 99);
    line.offer(3);
    line.offer(4);
    line.offer(4);
    assert_eq!(line.sent.revisions, [4]);
}

#[test]
fn a_notice_of_something_new_makes_it_read_and_one_of_something_old_does_not() {
    let mut line = Line::live_at(3, 99);
    assert_eq!(line.attachment.notice(3), Todo::Nothing);
    assert_eq!(line.attachment.notice(4), Todo::CatchUp);
    assert_eq!(line.attachment.notice(5), Todo::Nothing);
    // The reading may have begun before the second notice.
    assert_eq!(line.catches_up(&[4], 4), Todo::CatchUp);
    assert_eq!(line.catches_up(&[5], 5), Todo::Nothing);
    assert_eq!(line.sent.revisions, [4, 5]);
}

#[test]
fn an_answer_waits_for_the_updates_before_it() {
    let mut line = Line::live_at(1, 99);
    assert_eq!(line.answer(1, "past"), Todo::Nothing);
    assert_eq!(line.answer(3, "future"), Todo::CatchUp);
    assert_eq!(line.released, ["past"]);
    line.offer(2);
    line.offer(3);
    assert_eq!(line.released, ["past"]);
    line.catches_up(&[2, 3], 3);
    assert_eq!(line.released, ["past", "future"]);
    assert_eq!(line.sent.revisions, [2, 3]);
}

#[test]
fn a_full_queue_leaves_only_the_newest_and_answers_wait_for_it() {
    let mut line = Line::live_at(0, 2);
    assert_eq!(line.offer(1), Todo::Nothing);
    assert_eq!(line.offer(2), Todo::Nothing);
    assert_eq!(line.offer(3), Todo::WaitForRoom);
    assert_eq!(line.offer(4), Todo::Nothing);
    assert_eq!(line.answer(4, "posted"), Todo::Nothing);
    assert_eq!(line.offer(5), Todo::Nothing);
    assert_eq!(line.released, [""; 0]);

    assert_eq!(line.newest(), (Some(5), Todo::Nothing));
    assert_eq!(line.released, ["posted"]);
    line.sent.room = 9;
    line.offer(6);
    assert_eq!(line.sent.revisions, [1, 2, 6]);
}

#[test]
fn one_that_lags_reads_first_when_it_heard_of_more_than_its_newest() {
    let mut line = Line::live_at(0, 0);
    line.offer(1);
    assert_eq!(line.attachment.notice(4), Todo::Nothing);
    line.offer(5);
    assert_eq!(line.newest(), (None, Todo::CatchUp));
    line.sent.room = 9;
    assert_eq!(line.catches_up(&[1, 2, 3, 4, 5], 5), Todo::Nothing);
    assert_eq!(line.sent.revisions, [1, 2, 3, 4, 5]);
}

#[test]
fn too_many_to_keep_are_read_again() {
    let mut line = Line::attached(None, 2_000);
    for revision in 1..=1_000 {
        line.offer(revision);
    }
    assert_eq!(line.catches_up(&[], 0), Todo::CatchUp);
    let past: Vec<_> = (257..=1_000).collect();
    assert_eq!(line.catches_up(&past, 1_000), Todo::Nothing);
    assert!(line.sent.revisions.iter().copied().eq(1..=1_000));
}

#[test]
fn one_that_claimed_to_be_further_than_the_recipe_begins_anew_and_gets_what_comes_next() {
    let mut line = Line::attached(Some(100), 9);
    assert_eq!(line.begins_anew(&at(5)), Todo::Nothing);
    line.offer(6);
    assert_eq!(line.sent.revisions, [6]);
}

#[test]
fn an_update_of_another_history_is_not_sent_but_makes_the_past_be_read() {
    for revision in [2, 3, 4] {
        let mut line = Line::live_at(3, 99);
        let update = update_of(revision, "n");
        let todo = line.attachment.offer(&update, &mut line.sent);
        assert_eq!(todo, Todo::CatchUp, "at {revision}");
        assert_eq!(line.begins_anew(&position(revision, "n")), Todo::Nothing);
        line.attachment
            .offer(&update_of(revision + 1, "n"), &mut line.sent);
        assert_eq!(line.sent.revisions, [revision + 1]);
    }
}

#[test]
fn a_store_that_is_not_as_far_as_what_was_sent_makes_the_past_be_read() {
    let mut line = Line::live_at(3, 99);
    assert_eq!(line.attachment.compare(3), Todo::Nothing);
    assert_eq!(line.attachment.compare(2), Todo::CatchUp);

    let mut lagging = Line::live_at(0, 1);
    lagging.offer(1);
    lagging.offer(2);
    assert_eq!(lagging.attachment.compare(0), Todo::Nothing);
    assert_eq!(lagging.newest(), (None, Todo::CatchUp));
}

#[test]
fn what_waits_for_an_update_that_is_gone_waits_no_longer() {
    let mut line = Line::live_at(3, 99);
    assert_eq!(line.answer(5, "posted"), Todo::CatchUp);
    line.offer(4);
    assert_eq!(line.begins_anew(&position(2, "m")), Todo::CatchUp);
    assert_eq!(line.released, ["posted"]);
}

#[test]
fn an_idle_recipe_is_small() {
    assert!(size_of::<Attachment<crate::outbox::Event>>() <= 128);
}
