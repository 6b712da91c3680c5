//! How large rooms are.

use std::{cmp::Reverse, collections::BinaryHeap};

use proto::ids::RecipeId;

use super::{Rooms, lock};

/// How many connections rooms have, for counting: up to each of these, and more.
pub(crate) const SIZE_BOUNDS: [usize; 6] = [1, 2, 5, 10, 100, 1000];

/// The rooms of an edge, counted.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct RoomSizes {
    /// How many rooms have up to each of [`SIZE_BOUNDS`] connections and more than the one before; the last: more.
    pub(crate) by_size: [u64; SIZE_BOUNDS.len() + 1],
    /// Those with the most connections, the largest first.
    pub(crate) largest: Vec<(usize, RecipeId)>,
}

impl Rooms {
    /// Counts the rooms, and names so many of the largest.
    pub(crate) fn sizes(&self, named: usize) -> RoomSizes {
        let mut sizes = RoomSizes::default();
        let mut largest = BinaryHeap::new();
        for (recipe, room) in lock(&self.open).iter() {
            let size = room.members.count();
            let bound = SIZE_BOUNDS.iter().take_while(|bound| size > **bound);
            sizes.by_size[bound.count()] += 1;
            largest.push(Reverse((size, recipe.clone())));
            if largest.len() > named {
                largest.pop();
            }
        }
        let largest = largest.into_sorted_vec().into_iter();
        sizes.largest = largest.map(|Reverse(room)| room).collect();
        sizes
    }
}
