use proptest::{collection::vec, option, prelude::*, sample::select};
use proto::websocket::frames::{Author, ServerFrame, SessionInfo, Timer};
use runtime::clock::Timestamp;

use super::*;
use crate::wire::outbound;

/// One character over and over: those that grow in JSON, and those of many bytes.
fn hostile(longest: usize) -> impl Strategy<Value = String> {
    let characters = vec!["a", "\u{7}", "\"", "\\", "\n", "😀", "\u{2028}", "…"];
    (select(characters), 0..=longest).prop_map(|(text, times)| text.repeat(times))
}

fn ingredient() -> impl Strategy<Value = Ingredient> {
    (hostile(300), hostile(60), hostile(600)).prop_map(|(name, unit, note)| Ingredient {
        id: "i1".into(),
        quantity: unit.clone(),
        name,
        unit,
        note,
    })
}

fn recipe() -> impl Strategy<Value = Recipe> {
    let step = hostile(2_500).prop_map(|text| Step {
        id: "s1".into(),
        text,
    });
    (
        hostile(300),
        option::of(hostile(3_000)),
        vec(ingredient(), 0..250),
        vec(step, 0..250),
    )
        .prop_map(|(title, description, ingredients, steps)| Recipe {
            tags: vec![title.clone(); 40],
            title,
            description,
            servings: 500,
            ingredients,
            steps,
            timers: None,
        })
}

fn message() -> impl Strategy<Value = Arc<Message>> {
    let words = || option::weighted(0.2, hostile(20_000));
    (hostile(8_000), words(), words()).prop_map(|(content, effect, hint)| {
        Arc::new(Message {
            id: "😀".repeat(128),
            author: someone(),
            content,
            timestamp: Timestamp::default().to_string(),
            revision: u64::MAX,
            effect,
            hint,
            ..Message::default()
        })
    })
}

fn someone() -> Author {
    Author {
        id: "u".repeat(64),
        name: "😀".repeat(128),
    }
}

fn update(
    recipe: Recipe,
    message: Option<Arc<Message>>,
    messages: Option<Vec<Arc<Message>>>,
) -> RecipeUpdate {
    RecipeUpdate {
        recipe_id: "r".repeat(64),
        revision: u64::MAX,
        recipe: Arc::new(recipe),
        message,
        messages,
        messages_truncated: None,
        session: Some(SessionInfo {
            id: "s".repeat(64),
            user: someone(),
            ..SessionInfo::default()
        }),
        recovered: Some(true),
        in_reply_to: None,
    }
}

/// What a client reads of an update.
fn written(update: RecipeUpdate) -> (usize, RecipeUpdate) {
    let frame = outbound::recipe_update(update, Timestamp::default());
    let reply = outbound::reply(&frame, &"\"".repeat(128));
    match serde_json::from_str(&frame).unwrap() {
        ServerFrame::RecipeUpdate { payload, .. } => (frame.len().max(reply.len()), payload),
        other => panic!("{other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_update_fits_into_a_frame(
        recipe in recipe(),
        message in option::of(message()),
        messages in option::of(vec(message(), 0..60)),
    ) {
        let given = update(recipe, message, messages);
        let (size, read) = written(given.clone());
        prop_assert!(size <= MAX_FRAME, "{size}");
        prop_assert_eq!(&read.session, &given.session);
        if json_size(&*given.recipe) <= MAX_RECIPE {
            prop_assert_eq!(&read.recipe, &given.recipe);
        }
        let count = |update: &RecipeUpdate| update.messages.as_ref().map_or(0, Vec::len);
        prop_assert_eq!(read.messages.is_some(), given.messages.is_some());
        prop_assert_eq!(read.messages_truncated.is_some(), count(&read) < count(&given));
        prop_assert_eq!(read.recovered, Some(read.messages_truncated.is_none()));
    }
}

#[test]
fn the_newest_messages_stay_beside_a_recipe_that_is_as_large_as_it_may_be() {
    let text = "x".repeat(MAX_RECIPE - 200);
    let recipe = Recipe {
        description: Some(text),
        ..Recipe::default()
    };
    let messages = (1..=100).map(|revision| {
        Arc::new(Message {
            content: "y".repeat(4_000),
            revision,
            ..Message::default()
        })
    });
    let given = update(recipe, None, Some(messages.collect()));

    let (size, read) = written(given.clone());

    assert!(size > MAX_FRAME - 2 * MAX_ENVELOPE, "room is used: {size}");
    assert_eq!(read.recipe, given.recipe);
    let kept = read.messages.unwrap();
    assert_eq!(kept, given.messages.unwrap()[100 - kept.len()..]);
    assert_eq!(read.messages_truncated, Some(true));
}

#[test]
fn a_recipe_from_before_there_was_a_limit_keeps_every_line() {
    let step = |n: usize| Step {
        id: format!("s{n}"),
        text: "é".repeat(2_000),
    };
    let given = Recipe {
        title: "Feast".into(),
        steps: (1..=200).map(step).collect(),
        ..Recipe::default()
    };

    let (_, read) = written(update(given.clone(), None, Some(Vec::new())));

    assert_eq!(read.recipe.title, "Feast");
    assert_eq!(read.recipe.steps.len(), 200);
    for (read, given) in read.recipe.steps.iter().zip(&given.steps) {
        assert_eq!(read.id, given.id);
        let kept = read.text.strip_suffix('…').unwrap();
        assert!(kept.len() > 100 && given.text.starts_with(kept));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Else it would send more than fits, or refuse what would.
    #[test]
    fn the_chat_service_counts_a_recipe_as_it_is_written_here(
        title in "[a\"\\\\é😀]{1,20}",
        description in option::of("[a\"\\\\é😀]{1,20}"),
        words in vec("[a\"\\\\é😀]{1,20}", 0..6),
        timers in 0_i64..4,
    ) {
        let plain = chat::recipe::PlainRecipe {
            title: title.clone(),
            description: description.clone().unwrap_or_default(),
            servings: Some(12),
            ingredients: words.iter().map(|name| chat::recipe::PlainIngredient {
                name: name.clone(),
                quantity: "1/3".into(),
                unit: "cups".into(),
                note: name.clone(),
            }).collect(),
            steps: words.clone(),
            tags: words,
        };
        let mut kept = chat::recipe::from_plain(&plain).unwrap();
        kept.timers = (0..timers).map(|number| chat::recipe::KitchenTimer {
            id: format!("t{number}"),
            label: title.clone(),
            ends_at: 1_795_379_762_000 + number,
            by: title.clone(),
        }).collect();
        let shown = Recipe {
            title: kept.title.clone(),
            description: kept.description.clone(),
            servings: kept.servings,
            ingredients: kept.ingredients.iter().map(|line| Ingredient {
                id: line.id.clone(),
                name: line.name.clone(),
                quantity: line.quantity_text(),
                unit: line.unit_text().to_owned(),
                note: line.note.clone().unwrap_or_default(),
            }).collect(),
            steps: kept.steps.iter().map(|step| Step {
                id: step.id.clone(),
                text: step.text.clone(),
            }).collect(),
            tags: kept.tags.clone(),
            timers: Some(kept.timers.iter().map(|timer| Timer {
                id: timer.id.clone(),
                label: timer.label.clone(),
                ends_at: Timestamp::from_unix_millis(timer.ends_at).to_string(),
                by: timer.by.clone(),
            }).collect()),
        };
        prop_assert_eq!(chat::recipe::json_size(&kept), json_size(&shown));
    }
}
