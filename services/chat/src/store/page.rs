//! Which messages are asked for, and what is read with them.

use std::sync::Arc;

use proto::ids::Revision;

use crate::{message::Message, names::Called, recipe_state::RecipeState};

/// Which messages of a recipe are asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page {
    /// Those after this revision…
    pub after: Revision,
    /// …up to this one.
    pub upto: Revision,
    /// At most so many.
    pub limit: usize,
    /// Which of them, when there are more.
    pub prefer: Prefer,
}

/// Which end of a page is kept when it is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Prefer {
    /// The first ones.
    Oldest,
    /// The last ones.
    Newest,
}

/// Which messages are asked for of a recipe that has come nobody knows how far.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Tail {
    /// The last ones, at most so many.
    Latest(usize),
    /// All after a revision; none when there are more.
    After {
        /// Which.
        revision: Revision,
        /// So many.
        unless_more_than: usize,
    },
}

impl Tail {
    /// The page that this is when the recipe has come so far; `None`: no message.
    pub(super) fn page(self, upto: Revision) -> Option<Page> {
        let (after, limit) = match self {
            Self::Latest(limit) => (0, limit),
            Self::After {
                revision,
                unless_more_than,
            } => (revision, unless_more_than),
        };
        let fits = |count: Revision| {
            usize::try_from(count).is_ok_and(|count| (1..=limit).contains(&count))
        };
        let wanted = match self {
            Self::Latest(_) => after < upto,
            Self::After { .. } => upto.checked_sub(after).is_some_and(fits),
        };
        wanted.then_some(Page {
            after,
            upto,
            limit,
            prefer: Prefer::Newest,
        })
    }
}

/// What there is of a recipe for somebody who comes to it.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// The recipe at its newest revision.
    pub recipe_state: RecipeState,
    /// What they are called there; `None`: they never came.
    pub called: Option<Called>,
    /// The messages that were asked for, oldest first.
    pub messages: Vec<Arc<Message>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tail_is_the_last_messages_or_all_after_a_revision() {
        let page = |tail: Tail, upto| {
            tail.page(upto)
                .map(|page| (page.after, page.upto, page.limit))
        };
        assert_eq!(page(Tail::Latest(50), 0), None);
        assert_eq!(page(Tail::Latest(50), 70), Some((0, 70, 50)));
        let tail = Tail::After {
            revision: 3,
            unless_more_than: 10,
        };
        assert_eq!([page(tail, 2), page(tail, 3), page(tail, 14)], [None; 3]);
        assert_eq!(page(tail, 4), Some((3, 4, 10)));
        assert_eq!(page(tail, 13), Some((3, 13, 10)));
    }
}
