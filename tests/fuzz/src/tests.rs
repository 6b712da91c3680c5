//! Every file of every corpus, through the function that libFuzzer calls.

use std::{collections::BTreeSet, fs, path::Path};

use super::*;

/// How many bytes the committed corpora may have in all: they are seeds, not finds.
const CORPORA: usize = 512 << 10;

fn corpora() -> impl Iterator<Item = (String, Vec<(String, Vec<u8>)>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    fs::read_dir(root).unwrap().map(|folder| {
        let folder = folder.unwrap();
        let files = fs::read_dir(folder.path()).unwrap().map(|file| {
            let file = file.unwrap();
            let name = file.file_name().to_string_lossy().into_owned();
            (name, fs::read(file.path()).unwrap())
        });
        let name = folder.file_name().to_string_lossy().into_owned();
        (name, files.collect())
    })
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

#[test]
fn every_target_has_a_small_corpus_and_a_program() {
    let named = TARGETS.map(|target| target.name);
    let corpora: Vec<_> = corpora().collect();
    let with_seeds: BTreeSet<&str> = corpora.iter().map(|(name, _)| &**name).collect();
    assert_eq!(with_seeds, BTreeSet::from(named));
    assert!(corpora.iter().all(|(_, files)| files.len() >= 3));
    let bytes: usize = corpora
        .iter()
        .flat_map(|(_, files)| files)
        .map(|(_, data)| data.len())
        .sum();
    assert!(bytes <= CORPORA, "{bytes}");

    let programs = include_str!("../libfuzzer/Cargo.toml");
    for name in named {
        assert!(programs.contains(&format!("name = \"{name}\"")), "{name}");
    }
}
