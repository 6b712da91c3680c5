//! How large the tests with faults are: small ones by default, whole ones in the lane `tests/run faults`.

/// Whether this run is the lane: whole sizes, strict limits, nothing beside it.
pub fn in_full() -> bool {
    scale() >= 1.0
}

/// `FAULTS_SCALE`: 1 for the sizes that the documents promise, by default a tenth of them.
///
/// # Panics
/// When it is no number.
pub fn scale() -> f64 {
    match std::env::var_os("FAULTS_SCALE") {
        Some(scale) => scale
            .to_str()
            .and_then(|scale| scale.parse().ok())
            .expect("FAULTS_SCALE is a number"),
        None => 0.1,
    }
}
