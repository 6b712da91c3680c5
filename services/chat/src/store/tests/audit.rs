//! What is noted for operators is found by user, recipe and kind, and goes when it is old.

use runtime::clock::Timestamp;

use super::{Databases, someone};
use crate::audit::{AuditEvent, AuditFilter, Noted};

const ALL: u32 = 100;

fn event(at: i64, kind: &'static str, who: &str, recipe: &str) -> AuditEvent {
    let at = Timestamp::from_unix_millis(at);
    AuditEvent::new(
        at,
        kind,
        &someone(who).user,
        &recipe.parse().unwrap(),
        "why",
    )
}

fn told(events: &[Noted]) -> Vec<(i64, &str, &str)> {
    let told = |event: &'_ Noted| event.at.unix_millis();
    let events = events.iter();
    events
        .map(|one| (told(one), one.kind.as_str(), one.recipe.as_str()))
        .collect()
}

#[tokio::test]
async fn what_was_noted_is_found_and_forgotten() {
    Databases::each(async |store| {
        let events = vec![
            event(1, "access", "ada", "pie"),
            event(2, "create_link", "bob", "pie"),
            event(3, "access", "ada", "soup"),
        ];
        store.add_audit_events(events).await.unwrap();
        let find = async |filter: AuditFilter| {
            let filter = AuditFilter {
                limit: ALL,
                ..filter
            };
            store.audit_events(filter).await.unwrap()
        };
        let of_ada = AuditFilter {
            user_id: someone("ada").user.to_string(),
            ..AuditFilter::default()
        };
        let of_pie = AuditFilter {
            recipe: "pie".to_owned(),
            ..AuditFilter::default()
        };

        let all = find(AuditFilter::default()).await;
        assert_eq!(
            told(&all),
            [
                (3, "access", "soup"),
                (2, "create_link", "pie"),
                (1, "access", "pie")
            ]
        );
        assert_eq!(all[0].about, "why");
        assert_eq!(
            told(&find(of_ada.clone()).await),
            [(3, "access", "soup"), (1, "access", "pie")]
        );
        assert_eq!(
            told(&find(of_pie.clone()).await),
            [(2, "create_link", "pie"), (1, "access", "pie")]
        );
        let both = AuditFilter {
            recipe: "pie".to_owned(),
            ..of_ada.clone()
        };
        assert_eq!(told(&find(both).await), [(1, "access", "pie")]);
        let links = AuditFilter {
            kind: "create_link".to_owned(),
            ..of_pie
        };
        assert_eq!(told(&find(links).await), [(2, "create_link", "pie")]);
        let late = AuditFilter {
            since: Timestamp::from_unix_millis(3),
            ..AuditFilter::default()
        };
        assert_eq!(told(&find(late).await), [(3, "access", "soup")]);
        let earlier = AuditFilter {
            before: all[1].id,
            ..AuditFilter::default()
        };
        assert_eq!(told(&find(earlier).await), [(1, "access", "pie")]);

        store.forget_in_audit(&someone("ada").user).await.unwrap();
        assert!(find(of_ada).await.is_empty());
        assert_eq!(find(AuditFilter::default()).await.len(), 3);
        let third = Timestamp::from_unix_millis(3);
        assert_eq!(store.delete_old_audit_events(third, 1).await.unwrap(), 1);
        assert_eq!(store.delete_old_audit_events(third, ALL).await.unwrap(), 1);
        assert_eq!(
            told(&find(AuditFilter::default()).await),
            [(3, "access", "soup")]
        );
    })
    .await;
}
