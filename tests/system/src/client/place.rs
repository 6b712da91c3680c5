//! Where a connection stands in the one order of its recipe: each update must follow the one before.

use serde_json::Value;

/// The messages that a connection has seen, in order.
#[derive(Debug, Default)]
pub struct Place {
    revision: Option<u64>,
    seen: Vec<Seen>,
    /// Where in `seen` messages are missing that an update said were left out.
    gaps: Vec<usize>,
}

/// A message that came over a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its place in the recipe's order.
    pub revision: u64,
    /// Its id.
    pub id: String,
    /// What it says.
    pub content: String,
}

impl Place {
    /// The last revision that came.
    pub fn revision(&self) -> u64 {
        self.revision.unwrap_or_default()
    }

    /// The id of the message there, when it came.
    pub fn message_id(&self) -> Option<&str> {
        let last = self.seen.last()?;
        (last.revision == self.revision()).then_some(last.id.as_str())
    }

    /// What an `auth` names to go on from here.
    pub fn resume(&self, payload: &mut Value) {
        if let Some(revision) = self.revision {
            payload["revision"] = revision.into();
            payload["message_id"] = self.message_id().into();
        }
    }

    /// Everything that came, once each.
    pub fn seen(&self) -> &[Seen] {
        &self.seen
    }

    /// The same in stretches: between two of them messages are missing, as the connection was told.
    pub fn stretches(&self) -> impl Iterator<Item = &[Seen]> {
        let ends = self.gaps.iter().copied().chain([self.seen.len()]);
        ends.scan(0, |from, to| {
            Some(&self.seen[std::mem::replace(from, to)..to])
        })
    }

    /// Goes on to where an update leads. Panics when the contract allows no such step.
    pub(crate) fn follow(&mut self, update: &Value) {
        let revision = update["revision"].as_u64().unwrap_or_default();
        let mut messages: Vec<Seen> = update["messages"]
            .as_array()
            .into_iter()
            .flatten()
            .chain(update.get("message"))
            .map(seen)
            .collect();
        messages.dedup();
        if update["recovered"] == false {
            // A fresh start, which may be behind what came before, and of another history.
            assert_rising(&messages, update);
            self.gaps.push(self.seen.len());
            self.arrive(revision, messages);
            return;
        }
        let Some(here) = self.revision else {
            assert_rising(&messages, update);
            self.arrive(revision, messages);
            return;
        };
        if is_old_answer(update, here) {
            return;
        }
        assert!(revision >= here, "the revision fell from {here}: {update}");
        assert_rising(&messages, update);
        messages.retain(|message| message.revision > here);
        let places: Vec<u64> = messages.iter().map(|message| message.revision).collect();
        let first = match update["messages_truncated"] == true {
            true => places.first().copied().unwrap_or(revision + 1),
            false => here + 1,
        };
        let wanted: Vec<u64> = (first..=revision).collect();
        assert_eq!(
            places, wanted,
            "messages are missing after {here}: {update}"
        );
        if first > here + 1 {
            self.gaps.push(self.seen.len());
        }
        self.arrive(revision, messages);
    }

    fn arrive(&mut self, revision: u64, messages: Vec<Seen>) {
        self.revision = Some(revision);
        self.seen.extend(messages);
    }
}

/// Whether it answers a message that was accepted before, with its original revision.
fn is_old_answer(update: &Value, here: u64) -> bool {
    let accepted = update["message"]["revision"].as_u64();
    update["in_reply_to"].is_string() && accepted.is_some_and(|revision| revision <= here)
}

fn assert_rising(messages: &[Seen], update: &Value) {
    let rising = messages
        .windows(2)
        .all(|pair| pair[0].revision < pair[1].revision);
    assert!(rising, "messages out of order: {update}");
}

fn seen(message: &Value) -> Seen {
    Seen {
        revision: message["revision"].as_u64().unwrap_or_default(),
        id: message["id"].as_str().unwrap_or_default().to_owned(),
        content: message["content"].as_str().unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn update(revision: u64, skipped: &[u64], own: Option<u64>) -> Value {
        let message = |revision: &u64| json!({"id": revision.to_string(), "revision": revision});
        let mut update = json!({"revision": revision});
        update["messages"] = skipped.iter().map(message).collect();
        if let Some(own) = own {
            update["message"] = message(&own);
        }
        update
    }

    fn follow(updates: &[Value]) -> Vec<u64> {
        let mut place = Place::default();
        updates.iter().for_each(|update| place.follow(update));
        place.seen().iter().map(|seen| seen.revision).collect()
    }

    #[test]
    fn updates_follow_each_other() {
        let seen = follow(&[update(2, &[1, 2], None), update(3, &[], Some(3))]);

        assert_eq!(seen, [1, 2, 3]);
    }

    #[test]
    fn one_update_may_stand_for_several() {
        assert_eq!(
            follow(&[update(1, &[], None), update(4, &[2, 3, 4], Some(4))]),
            [2, 3, 4]
        );
        assert_eq!(
            follow(&[update(1, &[], None), update(4, &[2, 3], Some(4))]),
            [2, 3, 4]
        );
    }

    #[test]
    fn a_gap_that_is_told_begins_a_new_stretch() {
        let mut place = Place::default();
        let mut late = update(6, &[5, 6], None);
        late["messages_truncated"] = json!(true);
        for update in [update(2, &[1, 2], None), late, update(7, &[], Some(7))] {
            place.follow(&update);
        }

        let revisions = |stretch: &[Seen]| stretch.iter().map(|s| s.revision).collect::<Vec<_>>();
        let stretches: Vec<_> = place.stretches().map(revisions).collect();
        assert_eq!(stretches, [vec![1, 2], vec![5, 6, 7]]);
    }

    #[test]
    fn a_fresh_start_begins_a_new_stretch_wherever_it_is() {
        let mut place = Place::default();
        let mut anew = update(2, &[1, 2], None);
        anew["recovered"] = json!(false);
        for update in [update(4, &[3, 4], None), anew, update(3, &[], Some(3))] {
            place.follow(&update);
        }

        let revisions = |stretch: &[Seen]| stretch.iter().map(|s| s.revision).collect::<Vec<_>>();
        let stretches: Vec<_> = place.stretches().map(revisions).collect();
        assert_eq!(stretches, [vec![3, 4], vec![1, 2, 3]]);
        assert_eq!((place.revision(), place.message_id()), (3, Some("3")));
    }

    #[test]
    #[should_panic(expected = "the revision fell from 4")]
    fn whoever_has_recovered_does_not_fall_back() {
        let mut back = update(2, &[], None);
        back["recovered"] = json!(true);

        follow(&[update(4, &[3, 4], None), back]);
    }

    #[test]
    #[should_panic(expected = "messages are missing after 1")]
    fn a_gap_within_what_is_told_is_found() {
        let mut late = update(6, &[4, 6], None);
        late["messages_truncated"] = json!(true);

        follow(&[update(1, &[], None), late]);
    }

    #[test]
    fn the_answer_to_a_repeated_message_moves_nothing() {
        let mut old = update(1, &[], Some(1));
        old["in_reply_to"] = json!("1");

        assert!(follow(&[update(3, &[], None), old]).is_empty());
    }

    #[test]
    #[should_panic(expected = "messages are missing after 1")]
    fn a_gap_is_found() {
        follow(&[update(1, &[], None), update(3, &[], Some(3))]);
    }

    #[test]
    #[should_panic(expected = "the revision fell")]
    fn a_step_back_is_found() {
        follow(&[update(3, &[], None), update(2, &[], Some(2))]);
    }

    #[test]
    #[should_panic(expected = "messages are missing after 2")]
    fn a_doubled_revision_is_found() {
        follow(&[update(2, &[], None), update(3, &[], Some(2))]);
    }
}
