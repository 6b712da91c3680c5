//! A queue that nearly every connection has empty nearly always.

use std::collections::VecDeque;

/// A queue that takes eight bytes, and allocates nothing while it is empty: a [`VecDeque`] takes 32, and keeps what it has once
/// allocated.
#[derive(Debug)]
#[expect(
    clippy::box_collection,
    reason = "boxed, it takes a quarter of the place"
)]
pub(crate) struct LazyQueue<T>(Option<Box<VecDeque<T>>>);

impl<T> LazyQueue<T> {
    pub(crate) fn push_back(&mut self, item: T) {
        self.0.get_or_insert_default().push_back(item);
    }

    pub(crate) fn pop_front(&mut self) -> Option<T> {
        self.remove(0)
    }

    pub(crate) fn remove(&mut self, index: usize) -> Option<T> {
        let queue = self.0.as_mut()?;
        let item = queue.remove(index);
        if queue.is_empty() {
            self.0 = None;
        }
        item
    }

    pub(crate) fn front(&self) -> Option<&T> {
        self.0.as_ref()?.front()
    }

    pub(crate) fn front_mut(&mut self) -> Option<&mut T> {
        self.0.as_mut()?.front_mut()
    }

    pub(crate) fn back(&self) -> Option<&T> {
        self.0.as_ref()?.back()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().flat_map(|queue| queue.iter())
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.0.iter_mut().flat_map(|queue| queue.iter_mut())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |queue| queue.len())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }
}

impl<T> Default for LazyQueue<T> {
    fn default() -> Self {
        Self(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_queue_that_keeps_nothing_when_it_is_empty() {
        let mut queue = LazyQueue::default();
        assert_eq!(
            (queue.pop_front(), queue.front(), queue.len()),
            (None, None, 0)
        );
        for item in 1..=4 {
            queue.push_back(item);
        }
        queue.iter_mut().for_each(|item| *item *= 10);
        *queue.front_mut().unwrap() += 1;
        assert_eq!(
            (queue.front(), queue.back(), queue.len()),
            (Some(&11), Some(&40), 4)
        );
        assert_eq!(
            (queue.remove(1), queue.remove(9), queue.pop_front()),
            (Some(20), None, Some(11))
        );
        assert_eq!(queue.iter().copied().collect::<Vec<_>>(), [30, 40]);
        assert_eq!((queue.pop_front(), queue.pop_front()), (Some(30), Some(40)));
        assert!(queue.0.is_none() && queue.is_empty());
    }
}
