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
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'sha256-e+1p7wO5J7/90VY76m4G6utCSB+eNNqtlNnMTnQwO6c='; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'";
/// Told in the ETag, so that a new look is not taken for the old one.
const STYLE_VERSION: &str = "1";

const STYLE: &str = "\
:root{color-scheme:light dark}\
body{margin:0 auto;max-width:42rem;padding:2rem 1rem;font:1.0625rem/1.6 system-ui,sans-serif}\
h1{line-height:1.2}\
li{margin:.35rem 0}\
footer{margin-top:3rem;opacity:.75}\
@media print{body{max-width:none;padding:0;font-size:11pt}footer{display:none}li{break-inside:avoid}}";

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

fn ingredient_line(ingredient: &Ingredient) -> String {
    let Ingredient {
        name,
        quantity,
        unit,
        note,
        ..
    } = ingredient;
    let words = [quantity, unit, name].map(String::as_str);
    let mut line =
        words
            .into_iter()
            .filter(|word| !word.is_empty())
            .fold(String::new(), |mut line, word| {
                if !line.is_empty() {
                    line.push(' ');
                }
                line.push_str(word);
                line
            });
    if !note.is_empty() {
        line.push_str(", ");
        line.push_str(note);
    }
    line
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
            page.contains("<li dir=\"auto\">2 cup &quot;&gt;&lt;script&gt;"),
            "{page}"
        );
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
