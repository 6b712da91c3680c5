//! The fault matrix names, for each fault, the test that shows what happens: each of them must exist.

use std::{fs, path::Path};

/// The names in backticks in the last column of the tables of `docs/faults.md`: `module::test_name`.
fn named_tests(document: &str) -> Vec<(String, String)> {
    let rows = document.lines().filter(|line| line.starts_with("| "));
    let last = rows.filter_map(|row| row.trim_end_matches(" |").rsplit(" | ").next());
    last.flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .filter_map(|name| name.rsplit_once("::"))
        .map(|(module, test)| (module.to_owned(), test.to_owned()))
        .collect()
}

#[test]
fn every_test_of_the_fault_matrix_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let document = fs::read_to_string(root.join("../../docs/faults.md")).unwrap();
    let named = named_tests(&document);
    assert!(named.len() >= 20, "only {} tests are named", named.len());

    for (module, test) in named {
        let file = module.replace("::", "/");
        let source = root.join(format!("tests/system/{file}.rs"));
        let source = fs::read_to_string(&source)
            .unwrap_or_else(|_| panic!("docs/faults.md names {module}, which is no module"));
        assert!(
            source.contains(&format!("fn {test}(")),
            "docs/faults.md names {module}::{test}, which does not exist"
        );
    }
}

#[test]
fn names_are_read_from_the_last_column_only() {
    let document = "text `a::b`\n| fault | tests |\n| `x::y` dies | `m::one`, `n::o::two` |\n";

    let expected = [("m", "one"), ("n::o", "two")].map(|(m, t)| (m.to_owned(), t.to_owned()));
    assert_eq!(named_tests(document), expected);
}
