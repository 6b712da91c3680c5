//! What operators find of what happened.

use std::time::Duration;

use proto::auth::{
    AuditEvent, ListAuditEventsRequest, ListAuditEventsResponse, NoteOrderRequest,
    RevokeSessionRequest, note_order_request::Kind, revoke_session_request::By,
};
use tokio::time::{sleep, timeout};
use tonic::{Code, Request, Status};

use crate::{
    harness::{Database, PASSWORD, START, Service, TEST_TIMEOUT, by_operator, refused},
    on_both_stores,
};

const POLL_INTERVAL: Duration = Duration::from_millis(10);
const NAMED: &str = "--operator-tokens=ada=the-token-of-ada-0123 bob=the-token-of-bob-0123";

impl Service {
    async fn audit(
        &self,
        request: ListAuditEventsRequest,
    ) -> Result<ListAuditEventsResponse, Status> {
        let mut client = self.client.clone();
        let answer = client.list_audit_events(by_operator(request)).await?;
        Ok(answer.into_inner())
    }

    /// All events, the newest first, once there are so many: they are written a moment after they happened.
    pub(crate) async fn events(&self, count: usize) -> Vec<AuditEvent> {
        let written = async {
            loop {
                let page = self.audit(ListAuditEventsRequest::default()).await.unwrap();
                if page.events.len() >= count {
                    return page.events;
                }
                sleep(POLL_INTERVAL).await;
            }
        };
        let events = timeout(TEST_TIMEOUT, written).await;
        let events = events.expect("events that are written");
        assert_eq!(events.len(), count, "{events:#?}");
        events
    }
}

fn told(event: &AuditEvent) -> String {
    let AuditEvent {
        kind,
        outcome,
        operator,
        username,
        ..
    } = event;
    let shown = [operator, username].map(|text| if text.is_empty() { "-" } else { text });
    format!("{kind} {outcome} {} {}", shown[0], shown[1])
}

on_both_stores! {
    async fn what_happened_is_found_by_user_kind_and_page(service: Service) {
        let ada = service.ada().await;
        let from = "192.0.2.7";
        service.log_in_from(from, "ADA", "a-wrong-password").await.unwrap_err();
        // A password typed where the name belongs.
        service.log_in_from(from, PASSWORD, "x").await.unwrap_err();
        service.log_in("ada", PASSWORD).await.unwrap();
        service.refresh("nonsense").await.unwrap_err();
        let stolen = service.refresh(&ada.refresh_token).await.unwrap();
        service.clock.advance(Duration::from_secs(60));
        service.refresh(&stolen.refresh_token).await.unwrap();
        service.clock.advance(Duration::from_secs(60));
        service.refresh(&ada.refresh_token).await.unwrap_err();
        service.revoke(Some(By::SessionId(ada.session_id.clone()))).await.unwrap();
        service.revoke_key("no-such-key").await.unwrap_err();

        let mut events = service.events(7).await;
        events.reverse();
        let said: Vec<_> = events.iter().map(told).collect();
        assert_eq!(said, [
            "register ok - ada",
            "login bad_credentials - ada",
            "login bad_credentials - -",
            "login ok - ada",
            "refresh stolen - ada",
            "revoke_session ok operator ada",
            "revoke_key no_such_key operator -",
        ]);
        assert_eq!(events[1].client_address, from);
        assert_eq!(events[0].session_id, ada.session_id);
        assert_eq!(events[5].session_id, ada.session_id);
        assert_eq!(events[6].about, "no-such-key");
        assert!(events.is_sorted_by_key(|event| event.id));
        let all = format!("{events:?}");
        for secret in [PASSWORD, "a-wrong-password", ada.refresh_token.as_str(), ada.access_token.as_str()] {
            assert!(!all.contains(secret), "{all}");
        }

        let logins = ListAuditEventsRequest {
            user: "Ada".into(),
            kind: "login".into(),
            limit: 1,
            ..Default::default()
        };
        let page = service.audit(logins.clone()).await.unwrap();
        assert_eq!(told(&page.events[0]), "login ok - ada");
        let before = page.next;
        let page = service.audit(ListAuditEventsRequest { before, ..logins.clone() }).await.unwrap();
        assert_eq!((told(&page.events[0]).as_str(), page.next), ("login bad_credentials - ada", 0));
        // By id, as of somebody who is not here any more.
        let user = events[0].user_id.clone();
        let page = service.audit(ListAuditEventsRequest { user, ..logins }).await.unwrap();
        assert_eq!(page.events.len(), 1);
        let since = START + Duration::from_secs(119);
        let since = prost_types::Timestamp { seconds: since.unix_seconds(), nanos: 0 };
        let late = ListAuditEventsRequest { since: Some(since), ..Default::default() };
        assert_eq!(service.audit(late).await.unwrap().events.len(), 3);
        let nobody = ListAuditEventsRequest { user: "no one".into(), ..Default::default() };
        refused(service.audit(nobody).await, Code::NotFound, "No such user");
    }

    async fn only_operators_see_what_happened(service: Service) {
        let mut client = service.client.clone();
        let asked = client.list_audit_events(ListAuditEventsRequest::default()).await;
        refused(asked, Code::PermissionDenied, "For operators only");
    }
}

#[tokio::test]
async fn an_order_stands_under_the_name_of_whose_token_was_shown_and_a_wrong_token_is_noted() {
    let service = Service::start_with(Database::sqlite(), &[NAMED], None).await;
    let ada = service.ada().await;
    for token in [
        "the-token-of-bob-0123",
        "the-token-of-eve-0123",
        "the-token-of-eve-4567",
    ] {
        let mut request = Request::new(RevokeSessionRequest {
            by: Some(By::SessionId(ada.session_id.clone())),
        });
        let shown = token.parse().unwrap();
        request.metadata_mut().insert(proto::OPERATOR_TOKEN, shown);
        let revoked = service.client.clone().revoke_session(request).await;
        assert_eq!(revoked.is_ok(), token.contains("bob"), "{revoked:?}");
    }
    // A wrong one is noted once, however often somebody guesses.
    let mut events = service.events(3).await;
    events.reverse();
    let said: Vec<_> = events.iter().map(told).collect();
    assert_eq!(
        said,
        [
            "register ok - ada",
            "revoke_session ok bob ada",
            "operator_token refused - -"
        ]
    );
}

#[tokio::test]
async fn an_order_that_was_given_at_an_edge_is_noted_by_its_operators_name() {
    let service = Service::start(Database::sqlite()).await;
    let ada = service.ada().await;
    let mut client = service.client.clone();
    let disconnect = NoteOrderRequest {
        operator: "bob".to_owned(),
        kind: Kind::Disconnect.into(),
        user_id: ada.user.clone().unwrap().id,
        session_id: ada.session_id.clone(),
        about: "a-connection".to_owned(),
    };
    for malformed in [
        NoteOrderRequest {
            operator: String::new(),
            ..disconnect.clone()
        },
        NoteOrderRequest {
            kind: 77,
            ..disconnect.clone()
        },
        NoteOrderRequest {
            kind: Kind::Unspecified.into(),
            ..disconnect.clone()
        },
        NoteOrderRequest {
            user_id: "no id".to_owned(),
            ..disconnect.clone()
        },
    ] {
        let refused_order = client.note_order(malformed).await;
        refused(refused_order, Code::InvalidArgument, "Malformed order");
    }
    client.note_order(disconnect.clone()).await.unwrap();
    let drain = NoteOrderRequest {
        operator: "bob".to_owned(),
        kind: Kind::Drain.into(),
        about: "an-edge".to_owned(),
        ..Default::default()
    };
    client.note_order(drain).await.unwrap();

    let events = service.events(3).await;
    assert_eq!(told(&events[0]), "drain ok bob -");
    assert_eq!(events[0].about, "an-edge");
    assert_eq!(told(&events[1]), "disconnect ok bob ada");
    assert_eq!(events[1].session_id, disconnect.session_id);
    assert_eq!(events[1].about, "a-connection");
}

#[tokio::test]
async fn what_is_noted_is_written_before_the_service_ends() {
    let service = Service::start(Database::sqlite()).await;
    service.ada().await;
    let service = service.restart().await;
    assert_eq!(told(&service.events(1).await[0]), "register ok - ada");
}
