//! Recipes out to Cooklang and schema.org and back.

use std::collections::HashSet;

use chat::recipe::{
    Change, Ingredient, LeftOut, Parsed, PlainIngredient, PlainRecipe, Recipe, follow,
    from_cooklang, from_plain, from_schema_org, from_text, parse, read_cooklang, read_schema_org,
    to_cooklang, to_schema_org,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::fixture::{lines_with_notes, pancakes};

#[test]
fn cooklang_marks_ingredients_where_a_step_names_them() {
    let recipe = changed(pancakes(), "note on flour: sifted\ndescription: Light.");
    assert_eq!(
        to_cooklang(&recipe),
        "---\n\
        title: \"Pancakes\"\n\
        servings: 4\n\
        description: \"Light.\"\n\
        tags: [\"breakfast\"]\n\
        ---\n\
        \n\
        = Ingredients\n\
        \n\
        @eggs{2}\n\
        @salt{to taste}\n\
        @sugar{50%g}\n\
        @garlic{2%clove}\n\
        @plain yogurt{1%cup}\n\
        \n\
        = Steps\n\
        \n\
        Whisk the @flour{1 1/2%cup}(sifted) and the @milk{1%cup}.\n\
        \n\
        Rest ~{20%minutes}.\n\
        \n\
        Fry at 350F.\n"
    );
}

#[test]
fn what_has_no_place_in_a_recipe_is_told() {
    let told = |left_out: LeftOut| Vec::<String>::from(left_out).join(", ");
    let read = read_cooklang(
        "---\ntitle: Soup\ncuisine: Greek\ndifficulty:\n  - easy\n---\n>> cuisine: Thai\nBoil @water{}.",
    );
    assert_eq!(told(read.unwrap().left_out), "cuisine, difficulty");
    let document = json!({"@type": "Recipe", "name": "Soup", "recipeYield": "a potful",
        "image": ["soup.jpg"], "author": {"@type": "Person", "name": "Eve"}, "video": null, "tool": [],
        "cookTime": "PT1H", "description": "x".repeat(2_001), "recipeIngredient": ["1 leek"]});
    let read = read_schema_org(&document.to_string());
    assert_eq!(
        told(read.unwrap().left_out),
        "the yield, the end of the description, pictures, the author, the time to cook"
    );
    let many: String = (0..100)
        .map(|n| format!("key {n} {}: x\n", "long".repeat(50)))
        .collect();
    let read = read_cooklang(&format!("---\n{many}---\nBoil @water{{}}."));
    let told = Vec::<String>::from(read.unwrap().left_out);
    assert_eq!((told.len(), told[0].chars().count()), (20, 80));
    let own = from_cooklang(">> servings: 2\nBoil @water{1%l}.").unwrap();
    for read in [
        read_cooklang(&to_cooklang(&own)),
        read_schema_org(&to_schema_org(&own).to_string()),
    ] {
        assert_eq!(read.unwrap().left_out, LeftOut::default(), "of our own");
    }
}

#[test]
fn cooklang_from_elsewhere_is_read() {
    let recipe = from_cooklang(
        "---\ntitle: Easy Pancakes\nserves: 2\ntags: breakfast, quick\nsource: grandma\n---\n\
        Crack the @eggs{3} into a #blender{}, then add the @flour{125%g} and @sea salt{a good pinch}. -- careful\n\n\
        Blitz for ~{10%seconds}, rest ~egg{1/2%hour}.\n\n> A note.\n",
    )
    .unwrap();
    assert_eq!(
        (recipe.title.as_str(), recipe.servings),
        ("Easy Pancakes", 2)
    );
    assert_eq!(recipe.tags, ["breakfast", "quick"]);
    let lines: Vec<String> = recipe
        .ingredients
        .iter()
        .map(Ingredient::in_words)
        .collect();
    assert_eq!(lines, ["3 eggs", "125 g flour", "sea salt"]);
    assert_eq!(recipe.ingredients[2].note.as_deref(), Some("a good pinch"));
    let steps: Vec<&str> = recipe.steps.iter().map(|step| step.text.as_str()).collect();
    assert_eq!(
        steps,
        [
            "Crack the eggs into a blender, then add the flour and sea salt.",
            "Blitz for 10 seconds, rest 1/2 hour.",
            "Note: A note."
        ]
    );
}

#[test]
fn cooklang_marks_whole_names_and_the_longest_that_stands_there() {
    let message = "add 1 egg; add 2 egg yolks; add 1 \"mint (fresh)\"; add 1 tea\nsteps:\nSteam eggs, egg yolks, then egg.\n\
                   Top with mint (fresh)!\nEgg-tea 5 min";
    let text = to_cooklang(&changed(Recipe::new("Soup"), message));
    assert!(
        text.contains("Steam eggs, @egg yolks{2}, then @egg{1}."),
        "{text}"
    );
    assert!(text.contains("Top with @mint \\(fresh\\){1}!"), "{text}");
    assert!(text.contains("Egg\\-@tea{1} ~{5%min}"), "{text}");
    assert!(!text.contains("= Ingredients"), "{text}");
}

#[test]
fn front_matter_is_read_as_people_write_it_and_aliases_are_refused() {
    let recipe = from_cooklang(
        "---\nTitle: Stew # best\nyield: 6 people\ntags:\n- beef\n- 'slow food'\nnutrition:\n  fat: 3\n---\n\
         >> title: no\n\nBrown the @beef{1%kg}.",
    )
    .unwrap();
    assert_eq!((recipe.title.as_str(), recipe.servings), ("Stew", 6));
    assert_eq!(recipe.tags, ["beef", "slow food"]);
    assert_eq!(recipe.steps[0].text, ">> title: no");
    let error = from_cooklang("\n---\na: &a [x]\ntags: *a\n---\n").unwrap_err();
    assert_eq!(
        error.to_string(),
        "This is no recipe in Cooklang: line 4: \"tags\" begins with \"*\"; anchors, aliases and tags of YAML are not read \
         here: write the text itself, or put it in quotes"
    );
    for (text, words) in [
        (
            "Mix.\n\nAdd @{1%g}.",
            "line 3: nothing stands between \"@\" and \"{\"; write a name there",
        ),
        (
            "Add @salt{%g}.",
            "line 1: there is a unit but no amount; write one before the \"%\"",
        ),
        ("Add @salt{1/0%g}.", "line 1: an amount divides by zero"),
        (
            "Wait ~{}.",
            "line 1: a timer needs a time, as in \"~{20%minutes}\"",
        ),
    ] {
        let error = from_cooklang(text).unwrap_err().to_string();
        assert_eq!(error, format!("This is no recipe in Cooklang: {words}"));
    }
}

#[test]
fn what_is_no_cooklang_or_no_recipe_is_refused_with_words() {
    let error = from_cooklang(&format!("Add @{}{{1}}.", "x".repeat(300))).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "ingredient @{}: That name is too long: at most 200 characters fit.",
            "x".repeat(40)
        )
    );
    let error = from_schema_org(&json!({"@type": "Person"})).unwrap_err();
    assert_eq!(
        error.to_string(),
        "This is no recipe in schema.org: there is no object with @type Recipe"
    );
}

#[test]
fn schema_org_is_what_search_engines_read() {
    let recipe = changed(pancakes(), "note on flour: sifted");
    let document = to_schema_org(&recipe);
    assert_eq!(document["@type"], "Recipe");
    assert_eq!(document["recipeYield"], "4 servings");
    assert_eq!(document["recipeIngredient"][0], "1 1/2 cup flour (sifted)");
    assert_eq!(document["recipeIngredient"][3], "salt to taste");
    assert_eq!(
        document["recipeInstructions"][1],
        json!({"@type": "HowToStep", "text": "Rest 20 minutes."})
    );
    assert_eq!(document["keywords"], "breakfast");
}

#[test]
fn a_tag_is_kept_as_it_is_read_again() {
    let dotted = "\u{130}".repeat(25);
    let lower = dotted.to_lowercase();
    assert_eq!(lower.chars().count(), 50, "lower case has twice as many");
    let plain = PlainRecipe {
        title: "Soup".to_owned(),
        tags: ["# #Warm", "##  soup", &dotted].map(str::to_owned).into(),
        ..PlainRecipe::default()
    };
    let recipe = from_plain(&plain).unwrap();
    assert_eq!(recipe.tags, ["warm", "soup", &lower]);
    assert_eq!(
        from_cooklang(&to_cooklang(&recipe)).unwrap().tags,
        recipe.tags
    );
    assert_eq!(
        from_schema_org(&to_schema_org(&recipe)).unwrap().tags,
        recipe.tags
    );

    let too_long = PlainRecipe {
        tags: vec!["\u{130}".repeat(26)],
        ..plain
    };
    assert!(from_plain(&too_long).is_err());
}

#[test]
fn what_cannot_be_seen_is_not_kept_of_a_name_or_unit() {
    let recipe =
        from_cooklang("@salt{1%big\\\n\u{1}pinch} @\u{0}./sauces/pesto{2%\u{7f}cups}").unwrap();
    let [salt, pesto] = &*recipe.ingredients else {
        panic!("{:?}", recipe.ingredients)
    };
    assert_eq!(salt.in_words(), "1 big pinch salt");
    assert_eq!(pesto.in_words(), "2 cups pesto");
    assert_eq!(recipe.steps[0].text, "salt pesto");
    let plain = PlainRecipe {
        title: "Soup".to_owned(),
        ingredients: vec![PlainIngredient {
            name: "salt".to_owned(),
            quantity: "1".to_owned(),
            unit: "big\r\n pinch\0".to_owned(),
            note: String::new(),
        }],
        ..PlainRecipe::default()
    };
    assert_eq!(
        from_plain(&plain).unwrap().ingredients[0].unit_text(),
        "big pinch"
    );
}

#[test]
fn schema_org_from_recipe_sites_is_read() {
    let page = json!({"@context": "https://schema.org", "@graph": [
        {"@type": "WebSite", "name": "Cooking"},
        {"@type": ["Recipe", "NewsArticle"], "name": "Lentil soup", "recipeYield": ["6", "6 bowls"],
         "keywords": ["Vegan", "Soup, Winter"],
         "recipeIngredient": ["2 cups (400 g) red lentils, rinsed", "1 (14-ounce) can tomatoes", "Salt to taste", "½ tsp. cumin"],
         "recipeInstructions": [
            {"@type": "HowToSection", "name": "Base", "itemListElement": [{"@type": "HowToStep", "text": "Fry the cumin."}]},
            "Simmer.\nServe."]}
    ]});
    let recipe = from_schema_org(&page).unwrap();
    assert_eq!((recipe.title.as_str(), recipe.servings), ("Lentil soup", 6));
    assert_eq!(recipe.tags, ["vegan", "soup", "winter"]);
    let lines = lines_with_notes(&recipe);
    assert_eq!(
        lines,
        [
            "2 cups red lentils | 400 g, rinsed",
            "1 can tomatoes | 14 oz",
            "Salt to taste | ",
            "1/2 tsp cumin | "
        ]
    );
    assert_eq!(recipe.steps.len(), 3);
}

/// Words as they stand in names, notes and steps.
fn words(most: usize) -> impl Strategy<Value = String> {
    proptest::collection::vec("[a-zé]{3,9}x", 1..=most).prop_map(|words| words.join(" "))
}

/// Printable text with every sign that Cooklang gives a meaning to.
fn awkward_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[@#~{}()%|\\\\\\[\\]<>=*+&?:;.,a-z0-9 \"'-]{1,40}",
        "\\PC{1,30}",
    ]
    .prop_filter("not blank", |text| {
        text.chars().any(|c| !c.is_whitespace() && !c.is_control())
    })
}

fn amount() -> impl Strategy<Value = String> {
    proptest::sample::select(vec![
        "",
        "1 1/2 cups",
        "250 g",
        "2-3",
        "a pinch of",
        "2 cans",
        "1/3 cup",
        "0.35 l",
        "some",
        "12",
    ])
    .prop_map(str::to_owned)
}

/// A recipe whose texts come from `text`; the awkward ones are quoted or stand behind a label.
fn recipe(
    name: impl Strategy<Value = String>,
    text: impl Strategy<Value = String>,
) -> impl Strategy<Value = Recipe> {
    let ingredients = proptest::collection::vec((amount(), name), 0..6);
    let steps = proptest::collection::vec(text, 0..5);
    (ingredients, steps, words(3), 1_u32..=500).prop_map(|(ingredients, steps, title, servings)| {
        let mut recipe = changed(
            Recipe::new(&title),
            &format!("serves {servings}\ntags: quick, {title}"),
        );
        for (place, (amount, name)) in ingredients.into_iter().enumerate() {
            let name = name.replace(['"', '\n', '\r'], " ");
            // A name that begins with "./" means another recipe.
            let name =
                name.trim_start_matches(|c: char| c == '.' || c.is_control() || c.is_whitespace());
            let name = format!("{name} {}", "q".repeat(place + 1));
            recipe = changed(recipe, &format!("add {amount} \"{name}\""));
            if place % 2 == 0 {
                recipe = changed(recipe, &format!("note on \"{name}\": some {title}"));
            }
        }
        for step in steps {
            let named = recipe
                .ingredients
                .first()
                .map(|line| line.name.clone())
                .unwrap_or_default();
            recipe = changed(
                recipe,
                &format!(
                    "step: {} {named}. Bake 20 minutes",
                    step.replace(['\n', '\r'], " ")
                ),
            );
        }
        recipe
    })
}

/// The recipe after a message; as it was when the message asks for nothing that can be done.
fn changed(recipe: Recipe, message: &str) -> Recipe {
    match parse(message) {
        Parsed::Changes(changes) => {
            follow(&recipe, &changes).map_or(recipe, |(changed, _)| changed)
        }
        Parsed::Command(_) | Parsed::Timer(_) | Parsed::Talk | Parsed::Unclear { .. } => recipe,
    }
}

/// As the API shows it.
fn shown(recipe: &Recipe) -> PlainRecipe {
    let line = |line: &Ingredient| PlainIngredient {
        name: line.name.clone(),
        quantity: line.quantity_text(),
        unit: line.unit_text().to_owned(),
        note: line.note.clone().unwrap_or_default(),
    };
    PlainRecipe {
        title: recipe.title.clone(),
        description: recipe.description.clone().unwrap_or_default(),
        servings: Some(recipe.servings),
        ingredients: recipe.ingredients.iter().map(line).collect(),
        steps: recipe.steps.iter().map(|step| step.text.clone()).collect(),
        tags: recipe.tags.clone(),
    }
}

/// All but the ids, with the ingredients in an order of their own.
fn content(recipe: &Recipe) -> Value {
    let mut lines: Vec<Value> = recipe
        .ingredients
        .iter()
        .map(|line| json!([line.name, line.quantity, line.unit, line.note]))
        .collect();
    lines.sort_by_key(Value::to_string);
    let steps: Vec<&String> = recipe.steps.iter().map(|step| &step.text).collect();
    json!([
        recipe.title,
        recipe.servings,
        recipe.description,
        recipe.tags,
        lines,
        steps
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn cooklang_brings_back_what_it_took(recipe in recipe(awkward_text(), awkward_text())) {
        let text = to_cooklang(&recipe);
        let back = from_cooklang(&text).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        prop_assert_eq!(content(&back), content(&recipe), "{}", text);
    }

    #[test]
    fn schema_org_brings_back_what_it_took(recipe in recipe(words(3), awkward_text())) {
        let document = to_schema_org(&recipe);
        let back = from_schema_org(&document).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(content(&back), content(&recipe), "{}", document);
    }

    #[test]
    fn what_is_shown_can_be_sent_back(recipe in recipe(awkward_text(), awkward_text())) {
        let back = from_plain(&shown(&recipe)).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(content(&back), content(&recipe));
    }

    #[test]
    fn a_recipe_becomes_the_imported_one_and_keeps_ids_apart(
        recipe in recipe(words(1), words(2)),
        imported in recipe(words(1), words(2)),
    ) {
        let become_it = Change::Become(Box::new(imported.clone()));
        let Ok((became, _)) = follow(&recipe, &[become_it]) else {
            return Err(TestCaseError::fail("refused"));
        };
        prop_assert_eq!(content(&became), content(&imported));
        let ids: HashSet<_> = became.ingredients.iter().map(|line| &line.id).collect();
        prop_assert_eq!(ids.len(), became.ingredients.len());
        let ids: HashSet<_> = became.steps.iter().map(|step| &step.id).collect();
        prop_assert_eq!(ids.len(), became.steps.len());
        for line in &became.ingredients {
            let before = recipe.ingredients.iter().find(|before| before.id == line.id);
            prop_assert!(before.is_none_or(|before| before.name == line.name));
        }
    }

    #[test]
    fn no_text_upsets_the_cooklang_reader(text in prop_oneof![
        "\\PC{0,200}",
        proptest::collection::vec(any::<char>(), 0..100).prop_map(String::from_iter),
        proptest::collection::vec(proptest::sample::select(vec![
            "---\n", "title: x\n", "servings: ", "@", "#", "~", "{", "}", "(", ")", "%", "1", "/", "0", "=", ">", ">>", ":", "\n",
            "\n\n", "--", "[-", "-]", "\\", " ", "a", "99999999999", "1/2", "|", "&", "*", "- ", "[", "]", "é",
        ]), 0..40).prop_map(|pieces| pieces.concat()),
    ]) {
        let _read = from_cooklang(&text);
    }

    #[test]
    fn no_ingredient_line_upsets_the_schema_org_reader(line in "\\PC{0,60}", other in awkward_text()) {
        let document = json!({"@type": "Recipe", "name": other, "recipeIngredient": [line, other], "recipeInstructions": line});
        let _read = from_schema_org(&document);
    }
}

#[test]
fn plain_text_is_read_as_a_recipe_or_refused_with_words() {
    let recipe = from_text(
        "Leek soup\n\nServes 3\n\nIngredients\n- 2 leeks\n- 1 l water\n\nMethod\n1. Slice the leeks.\n2. Boil for 20 minutes.\n",
    )
    .unwrap();
    assert_eq!((recipe.title.as_str(), recipe.servings), ("Leek soup", 3));
    assert_eq!((recipe.ingredients.len(), recipe.steps.len()), (2, 2));
    for text in ["", "Hello there, how are you?", "undo"] {
        let refused = from_text(text).unwrap_err().to_string();
        assert!(refused.contains("plain text"), "{refused}");
    }
}
