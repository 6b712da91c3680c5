//! The page of a public recipe, for anybody: readable without script, printable, with JSON-LD and Open Graph. Nothing of
//! the conversation and of the members is in it.

use std::fmt::Write as _;

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use proto::websocket::frames::{Ingredient, Recipe};

use super::{
    Shared, address_limit,
    client::Client,
    markup::escaped,
    problem::Problem,
    recipes::{RecipePath, recipe_id},
    web_app::is_known,
};

/// How long a copy of the page may be shown without asking again.
const CACHING: &str = "public, max-age=60";
/// It runs nothing and loads nothing; its one style is the one below.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'sha256-owF3m7dymzEJydd3azpTC1llySK/ZJCoWu5Cg/uczmI='; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'";
/// Told in the ETag, so that a new look is not taken for the old one.
const STYLE_VERSION: &str = "2";

const STYLE: &str = "\
:root{color-scheme:light dark;--line:light-dark(#e6dcd2,#3b322c);--accent:light-dark(#a8410f,#ffb38a)}\
body{margin:0 auto;max-width:42rem;padding:2.5rem 1.25rem;background:light-dark(#fbf7f2,#1b1714);color:light-dark(#2a211b,#f3ebe3);font:1.0625rem/1.6 system-ui,sans-serif}\
h1,h2,::marker{font-family:Iowan Old Style,Palatino,Palatino Linotype,Georgia,Noto Serif,serif;font-weight:600}\
h1{margin:0;font-size:2.25rem;line-height:1.25;text-wrap:balance}\
h2{margin:2rem 0 .5rem;font-size:1.25rem}\
ul{padding:0;list-style:none}\
ul li{padding:.5rem 0;border-bottom:1px solid var(--line)}\
ol{padding-inline-start:1.75rem}\
ol li{margin:.75rem 0;padding-inline-start:.25rem}\
::marker,a{color:var(--accent)}\
footer{margin-top:3rem}\
@media print{:root{color-scheme:light}body{max-width:none;padding:0;background:none;font-size:11pt}footer{display:none}li{break-inside:avoid}}";

pub(super) async fn show(
    State(edge): Shared,
    client: Client,
    headers: HeaderMap,
    path: RecipePath,
) -> Result<Response, Problem> {
    address_limit::anonymous(&edge, &client, "public_page").await?;
    let id = recipe_id(path)?;
    let public = edge.chat.public(&id).await?;
    let etag = format!("\"{}-{STYLE_VERSION}\"", public.revision);
    let mut response = match is_known(&headers, &etag) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => page(id.as_str(), &public.recipe, &public.schema_org).into_response(),
    };
    let answered = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, CACHING),
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        answered.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(etag) = HeaderValue::try_from(etag) {
        answered.insert(header::ETAG, etag);
    }
    Ok(response)
}

/// The page as HTML. `schema_org` is JSON-LD text.
fn page(id: &str, recipe: &Recipe, schema_org: &str) -> String {
    let title = escaped(&recipe.title);
    let description = escaped(&described(recipe));
    // Nothing in it can end the element.
    let schema_org = schema_org.replace('<', "\\u003c");
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title} · Recipe Chat</title>\n\
         <meta name=\"description\" content=\"{description}\">\n\
         <meta property=\"og:type\" content=\"article\">\n\
         <meta property=\"og:site_name\" content=\"Recipe Chat\">\n\
         <meta property=\"og:title\" content=\"{title}\">\n\
         <meta property=\"og:description\" content=\"{description}\">\n\
         <script type=\"application/ld+json\">{schema_org}</script>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<main dir=\"auto\">\n<h1>{title}</h1>\n"
    );
    if let Some(words) = &recipe.description {
        line(&mut page, "p", words);
    }
    line(&mut page, "p", &format!("Serves {}", recipe.servings));
    let ingredients = recipe.ingredients.iter().map(ingredient_line);
    list(&mut page, "Ingredients", "ul", ingredients);
    let steps = recipe.steps.iter().map(|step| step.text.clone());
    list(&mut page, "Method", "ol", steps);
    if !recipe.tags.is_empty() {
        line(&mut page, "p", &format!("#{}", recipe.tags.join(" #")));
    }
    let _ = write!(
        page,
        "</main>\n<footer><a href=\"/r/{}\">Cook it together in Recipe Chat</a></footer>\n</body>\n</html>\n",
        escaped(id)
    );
    page
}

/// A sentence for those who see only the link.
fn described(recipe: &Recipe) -> String {
    match &recipe.description {
        Some(words) => words.clone(),
        None => format!(
            "Serves {}, with {} ingredients and {} steps.",
            recipe.servings,
            recipe.ingredients.len(),
            recipe.steps.len()
        ),
    }
}

fn list(
    page: &mut String,
    heading: &str,
    kind: &str,
    items: impl ExactSizeIterator<Item = String>,
) {
    if items.len() == 0 {
        return;
    }
    let _ = writeln!(page, "<h2>{heading}</h2>\n<{kind}>");
    for item in items {
        line(page, "li", &item);
    }
    let _ = writeln!(page, "</{kind}>");
}

fn line(page: &mut String, element: &str, words: &str) {
    let words = escaped(words);
    let _ = writeln!(page, "<{element} dir=\"auto\">{words}</{element}>");
}

/// "2 cups flour, sifted"; an amount in words stands after the name, as in "salt, to taste".
fn ingredient_line(ingredient: &Ingredient) -> String {
    let Ingredient {
        name,
        quantity,
        unit,
        note,
        ..
    } = ingredient;
    let is_counted = quantity.contains(|one: char| one.is_numeric());
    let unit = in_plural(unit, quantity);
    let (before, after) = match is_counted {
        true => ([quantity.as_str(), &unit, name], ""),
        false => ([unit.as_str(), name, ""], quantity.as_str()),
    };
    let before = before.into_iter().filter(|word| !word.is_empty());
    let mut line = before.collect::<Vec<_>>().join(" ");
    for part in [after, note].into_iter().filter(|part| !part.is_empty()) {
        line.push_str(", ");
        line.push_str(part);
    }
    line
}

/// Units that are words, as the web app writes them too: from more than one on they are many.
const COUNTED: &[&str] = &[
    "cup",
    "clove",
    "tin",
    "can",
    "slice",
    "splash",
    "pinch",
    "stick",
    "sprig",
    "bunch",
    "piece",
    "packet",
    "pack",
    "jar",
    "bottle",
    "glass",
    "handful",
    "dash",
    "drop",
    "head",
    "stalk",
    "leaf",
    "knob",
    "sheet",
    "bag",
    "box",
    "pint",
    "quart",
    "ounce",
    "pound",
    "teaspoon",
    "tablespoon",
];

fn in_plural(unit: &str, quantity: &str) -> String {
    let is_one =
        matches!(quantity, "" | "1") || quantity.starts_with("1/") || is_fraction(quantity);
    if is_one || !COUNTED.contains(&unit) {
        return unit.to_owned();
    }
    match unit {
        "leaf" => "leaves".to_owned(),
        _ if ["s", "x", "ch", "sh"].iter().any(|end| unit.ends_with(end)) => format!("{unit}es"),
        _ => format!("{unit}s"),
    }
}

/// Less than one: "2/3", "½", "0.5".
fn is_fraction(quantity: &str) -> bool {
    let (top, bottom) = quantity.split_once('/').unwrap_or((quantity, "1"));
    match (top.parse::<f64>(), bottom.parse::<f64>()) {
        (Ok(top), Ok(bottom)) => top <= bottom,
        _ => quantity.chars().count() == 1,
    }
}

#[cfg(test)]
mod tests {
    use proto::websocket::frames::Step;

    use super::*;

    #[test]
    fn no_text_of_a_recipe_becomes_markup() {
        let evil = "\"><script>alert(1)</script>&'".to_owned();
        let recipe = Recipe {
            title: evil.clone(),
            description: Some(evil.clone()),
            servings: 4,
            ingredients: vec![Ingredient {
                name: evil.clone(),
                quantity: "2".into(),
                unit: "cup".into(),
                note: evil.clone(),
                ..Ingredient::default()
            }],
            steps: vec![Step {
                text: evil.clone(),
                ..Step::default()
            }],
            tags: vec![evil.clone()],
            ..Recipe::default()
        };
        let linked = serde_json::json!({ "name": evil }).to_string();
        let page = page("pie", &recipe, &linked);
        assert_eq!(page.matches("<script").count(), 1, "{page}");
        assert_eq!(page.matches("</script").count(), 1, "{page}");
        assert!(
            page.contains("<li dir=\"auto\">2 cups &quot;&gt;&lt;script&gt;"),
            "{page}"
        );
    }

    #[test]
    fn ingredients_are_written_as_one_says_them() {
        for (quantity, unit, name, note, line) in [
            (
                "2 1/4",
                "cup",
                "flour",
                "sifted",
                "2 1/4 cups flour, sifted",
            ),
            ("1", "cup", "flour", "", "1 cup flour"),
            ("2/3", "cup", "milk", "", "2/3 cup milk"),
            ("½", "cup", "milk", "", "½ cup milk"),
            ("0.5", "cup", "milk", "", "0.5 cup milk"),
            ("1 1/2", "pinch", "salt", "", "1 1/2 pinches salt"),
            ("3", "leaf", "basil", "", "3 leaves basil"),
            ("2-3", "clove", "garlic", "", "2-3 cloves garlic"),
            ("300", "g", "rice", "", "300 g rice"),
            ("2", "", "eggs", "", "2 eggs"),
            ("to taste", "", "salt", "", "salt, to taste"),
            ("", "", "basil", "torn", "basil, torn"),
        ] {
            let ingredient = Ingredient {
                name: name.into(),
                quantity: quantity.into(),
                unit: unit.into(),
                note: note.into(),
                ..Ingredient::default()
            };
            assert_eq!(ingredient_line(&ingredient), line);
        }
    }

    #[test]
    fn the_style_is_the_one_that_the_policy_allows() {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, STYLE.as_bytes());
        let hash = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, digest);
        assert!(
            CONTENT_SECURITY_POLICY.contains(&format!("'sha256-{hash}'")),
            "the style has the hash {hash}"
        );
    }
}
