//! Measures a reader at three sizes of the same shape, and judges it.

use allocation_counter::{AllocationInfo, measure};

/// How much more than linear is tolerated between a size and four times it: buffers double.
const GROWTH: f64 = 1.35;
/// What every reader may need, however short the input is.
const FIXED: u64 = 64 * 1024;

/// What one reader costs at one size.
struct Cost {
    input: u64,
    info: AllocationInfo,
}

/// Checks that `read` needs at most `peak` bytes of memory per byte of input, and no more than in proportion when the
/// input grows. `shape` makes an input of about so many bytes.
pub(crate) fn is_linear<T>(
    name: &str,
    sizes: [usize; 3],
    peak: u64,
    shape: impl Fn(usize) -> String,
    read: impl Fn(&str) -> T,
) -> Result<(), String> {
    // The first call fills tables that stay.
    read(&shape(64));
    let costs = sizes.map(|size| {
        let input = shape(size);
        let info = measure(|| drop(read(&input)));
        Cost {
            input: input.len() as u64,
            info,
        }
    });
    for cost in &costs {
        let allowed = FIXED + peak * cost.input;
        if cost.info.bytes_max > allowed {
            return Err(format!(
                "{name}: {} bytes need {} bytes of memory, allowed are {allowed}",
                cost.input, cost.info.bytes_max
            ));
        }
    }
    let [small, _, large] = &costs;
    let grown = large.input as f64 / small.input as f64;
    for (what, of) in [
        (
            "allocated bytes",
            (|i: &AllocationInfo| i.bytes_total) as fn(&AllocationInfo) -> u64,
        ),
        ("allocations", |i| i.count_total),
    ] {
        let (before, after) = (of(&small.info), of(&large.info));
        let allowed = (before as f64 + 1_000.0) * grown * GROWTH;
        if after as f64 > allowed {
            return Err(format!(
                "{name}: {what} grew from {before} at {} bytes to {after} at {} bytes",
                small.input, large.input
            ));
        }
    }
    Ok(())
}

/// A shape that is one piece over and over.
pub(crate) fn repeated(before: &str, piece: &str, after: &str) -> impl Fn(usize) -> String {
    let (before, piece, after) = (before.to_owned(), piece.to_owned(), after.to_owned());
    move |size| {
        let times = size.saturating_sub(before.len() + after.len()) / piece.len();
        format!("{before}{}{after}", piece.repeat(times))
    }
}

pub(crate) fn all_hold(failures: impl IntoIterator<Item = Result<(), String>>) {
    let failures: Vec<String> = failures.into_iter().filter_map(Result::err).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
