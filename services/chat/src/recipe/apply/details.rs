//! Title, description and tags.

use super::text_within;
use crate::recipe::model::{Recipe, limits};
use crate::recipe::naming;
use crate::recipe::refusal::Refusal;

pub(super) fn set_title(recipe: &mut Recipe, title: &str) -> Result<String, Refusal> {
    recipe.title = text_within(title, "title", limits::NAME, "title: Pancakes")?;
    Ok(format!("Title is now \"{}\"", recipe.title))
}

pub(super) fn set_description(
    recipe: &mut Recipe,
    description: Option<&str>,
) -> Result<String, Refusal> {
    let Some(description) = description else {
        return match recipe.description.take() {
            Some(_) => Ok("Removed the description".to_owned()),
            None => Err(Refusal::NothingToRemove {
                what: "description",
            }),
        };
    };
    let example = "description: Light and quick.";
    recipe.description = Some(text_within(
        description,
        "description",
        limits::DESCRIPTION,
        example,
    )?);
    Ok("Changed the description".to_owned())
}

/// Tags that are there already are passed over, unless all of them are.
pub(super) fn add_tags(recipe: &mut Recipe, tags: &[String]) -> Result<String, Refusal> {
    let mut added = Vec::new();
    for tag in tags {
        let tag = tag_text(tag)?;
        if recipe.tags.contains(&tag) {
            continue;
        }
        // Before the next one is compared with all of them.
        if recipe.tags.len() >= limits::TAGS {
            return Err(Refusal::Full {
                what: "tags",
                limit: limits::TAGS,
            });
        }
        added.push(tag.clone());
        recipe.tags.push(tag);
    }
    if added.is_empty() {
        return Err(Refusal::AlreadyTagged(
            tags.iter().map(|tag| tag.to_lowercase()).collect(),
        ));
    }
    Ok(format!("Tagged {}", added.join(", ")))
}

pub(super) fn remove_tags(recipe: &mut Recipe, tags: &[String]) -> Result<String, Refusal> {
    let removed = tags
        .iter()
        .map(|tag| tag_text(tag))
        .collect::<Result<Vec<_>, _>>()?;
    if let Some(missing) = removed.iter().find(|tag| !recipe.tags.contains(tag)) {
        return Err(Refusal::NoSuchTag {
            tag: missing.clone(),
            tags: recipe.tags.clone(),
        });
    }
    recipe.tags.retain(|tag| !removed.contains(tag));
    let noun = if removed.len() == 1 { "tag" } else { "tags" };
    Ok(format!("Removed {noun} {}", removed.join(", ")))
}

/// In lower case first: some letters become two by it, and the limit is for what is kept.
fn tag_text(tag: &str) -> Result<String, Refusal> {
    text_within(&naming::tag(tag), "tag", limits::TAG, "tag: vegan")
}
