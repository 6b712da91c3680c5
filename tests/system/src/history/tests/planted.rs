//! A small chat service with one bug, and clients who resend what is not answered: the judge must find the bug from
//! what they say and see, and must find nothing without one.

use crate::{client::Seen, history::History};

/// What is wrong with the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bug {
    None,
    /// A message that comes again is applied again.
    NoDedupe,
    /// The answer goes out before the commit, which a crash prevents.
    AnswerBeforeCommit,
    /// A client that comes back gets what happens from then on, not what it missed.
    NoGapReading,
    /// A message takes the next revision but one.
    RevisionSkipped,
    /// Two updates change places on their way to one client.
    UpdatesReordered,
    /// A client gets an update twice.
    UpdateDoubled,
    /// A client misses an update in the middle.
    UpdateLost,
    /// Some words are not kept as they were said.
    ContentChanged,
    /// The answer tells the place of another message.
    AnswerOfAnother,
    /// A full update is older than what the client has.
    StaleFullUpdate,
    /// A message is put before those that were answered before it was said.
    OutOfTime,
    /// Another replica gave the same revision to something else, and told its clients.
    Forked,
    /// A message is refused for good, and kept.
    RefusedButKept,
    /// After the store went back, a client is told that it has recovered what it has not.
    RecoveredWrongly,
    /// After the store went back, a client is sent an old message from memory.
    Ghost,
}

/// The service, and everybody at it.
struct SimulatedService {
    bug: Bug,
    rng: SplitMix64,
    history: History,
    log: Vec<Seen>,
    clients: Vec<SimulatedClient>,
    said: usize,
}

#[derive(Default)]
struct SimulatedClient {
    /// What was said and is not answered.
    pending: Option<Seen>,
    /// How much of the log it has been sent.
    sent: usize,
    seen: Vec<Seen>,
}

impl SimulatedService {
    fn run(bug: Bug, seed: u64) -> (History, Vec<Seen>) {
        let mut kitchen = Self {
            bug,
            rng: SplitMix64(seed),
            history: History::default(),
            log: Vec::new(),
            clients: (0..4).map(|_| SimulatedClient::default()).collect(),
            said: 0,
        };
        for _ in 0..400 {
            let who = usize::try_from(kitchen.rng.below(4)).unwrap();
            match kitchen.rng.below(8) {
                0..4 => kitchen.say(who),
                4..7 => kitchen.update(who),
                _ => kitchen.come_back(who),
            }
            if kitchen.rng.below(40) == 0 {
                kitchen.go_back();
            }
        }
        for who in 0..4 {
            kitchen.update(who);
            kitchen.history.connection(&kitchen.clients[who].seen);
        }
        (kitchen.history, kitchen.log)
    }

    /// Whether the bug occurs now. It does not always, so that it hides as bugs do.
    fn occurs(&mut self, bug: Bug) -> bool {
        self.bug == bug && self.rng.below(5) == 0
    }

    /// Says something new, or the same again when it was not answered.
    fn say(&mut self, who: usize) {
        let message = self.clients[who].pending.take().unwrap_or_else(|| {
            self.said += 1;
            Seen {
                revision: 0,
                id: format!("m{}", self.said),
                content: format!("words {}", self.said),
            }
        });
        self.history.says(&message.id, &message.content);
        let revision = self.accept(&message);
        if self.rng.below(4) == 0 {
            // The answer is lost on its way.
            self.clients[who].pending = Some(message);
        } else if self.occurs(Bug::RefusedButKept) {
            self.history.refused(&message.id);
        } else if self.occurs(Bug::AnswerOfAnother) && revision > 1 {
            self.history.accepted(&message.id, revision - 1);
        } else {
            self.history.accepted(&message.id, revision);
        }
    }

    /// Keeps a message, once; gives its revision.
    fn accept(&mut self, message: &Seen) -> u64 {
        let known = self.log.iter().find(|entry| entry.id == message.id);
        if let Some(known) = known.map(|entry| entry.revision)
            && !self.occurs(Bug::NoDedupe)
        {
            return known;
        }
        let mut entry = message.clone();
        entry.revision = self.log.last().map_or(0, |last| last.revision) + 1;
        if self.occurs(Bug::RevisionSkipped) {
            entry.revision += 1;
        }
        if self.occurs(Bug::ContentChanged) {
            entry.content.push('!');
        }
        let revision = entry.revision;
        if self.occurs(Bug::AnswerBeforeCommit) {
            return revision;
        }
        self.log.push(entry);
        if self.occurs(Bug::OutOfTime) && self.log.len() > 4 {
            return self.put_before_others();
        }
        revision
    }

    /// Moves the newest message three places forward; nobody was told of it yet.
    fn put_before_others(&mut self) -> u64 {
        let place = self.log.len() - 4;
        if let Some(newest) = self.log.pop() {
            self.log.insert(place, newest);
        }
        for (revision, entry) in (1..).zip(&mut self.log) {
            entry.revision = revision;
        }
        self.log[place].revision
    }

    /// Sends a client everything that it has not.
    fn update(&mut self, who: usize) {
        let mut updates = self.log[self.clients[who].sent..].to_vec();
        if self.occurs(Bug::UpdatesReordered) && updates.len() > 1 {
            updates.swap(0, 1);
        }
        if self.occurs(Bug::UpdateDoubled) && !updates.is_empty() {
            updates.insert(0, updates[0].clone());
        }
        if self.occurs(Bug::UpdateLost) && updates.len() > 2 {
            updates.remove(1);
        }
        if self.occurs(Bug::Forked)
            && let Some(update) = updates.last_mut()
        {
            update.content = "what the other replica has here".to_owned();
        }
        let client = &mut self.clients[who];
        client.seen.extend(updates);
        client.sent = self.log.len();
    }

    /// The store is restored from a backup; the connections to it break.
    fn go_back(&mut self) {
        let kept = self.log.len() - self.log.len().min(5);
        let given_up = self.log.split_off(kept);
        let whole = [self.log.as_slice(), &given_up].concat();
        let to = self.log.last().map_or(0, |last| last.revision);
        self.history.goes_back(&whole, to);
        for who in 0..self.clients.len() {
            if self.clients[who].sent > kept {
                match self.bug {
                    Bug::RecoveredWrongly => self.clients[who].sent = kept,
                    _ => self.begin_anew(who, kept),
                }
            }
            if self.bug == Bug::Ghost
                && let Some(ghost) = given_up.first()
            {
                self.clients[who].seen.push(ghost.clone());
            }
        }
    }

    /// A client is told that it has not recovered: what it saw ends here, and it begins with the whole log.
    fn begin_anew(&mut self, who: usize, kept: usize) {
        let seen = std::mem::take(&mut self.clients[who].seen);
        self.history.connection(&seen);
        self.clients[who] = SimulatedClient {
            pending: self.clients[who].pending.take(),
            sent: kept,
            seen: self.log.clone(),
        };
    }

    /// Loses a client's connection and lets it come back with the revision that it has.
    fn come_back(&mut self, who: usize) {
        let client = &mut self.clients[who];
        if self.bug == Bug::NoGapReading {
            client.sent = self.log.len();
        }
        if self.bug == Bug::StaleFullUpdate && client.sent > 0 {
            client.sent -= 1;
        }
        // Else what it missed comes with the next update.
    }
}

/// Random numbers, the same for each seed: SplitMix64.
struct SplitMix64(u64);

impl SplitMix64 {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}

#[track_caller]
fn check(bug: Bug) {
    for seed in 1..=20 {
        let (history, log) = SimulatedService::run(bug, seed);
        let wrong = history.judge(&log);
        if bug == Bug::None {
            assert!(wrong.is_empty(), "seed {seed}: {wrong:?}");
        } else {
            assert!(!wrong.is_empty(), "{bug:?} was not found with seed {seed}");
        }
    }
}

#[test]
fn nothing_is_found_where_nothing_is_planted() {
    check(Bug::None);
}

#[test]
fn finds_a_service_that_applies_what_comes_again() {
    check(Bug::NoDedupe);
}

#[test]
fn finds_a_service_that_answers_before_the_commit() {
    check(Bug::AnswerBeforeCommit);
}

#[test]
fn finds_a_service_that_does_not_read_the_gap() {
    check(Bug::NoGapReading);
}

#[test]
fn finds_a_service_that_skips_a_revision() {
    check(Bug::RevisionSkipped);
}

#[test]
fn finds_updates_that_change_places() {
    check(Bug::UpdatesReordered);
}

#[test]
fn finds_an_update_that_comes_twice() {
    check(Bug::UpdateDoubled);
}

#[test]
fn finds_an_update_that_gets_lost() {
    check(Bug::UpdateLost);
}

#[test]
fn finds_words_that_were_changed() {
    check(Bug::ContentChanged);
}

#[test]
fn finds_the_answer_to_another_message() {
    check(Bug::AnswerOfAnother);
}

#[test]
fn finds_a_full_update_that_is_stale() {
    check(Bug::StaleFullUpdate);
}

#[test]
fn finds_a_message_put_before_earlier_ones() {
    check(Bug::OutOfTime);
}

#[test]
fn finds_replicas_that_have_forked() {
    check(Bug::Forked);
}

#[test]
fn finds_a_client_that_was_wrongly_told_that_it_has_recovered() {
    check(Bug::RecoveredWrongly);
}

#[test]
fn finds_an_old_message_that_comes_from_memory() {
    check(Bug::Ghost);
}

#[test]
fn finds_a_refused_message_that_is_kept() {
    check(Bug::RefusedButKept);
}
