//! Every file of every corpus, through the function that libFuzzer calls.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};

use super::*;

/// How many bytes the committed corpora may have in all: they are seeds, not finds.
const CORPORA: usize = 512 << 10;

/// How many inputs are made of the seeds of each target.
const ROUNDS: usize = 200;

/// The files of each target, by their names, always in the same order.
fn corpora() -> BTreeMap<String, BTreeMap<String, Vec<u8>>> {
    let name = |entry: &fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
    let list = |folder: &Path| fs::read_dir(folder).unwrap().map(Result::unwrap);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let folders = list(&root).map(|folder| {
        let files = list(&folder.path()).map(|file| (name(&file), fs::read(file.path()).unwrap()));
        (name(&folder), files.collect())
    });
    folders.collect()
}

#[test]
fn every_seed_keeps_what_its_target_asserts() {
    for (name, files) in corpora() {
        let target = TARGETS.iter().find(|target| target.name == name).unwrap();
        for (file, data) in files {
            println!("{name}/{file}");
            (target.run)(&data);
        }
    }
}

/// As libFuzzer does, but always the same, and not for long.
#[test]
fn seeds_that_are_changed_at_random_keep_it_too() {
    let mut rng = SmallRng::seed_from_u64(1);
    for (name, files) in corpora() {
        let target = TARGETS.iter().find(|target| target.name == name).unwrap();
        let files: Vec<&[u8]> = files.values().map(Vec::as_slice).collect();
        for _ in 0..ROUNDS {
            let [one, other] = [0; 2].map(|_| files[rng.random_range(0..files.len())]);
            let data = changed(one, other, &mut rng);
            println!("{name} {:?}", String::from_utf8_lossy(&data));
            (target.run)(&data);
        }
    }
}

/// Some bytes of one input left out, said again, replaced, or by a piece of the other one.
fn changed(one: &[u8], other: &[u8], rng: &mut SmallRng) -> Vec<u8> {
    let mut data = one.to_vec();
    for _ in 0..rng.random_range(1..6) {
        let of = |length: usize, rng: &mut SmallRng| {
            let from = rng.random_range(0..=length);
            from..length.min(from + rng.random_range(0..24))
        };
        let (piece, at) = (of(data.len(), rng), rng.random_range(0..=data.len()));
        match rng.random_range(0..4) {
            0 => drop(data.drain(piece)),
            1 => data.extend_from_within(piece),
            2 if at < data.len() => data[at] = rng.random(),
            _ => drop(data.splice(at..at, other[of(other.len(), rng)].iter().copied())),
        }
    }
    data
}

#[test]
fn every_target_has_a_small_corpus_and_a_program() {
    let named = BTreeSet::from(TARGETS.map(|target| target.name));
    let corpora = corpora();
    let with_seeds: BTreeSet<&str> = corpora.keys().map(String::as_str).collect();
    assert_eq!(with_seeds, named);
    assert!(corpora.values().all(|files| files.len() >= 3));
    let sizes = corpora
        .values()
        .flat_map(|files| files.values().map(Vec::len));
    let bytes: usize = sizes.sum();
    assert!(bytes <= CORPORA, "{bytes}");

    let programs = include_str!("../libfuzzer/Cargo.toml");
    let run = include_str!("../run");
    for name in named {
        assert!(programs.contains(&format!("name = \"{name}\"")), "{name}");
        assert!(run.contains(name), "{name}");
    }
}
