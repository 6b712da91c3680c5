//! How every reader and writer of recipes grows: time, allocations and memory at the peak for an input of n bytes, of
//! 2n and of 4n, of the shapes that cost most. Prints a table; a gate on the counts is the test `parser_cost`.

#![expect(clippy::print_stdout, reason = "this is what it is for")]

use std::time::Duration;

use allocation_counter::measure;
use chat::recipe::{
    Parsed, PlainIngredient, PlainRecipe, Recipe, follow, from_cooklang, from_plain, parse,
    read_schema_org, to_cooklang, to_schema_org,
};
use tokio::time::Instant;

/// The fastest of so many runs counts.
const RUNS: usize = 20;

fn main() -> anyhow::Result<()> {
    println!("| what | bytes | ms | allocations | allocated | at the peak |");
    println!("| --- | --- | --- | --- | --- | --- |");
    for (before, piece, after) in [
        ("---\na: ", "[", "\n---\n"),
        ("---\nb: [", "*a,", "]\n---\n"),
        ("---\ntags: [", "a, ", "]\n---\n"),
        ("", "@{", ""),
        ("", "@a{1%g} ", ""),
        ("", "a\n\n", ""),
    ] {
        grow("Cooklang", [16, 32, 64], before, piece, after, |text| {
            drop(from_cooklang(text));
        });
    }
    for (before, piece, after) in [
        ("", "[", ""),
        ("[", "{\"a\":{}},", "0]"),
        (r#"{"@type":"Recipe","keywords":""#, "abc,def,", r#""}"#),
        (
            r#"{"@type":"Recipe","recipeIngredient":["#,
            "\"1 cup a (b), c\",",
            "\"\"]}",
        ),
        (
            r#"{"@type":"Recipe","recipeInstructions":""#,
            "a\\n",
            r#""}"#,
        ),
    ] {
        grow("JSON-LD", [128, 256, 511], before, piece, after, |text| {
            drop(read_schema_org(text));
        });
    }
    grow("parts", [128, 256, 511], "", "a ", "", |text| {
        let plain = PlainRecipe {
            title: text.to_owned(),
            ..PlainRecipe::default()
        };
        drop(from_plain(&plain));
    });
    for piece in [
        "a, ",
        ",",
        "and so ",
        "then bake,,",
        "a: 2; ",
        "1 x 1 g can ",
        "(a) ",
        "add b\n",
    ] {
        grow("message", [1, 2, 4], "add 1 cup x, ", piece, "", |text| {
            drop(parse(text))
        });
    }
    let recipes = [50, 100, 200].map(full);
    for recipe in &recipes {
        let recipe = recipe
            .as_ref()
            .map_err(|error| anyhow::anyhow!("{error}"))?;
        let bytes = recipe.steps.iter().map(|step| step.text.len()).sum();
        row("to Cooklang", bytes, || drop(to_cooklang(recipe)));
        row("to JSON-LD", bytes, || {
            drop(to_schema_org(recipe).to_string())
        });
    }
    let [.., Ok(full)] = &recipes else {
        anyhow::bail!("the full recipe was refused");
    };
    for message in [
        "a: 2; ".repeat(50),
        "b: 2 g; ".repeat(49),
        "remove x0040 x0041; ".repeat(50),
        "add 1 b, ".repeat(200),
        "convert to metric".to_owned(),
        "double it; halve it; ".repeat(25),
        format!("remove {}", "a ".repeat(1_900)),
    ] {
        let beginning: String = message.chars().take(16).collect();
        row(&format!("full recipe, {beginning}"), message.len(), || {
            if let Parsed::Changes(changes) = parse(&message) {
                drop(follow(full, &changes));
            }
        });
    }
    Ok(())
}

/// Two hundred ingredients with names as long as they may be, and so many steps full of numbers.
fn full(steps: usize) -> Result<Recipe, chat::recipe::ImportError> {
    let line = |number: usize| PlainIngredient {
        name: match number {
            0 => "a".to_owned(),
            _ => {
                let words = (0..33).map(|word| format!("x{:04}", number * 33 + word));
                words.collect::<Vec<_>>().join(" ")
            }
        },
        quantity: "1".to_owned(),
        ..PlainIngredient::default()
    };
    from_plain(&PlainRecipe {
        title: "Full".to_owned(),
        ingredients: (0..200).map(line).collect(),
        steps: vec!["350F a 5 min ".repeat(150); steps],
        ..PlainRecipe::default()
    })
}

fn grow(what: &str, kib: [usize; 3], before: &str, piece: &str, after: &str, read: impl Fn(&str)) {
    for size in kib {
        let times = ((size << 10) - before.len() - after.len()) / piece.len();
        let input = format!("{before}{}{after}", piece.repeat(times));
        row(&format!("{what} {piece:?}"), input.len(), || read(&input));
    }
}

fn row(what: &str, bytes: usize, work: impl Fn()) {
    let run = || {
        let started = Instant::now();
        work();
        started.elapsed()
    };
    let fastest = (0..RUNS).map(|_| run()).min().unwrap_or(Duration::ZERO);
    let info = measure(&work);
    println!(
        "| {what} | {bytes} | {:.2} | {} | {} | {} |",
        fastest.as_secs_f64() * 1e3,
        info.count_total,
        info.bytes_total,
        info.bytes_max
    );
}
