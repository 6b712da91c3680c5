//! The fault matrix names, for each fault, the test that shows what happens: each of them must exist.

use std::{fs, path::Path};

/// The names in backticks in the last column of the tables of `docs/faults.md`: `module::test_name`, or
/// `file.spec.ts::title` for a test in a browser.
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
        let (file, definition) = match module.ends_with(".spec.ts") {
            true => (format!("../browser/{module}"), format!("test('{test}'")),
            false => {
                let file = module.replace("::", "/");
                (format!("tests/system/{file}.rs"), format!("fn {test}("))
            }
        };
        let source = fs::read_to_string(root.join(file))
            .unwrap_or_else(|_| panic!("docs/faults.md names {module}, which is no module"));
        assert!(
            source.contains(&definition),
            "docs/faults.md names {module}::{test}, which does not exist"
        );
    }
}

#[test]
fn names_are_read_from_the_last_column_only() {
    let document = "text `a::b`\n| fault | tests |\n| `x::y` dies | `m::one`, `n::o::two`, `p.spec.ts::a page` |\n";

    let expected = [("m", "one"), ("n::o", "two"), ("p.spec.ts", "a page")]
        .map(|(m, t)| (m.to_owned(), t.to_owned()));
    assert_eq!(named_tests(document), expected);
}
