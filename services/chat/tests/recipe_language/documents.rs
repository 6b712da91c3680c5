//! JSON-LD and ingredient lines in the shapes that sites give them.

use chat::recipe::{Recipe, from_cooklang, from_schema_org, read_schema_org, to_schema_org};
use serde_json::{Value, json};

use crate::fixture::written;

fn read(recipe: Value) -> Recipe {
    let mut recipe = recipe;
    recipe["@type"] = json!("Recipe");
    recipe["name"] = json!("Soup");
    from_schema_org(&recipe).unwrap()
}

fn lines(list: &Value) -> Vec<String> {
    let recipe = read(json!({ "recipeIngredient": list }));
    recipe
        .ingredients
        .iter()
        .map(|line| match &line.note {
            Some(note) => format!("{} | {note}", line.in_words()),
            None => line.in_words(),
        })
        .collect()
}

fn steps(instructions: &Value) -> Vec<String> {
    let recipe = read(json!({ "recipeInstructions": instructions }));
    recipe.steps.into_iter().map(|step| step.text).collect()
}

#[test]
fn ingredient_lines_are_read_as_books_and_sites_write_them() {
    let expected = [
        ("&frac12; cup half &amp; half", "1/2 cup half & half"),
        ("2 tsp sugar ((optional))", "2 tsp sugar | optional"),
        ("2 tbsp. Mayonnaise", "2 tbsp Mayonnaise"),
        ("• 1 cup - Carrots", "1 cup Carrots"),
        (
            "1 kg boneless, skinless duck legs",
            "1 kg boneless, skinless duck legs",
        ),
        (
            "1 l fish, vegetable, or mushroom stock",
            "1 l fish, vegetable, or mushroom stock",
        ),
        ("Sugar – 14 g", "14 g Sugar"),
        ("rice (2 cups)", "2 cups rice"),
        ("egg substitute 2 cups", "2 cups egg substitute"),
        ("juice of 2 limes", "2 limes | juice"),
        ("grated zest of half an orange", "1/2 orange | grated zest"),
        ("pinch of saffron", "1 pinch saffron"),
        ("Scant ¼ tsp cloves", "1/4 tsp cloves | scant"),
        ("0.33333334326744 cup oil", "1/3 cup oil"),
        ("1 tbsp plus 1 tsp oil", "1 tbsp oil | plus 1 tsp"),
        ("200g/7oz leeks", "200 g leeks | 7 oz"),
        (
            "2 cups peeled and diced pumpkin",
            "2 cups peeled and diced pumpkin",
        ),
        ("1 c. rice", "1 cup rice"),
        ("¾ C brown rice", "3/4 cup brown rice"),
        ("1 8-oz. block feta", "1 8-oz. block feta"),
        ("3 x 50 g butter", "150 g butter"),
        ("2 tsp to 3 tsp thyme", "2-3 tsp thyme"),
        (
            "1-inch piece ginger, grated",
            "1 piece ginger | 1-inch, grated",
        ),
        ("2 garlic cloves, crushed", "2 cloves garlic | crushed"),
        ("[200 g] dates", "200 g dates"),
        ("salt and pepper to taste", "salt and pepper to taste"),
        ("0 as required salt", "0 as required salt"),
    ];
    for (line, read) in expected {
        assert_eq!(lines(&json!([line])), [read], "{line}");
    }
}

#[test]
fn lists_of_ingredients_come_in_many_shapes() {
    let wanted = ["2 leeks", "1 l stock"];
    for list in [
        json!(["2 leeks", "1 l stock"]),
        json!("2 leeks\n1 l stock"),
        json!("<ul><li>2 leeks</li><li>1 l stock</li></ul>"),
        json!([["2 leeks"], ["1 l stock"]]),
        json!([{"name": "leeks", "amount": 2}, {"name": "stock", "quantity": "1", "unit": "l"}]),
        json!({"0": "2 leeks", "1": "1 l stock"}),
    ] {
        assert_eq!(lines(&list), wanted, "{list}");
    }
    let old = read(json!({"recipeIngredient": [], "ingredients": ["2 leeks"]}));
    assert_eq!(old.ingredients.len(), 1);
}

#[test]
fn instructions_come_in_many_shapes_and_keep_their_names() {
    let wanted = ["Mix.", "Bake."];
    for instructions in [
        json!("Mix.\nBake."),
        json!("<p>Mix.</p><p>Bake.</p>"),
        json!(["1. Mix.", "2. Bake."]),
        json!([["Mix."], ["Bake."]]),
        json!({"0": {"text": "Mix."}, "1": {"text": "Bake."}}),
        json!({"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "item": {"text": "Mix."}}, {"text": "Bake."}]}),
        json!([{"@type": "HowToStep", "name": "Step 1", "itemListElement": [], "text": "Mix."}, {"@type": "HowToStep", "name": "Bake.", "text": "Bake."}]),
    ] {
        assert_eq!(steps(&instructions), wanted, "{instructions}");
    }
    let sections = json!([
        {"@type": "HowToSection", "name": "Dough", "itemListElement": ["Mix.", "Rest."]},
        {"@type": "HowToStep", "name": "Serve", "text": "as a side."}
    ]);
    assert_eq!(
        steps(&sections),
        ["Dough: Mix.", "Rest.", "Serve: as a side."]
    );
}

#[test]
fn yields_are_read_as_people_write_them() {
    for (said, servings) in [
        (json!("One 23cm cake, serves 8"), 8),
        (json!("9x13 pan, 12 servings"), 12),
        (json!("3 dozen"), 36),
        (json!("1 1/2 dozen 5-inch cookies"), 18),
        (json!({"@type": "QuantitativeValue", "value": 6}), 6),
        (json!("Serves four"), 4),
        (json!("Serves about 5"), 5),
        (json!(["16", "one 9 x 13 focaccia"]), 16),
        (json!(7.0), 7),
        (json!("a lot"), 4),
        (json!("999"), 4),
    ] {
        assert_eq!(
            read(json!({"recipeYield": said})).servings,
            servings,
            "{said}"
        );
    }
}

#[test]
fn a_recipe_is_found_wherever_it_stands_and_whatever_its_page_got_wrong() {
    let recipe = r#"{"@type":"http://schema.org/Recipe","name":"Soup &amp; bread","recipeIngredient":["2 leeks"]}"#;
    for text in [
        recipe.to_owned(),
        format!("\u{feff}{recipe}"),
        format!("//<![CDATA[\n{recipe}\n//]]>"),
        format!("{{\"@graph\":{{\"a\":{{\"mainEntity\":[{recipe}]}}}}}}"),
        recipe.replace("\"2 leeks\"]", "\"2 leeks\",],"),
        recipe.replace("Soup &", "Soup\n &"),
        recipe.replace("http://schema.org/Recipe", "Thing"),
        format!(
            "<!doctype html><p>Hi</p><script type=\"application/ld+json\">{{}}</script><script type='application/ld+json'>{recipe}</script>"
        ),
    ] {
        let read = read_schema_org(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(
            (
                read.recipe.title.as_str(),
                read.recipe.ingredients[0].in_words().as_str()
            ),
            ("Soup & bread", "2 leeks"),
            "{text}"
        );
    }
}

#[test]
fn a_filled_field_that_means_nothing_is_refused_by_name() {
    let document = json!({"@type": "Recipe", "name": "x", "recipeIngredient": [{"@id": "a", "url": {"b": 1.5}}], "recipeInstructions": 3});
    let error = from_schema_org(&document).unwrap_err().to_string();
    assert!(error.starts_with("recipeInstructions is filled"), "{error}");
}

#[test]
fn one_bad_part_does_not_refuse_the_whole() {
    let recipe = read(json!({
        "keywords": ["x".repeat(51), "soup".to_owned()],
        "description": "d".repeat(3_000),
        "recipeIngredient": ["9".repeat(300), format!("1 {}", "n".repeat(400))],
        "recipeInstructions": ["Stir. ".repeat(500)],
    }));
    assert_eq!(recipe.tags, ["soup"]);
    assert_eq!((recipe.ingredients.len(), recipe.steps.len()), (2, 2));
}

#[test]
fn what_lines_of_text_cannot_say_comes_back_all_the_same() {
    let recipe = written(
        "Soup",
        "add 1 \"leek, (big)\"; add 2 \"2 cups\"\nstep: 1. Mix &amp; <b>stir",
    );
    let document = to_schema_org(&recipe);
    assert_eq!(from_schema_org(&document).unwrap(), recipe);
    let mut by_hand = document;
    by_hand["recipeIngredient"][0] = json!("3 leeks");
    assert_eq!(
        from_schema_org(&by_hand).unwrap().ingredients[0].in_words(),
        "3 leeks"
    );
    let plain = to_schema_org(&written("Soup", "add 2 leeks"));
    assert!(!plain.to_string().contains("recipe-chat"), "{plain}");
}

#[test]
fn cooklang_is_read_as_people_write_it() {
    let recipe = from_cooklang(
        ">> servings: 16 servings\n>> prep time: 10 minutes\n>> source: my aunt\n\n= Dough =\n\nMix @flour{1/4 cup} and @salt in a \
         #{big bowl}.\n\nAdd @sugar{25g} and more @salt.\n\n> Keep it cool.\n",
    )
    .unwrap();
    assert_eq!(recipe.servings, 16);
    assert_eq!(
        recipe.description.as_deref(),
        Some("Prep time: 10 minutes. Source: my aunt.")
    );
    let lines: Vec<String> = recipe
        .ingredients
        .iter()
        .map(|line| line.in_words())
        .collect();
    assert_eq!(lines, ["1/4 cup flour", "salt", "25 g sugar"]);
    let steps: Vec<&str> = recipe.steps.iter().map(|step| step.text.as_str()).collect();
    assert_eq!(
        steps,
        [
            "Dough: Mix flour and salt in a big bowl.",
            "Add sugar and more salt.",
            "Note: Keep it cool."
        ]
    );
    for (said, servings) in [
        ("6 people", 6),
        ("8 to 10", 8),
        ("4-6", 4),
        ("6%balls", 6),
        ("6 cups", 6),
        ("two", 2),
    ] {
        let recipe = from_cooklang(&format!(">> servings: {said}\n\nMix.")).unwrap();
        assert_eq!(recipe.servings, servings, "{said}");
    }
}

#[test]
fn an_amount_of_cooklang_that_the_wrong_bracket_closes_keeps_the_next_ingredient() {
    let read = |text: &str| -> Vec<String> {
        let recipe = from_cooklang(text).unwrap();
        let lines = recipe.ingredients.iter();
        lines.map(|line| line.in_words()).collect()
    };
    assert_eq!(
        read("Mix @soy sauce{2%tbsp), @rice vinegar{1%tbsp} and @oil{}."),
        ["2 tbsp soy sauce", "1 tbsp rice vinegar", "oil"]
    );
    assert_eq!(
        read("Mix @oats{1%cup}(rolled) and @milk{2%cups}."),
        ["1 cup oats", "2 cups milk"]
    );
}

#[test]
fn documents_with_odd_types_and_names_are_read() {
    for document in [
        r#"{"@type": ["https://schema.org/Recipe"], "name": "Soup", "recipeIngredient": ["2 leeks"], "recipeInstructions": "Boil."}"#,
        r#"{"@type": "Recipe", "name": "Soup", "recipeIngredient": ["2 leeks"], "RecipeInstructions": ["Boil."]}"#,
        r#"[{"@type": "WebSite"}, {"@type": "WebPage", "mainEntity": {"@type": "Recipe", "name": "Soup", "ingredients": "2 leeks",
            "instructions": ["Boil."]}}]"#,
        "{\"@type\": \"Recipe\", \"name\": \"Soup\", \"recipeIngredient\": [\"2\tleeks\"], \"recipeInstructions\": [{\"@type\": \
         \"HowToStep\", \"description\": \"Boil.\"}]}",
        r#"{"@type": "Recipe", "name": "Soup", "recipeIngredient": ["2 leeks"], "recipeInstructions": {"@type": "ItemList",
            "itemListElement": [{"@type": "HowToStep", "name": "Boil.", "description": ""}]}}"#,
    ] {
        let recipe = read_schema_org(document)
            .unwrap_or_else(|error| panic!("{document}: {error}"))
            .recipe;
        let lines: Vec<String> = recipe
            .ingredients
            .iter()
            .map(|line| line.in_words())
            .collect();
        let steps: Vec<&str> = recipe.steps.iter().map(|step| step.text.as_str()).collect();
        assert_eq!(
            (lines, steps),
            (vec!["2 leeks".to_owned()], vec!["Boil."]),
            "{document}"
        );
    }
}

#[test]
fn headings_in_a_list_are_said_of_the_lines_below_them() {
    let document = r#"{"@type": "Recipe", "name": "Tart", "recipeIngredient":
        ["For the base:", "2 cups oats", "1 stick butter, cold", "FILLING", "3 pears", "**Glaze**", "1 tbsp honey", "To serve", "cream"]}"#;
    let read = read_schema_org(document).unwrap().recipe;
    let pasted = written(
        "New recipe",
        "Tart\n\nIngredients\nFor the base:\n2 cups oats\nFilling\n3 pears\n\nMethod\nBase\nPress it in.\nFilling:\nFan \
         the pears.\nAssembly:",
    );
    let notes = |recipe: &Recipe| -> Vec<String> {
        let lines = recipe.ingredients.iter();
        lines
            .map(|line| {
                format!(
                    "{}: {}",
                    line.name,
                    line.note.as_deref().unwrap_or_default()
                )
            })
            .collect()
    };
    assert_eq!(
        notes(&read),
        [
            "oats: for the base",
            "butter: cold, for the base",
            "pears: filling",
            "honey: glaze",
            "cream: to serve"
        ]
    );
    assert_eq!(notes(&pasted), ["oats: for the base", "pears: filling"]);
    let steps: Vec<&str> = pasted.steps.iter().map(|step| step.text.as_str()).collect();
    assert_eq!(
        steps,
        ["Base: Press it in.", "Filling: Fan the pears.", "Assembly"]
    );
}
