//! Documents: Cooklang, JSON-LD, and the parts of a recipe as JSON.

use chat::recipe::{PlainIngredient, PlainRecipe, from_cooklang, from_plain, read_schema_org};

use crate::limits::{all_hold, is_linear, repeated};

const COOKLANG: [usize; 3] = [8 << 10, 16 << 10, 32 << 10];
const JSON: [usize; 3] = [64 << 10, 128 << 10, 256 << 10];
/// Bytes of memory for one byte of input.
const PEAK_COOKLANG: u64 = 40;
const PEAK_JSON: u64 = 60;

#[test]
fn aliases_in_front_matter_are_never_multiplied() {
    let bomb = |size: usize| {
        let elements = size / 5;
        let (zeros, aliases) = ("0,".repeat(elements), "*a,".repeat(elements));
        format!("---\na: &a [{zeros}]\nb: [{aliases}]\n---\nMix.\n")
    };
    let read = |text: &str| from_cooklang(text).is_ok();
    all_hold([is_linear(
        "aliases",
        [1 << 10, 2 << 10, 4 << 10],
        PEAK_COOKLANG,
        bomb,
        read,
    )]);
}

#[test]
fn cooklang_costs_no_more_than_its_size() {
    let read = |text: &str| from_cooklang(text).is_ok();
    let shapes = [
        ("---\na: ", "[", "\n---\nMix.\n"),
        ("---\ntags: ", "[", "\n---\nMix.\n"),
        ("---\ntags: [", "a, ", "]\n---\nMix.\n"),
        ("---\ntags:\n", "- a\n", "---\nMix.\n"),
        ("---\ntitle: \"", "\\u0041", "\"\n---\nMix.\n"),
        ("---\ndescription: >\n", "  a\n", "---\nMix.\n"),
        ("---\n", "a: {", "\n---\nMix.\n"),
        ("---\n", "title: a\n", "---\nMix.\n"),
        ("---\n", "a: &a [*a]\n", "---\nMix.\n"),
        ("", "@{", ""),
        ("", "@a{", ""),
        ("", "@a(", ""),
        ("", "@a{}(", ""),
        ("", "#", ""),
        ("", "~{", ""),
        ("", "@a{1%g}", ""),
        ("", "@a{1%g}\n\n", ""),
        ("", "@a ", ""),
        ("", "@", ""),
        ("", "a\n\n", ""),
        ("", "a\n", ""),
        ("", "[-", ""),
        ("", "[- -]", ""),
        ("", "--", ""),
        ("", "-- a\n", ""),
        ("", "\\", ""),
        ("", ">> a: b\n", ""),
        ("", ">> tags: a\n", ""),
        ("", ">>", ""),
        ("", "= a =\n", ""),
        ("", "=", ""),
        ("", "> a\n", ""),
        ("@a{", "1", "}"),
        ("@a{", "1 ", "%g}"),
        ("@a{1%", "g ", "}"),
        ("@a{1}(", "n ", ")"),
        ("@", "a ", "{}"),
        ("", "(", ""),
        ("", "ä", ""),
        ("", "\r\n", ""),
        ("", " ", "x"),
    ];
    all_hold(shapes.map(|(before, piece, after)| {
        let name = format!("Cooklang {piece:?} between {before:?} and {after:?}");
        is_linear(
            &name,
            COOKLANG,
            PEAK_COOKLANG,
            repeated(before, piece, after),
            read,
        )
    }));
}

#[test]
fn json_ld_costs_no_more_than_its_size() {
    let read = |text: &str| read_schema_org(text).is_ok();
    let numbered = |before: &'static str, after: &'static str| {
        move |size: usize| {
            let all: Vec<String> = (0..size / 8).map(|n| format!("{n:06}")).collect();
            format!("{before}{}{after}", all.join(", "))
        }
    };
    let mut results = vec![
        is_linear(
            "keywords, all different",
            JSON,
            PEAK_JSON,
            numbered(r#"{"@type":"Recipe","name":"x","keywords":""#, r#""}"#),
            read,
        ),
        is_linear(
            "keywords, all the same",
            JSON,
            PEAK_JSON,
            repeated(
                r#"{"@type":"Recipe","name":"x","keywords":""#,
                "a,b,",
                r#""}"#,
            ),
            read,
        ),
    ];
    for (before, piece, after) in [
        ("", "[", ""),
        ("[", "[],", "0]"),
        ("[", "{\"a\":{}},", "0]"),
        ("[", "0,", "0]"),
        (r#"{"@graph":["#, "{\"@type\":\"x\"},", "0]}"),
        (r#"{"@type":"Recipe","name":""#, "a ", r#""}"#),
        (
            r#"{"@type":"Recipe","name":"x","description":""#,
            "a ",
            r#""}"#,
        ),
        (r#"{"@type":"Recipe","name":"x","recipeYield":"#, "1", "}"),
        (
            r#"{"@type":"Recipe","name":"x","recipeYield":["#,
            "\"a\",",
            "1]}",
        ),
        (
            r#"{"@type":"Recipe","name":"x","recipeIngredient":["#,
            "\"a\",",
            "\"b\"]}",
        ),
        (
            r#"{"@type":"Recipe","name":"x","recipeIngredient":["#,
            "\"\",",
            "\"b\"]}",
        ),
        (
            r#"{"@type":"Recipe","name":"x","recipeIngredient":[""#,
            "(a) ",
            r#""]}"#,
        ),
        (
            r#"{"@type":"Recipe","name":"x","recipeIngredient":[""#,
            "( ",
            r#""]}"#,
        ),
        (
            r#"{"@type":"Recipe","name":"x","recipeIngredient":[""#,
            ", 1 ",
            r#""]}"#,
        ),
        (
            r#"{"@type":"Recipe","name":"x","recipeInstructions":""#,
            "a\\n",
            r#""}"#,
        ),
        (
            r#"{"@type":"Recipe","name":"x","recipeInstructions":"#,
            "[",
            "]",
        ),
        (
            r#"{"@type":"Recipe","name":"x","recipeInstructions":["#,
            r#"{"@type":"HowToStep","text":"a"},"#,
            "0]}",
        ),
    ] {
        let name = format!("JSON-LD {piece:?} after {before:?}");
        results.push(is_linear(
            &name,
            JSON,
            PEAK_JSON,
            repeated(before, piece, after),
            read,
        ));
    }
    all_hold(results);
}

#[test]
fn the_parts_of_a_recipe_cost_no_more_than_their_size() {
    let title = |text: &str| PlainRecipe {
        title: text.to_owned(),
        ..PlainRecipe::default()
    };
    let steps = |text: &str| PlainRecipe {
        steps: text.split('|').map(str::to_owned).collect(),
        ..title("x")
    };
    let tags = |text: &str| PlainRecipe {
        tags: text.split('|').map(str::to_owned).collect(),
        ..title("x")
    };
    let line = |text: &str, quantity: &str| PlainRecipe {
        ingredients: vec![PlainIngredient {
            name: text.to_owned(),
            quantity: quantity.to_owned(),
            unit: text.to_owned(),
            note: text.to_owned(),
        }],
        ..title("x")
    };
    all_hold([
        is_linear("title", JSON, PEAK_JSON, repeated("", "a ", ""), |text| {
            from_plain(&title(text)).is_ok()
        }),
        is_linear("steps", JSON, PEAK_JSON, repeated("", "ab|", "c"), |text| {
            from_plain(&steps(text)).is_ok()
        }),
        is_linear("tags", JSON, PEAK_JSON, repeated("", "ab|", "c"), |text| {
            from_plain(&tags(text)).is_ok()
        }),
        is_linear(
            "quantity",
            JSON,
            PEAK_JSON,
            repeated("", "( ", ""),
            |text| from_plain(&line("a", text)).is_ok(),
        ),
        is_linear("name", JSON, PEAK_JSON, repeated("", "a ", ""), |text| {
            from_plain(&line(text, "1")).is_ok()
        }),
    ]);
}
