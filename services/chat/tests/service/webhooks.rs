//! Webhooks: real receivers that take what they are told, fail, are slow and go away.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU16, Ordering},
    },
    time::Duration,
};

use aws_lc_rs::hmac;
use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chat::Config;
use proto::chat as wire;
use serde_json::Value;
use tempfile::TempDir;
use test_servers::Postgres;
use tokio::{
    net::TcpListener,
    sync::mpsc,
    time::{sleep, timeout},
};
use tonic::{Code, Status};

use crate::harness::{Link, Service, someone};

/// Longer than the first wait after a failure.
const TEST_TIMEOUT: Duration = Duration::from_secs(30);

/// What came to a receiver.
struct Delivery {
    id: String,
    timestamp: String,
    signature: String,
    body: Bytes,
}

impl Delivery {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn content(&self) -> String {
        let content = &self.json()["data"]["message"]["content"];
        content.as_str().unwrap().to_owned()
    }
}

/// A receiver on a free port, which answers with a status that the test sets; 0: never.
struct Receiver {
    address: SocketAddr,
    status: Arc<AtomicU16>,
    /// A message with these words is refused, once.
    refused: Arc<Mutex<Option<String>>>,
    deliveries: mpsc::Receiver<Delivery>,
}

impl Receiver {
    async fn start() -> Self {
        let (sender, deliveries) = mpsc::channel(64);
        let status = Arc::new(AtomicU16::new(204));
        let answered = Arc::clone(&status);
        let refused = Arc::new(Mutex::new(None::<String>));
        let refusing = Arc::clone(&refused);
        let take = move |headers: HeaderMap, body: Bytes| {
            let (sender, answered) = (sender.clone(), Arc::clone(&answered));
            let text = String::from_utf8_lossy(&body).into_owned();
            let is_refused = refusing
                .lock()
                .unwrap()
                .take_if(|words| text.contains(&**words));
            async move {
                let text = |name: &str| headers[name].to_str().unwrap().to_owned();
                let delivery = Delivery {
                    id: text("webhook-id"),
                    timestamp: text("webhook-timestamp"),
                    signature: text("webhook-signature"),
                    body,
                };
                sender.send(delivery).await.ok();
                let status = match is_refused {
                    Some(_) => 500,
                    None => answered.load(Ordering::SeqCst),
                };
                if status == 0 {
                    std::future::pending::<()>().await;
                }
                StatusCode::from_u16(status).unwrap()
            }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/hook", post(take));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            address,
            status,
            refused,
            deliveries,
        }
    }

    fn url(&self) -> String {
        format!("http://{}/hook?of=pie", self.address)
    }

    fn answer(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    async fn next(&mut self) -> Delivery {
        let next = timeout(TEST_TIMEOUT, self.deliveries.recv()).await;
        next.expect("a delivery in time").unwrap()
    }
}

fn config(receiver: &Receiver) -> Config {
    Config {
        webhooks: true,
        webhook_allowed_addresses: vec![receiver.address],
        reloadable: chat::Reloadable {
            webhooks_per_recipe: 2,
            ..chat::Reloadable::default()
        },
        ..Config::default()
    }
}

async fn create(
    service: &Service,
    who: &str,
    url: &str,
    secret: &str,
    talk: bool,
) -> Result<(wire::Webhook, String), Status> {
    let request = wire::CreateWebhookRequest {
        principal: someone(who),
        recipe_id: "pie".to_owned(),
        url: url.to_owned(),
        secret: secret.to_owned(),
        talk,
    };
    let answer = service.client().create_webhook(request).await?.into_inner();
    Ok((answer.webhook.unwrap(), answer.secret))
}

async fn list(service: &Service, who: &str) -> Result<Vec<wire::Webhook>, Status> {
    let request = wire::ListWebhooksRequest {
        principal: someone(who),
        recipe_id: "pie".to_owned(),
    };
    let answer = service.client().list_webhooks(request).await?;
    Ok(answer.into_inner().webhooks)
}

async fn delete(service: &Service, who: &str, id: &str) -> Result<(), Status> {
    let request = wire::DeleteWebhookRequest {
        principal: someone(who),
        recipe_id: "pie".to_owned(),
        webhook_id: id.to_owned(),
    };
    service.client().delete_webhook(request).await.map(drop)
}

/// Waits until the one webhook of the recipe is so.
async fn until(service: &Service, what: &str, is_so: impl Fn(&wire::Webhook) -> bool) {
    let looking = async {
        loop {
            let listed = list(service, "ada").await.unwrap();
            if listed.iter().any(&is_so) {
                return;
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(TEST_TIMEOUT, looking).await.expect(what);
}

async fn pie(service: &Service) -> Link {
    let mut link = service.link().await;
    link.join("pie", "ada").await;
    link
}

/// In order, signed, once, without talk, over failures of the receiver and a restart.
async fn told_in_order(service: Service, receiver: &mut Receiver) {
    let mut link = pie(&service).await;
    link.post("pie", "ada", "m0", "add 1 egg").await;
    let (made, secret) = create(&service, "ada", &receiver.url(), "", false)
        .await
        .unwrap();
    assert_eq!((made.told, made.failures, made.off_at), (1, 0, None));

    link.post("pie", "ada", "m1", "add 2 lemons").await;
    let first = receiver.next().await;
    let json = first.json();
    assert_eq!(
        (&json["type"], &json["data"]["recipe_id"]),
        (&"recipe.changed".into(), &"pie".into())
    );
    let message = &json["data"]["message"];
    assert_eq!(
        (&message["id"], &message["author"]["name"]),
        (&"m1".into(), &"ada".into())
    );
    assert_eq!(
        (&json["data"]["revision"], &message["effect"]),
        (&2.into(), &"Added 2 lemons".into())
    );
    assert_eq!(
        (&message["changes"][0]["op"], &message["changes"][0]["what"]),
        (&"added".into(), &"ingredient".into())
    );
    assert_eq!(first.id, format!("{}_2", made.id));
    let key = STANDARD.decode(&secret["whsec_".len()..]).unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    let signed = [
        first.id.as_bytes(),
        b".",
        first.timestamp.as_bytes(),
        b".",
        &first.body,
    ]
    .concat();
    let signature = STANDARD
        .decode(first.signature.strip_prefix("v1,").unwrap())
        .unwrap();
    hmac::verify(&key, &signed, &signature).unwrap();

    receiver.answer(500);
    link.post("pie", "ada", "m2", "good morning").await;
    link.post("pie", "ada", "m3", "add 3 apples").await;
    link.post("pie", "ada", "m4", "add 4 pears").await;
    let failed = receiver.next().await;
    until(&service, "a failure", |webhook| webhook.failures == 1).await;
    receiver.answer(200);
    let (again, last) = (receiver.next().await, receiver.next().await);
    assert_eq!(
        (failed.content(), again.content()),
        ("add 3 apples".into(), "add 3 apples".into())
    );
    assert_eq!(
        (&failed.id, &failed.body),
        (&again.id, &again.body),
        "the same again"
    );
    assert_eq!(last.content(), "add 4 pears");
    until(&service, "all is told", |webhook| {
        webhook.told == 5 && webhook.failures == 0
    })
    .await;

    delete(&service, "ada", &made.id).await.unwrap();
    let answer = delete(&service, "ada", &made.id).await.unwrap_err();
    assert_eq!(answer.code(), Code::NotFound);
    service.stop().await;
    assert!(
        receiver.deliveries.try_recv().is_err(),
        "nothing came twice"
    );
}

#[tokio::test]
async fn a_receiver_is_told_in_order_signed_and_again_after_a_failure_on_sqlite() {
    let mut receiver = Receiver::start().await;
    let service = Service::start_with(&config(&receiver)).await;
    told_in_order(service, &mut receiver).await;
}

#[tokio::test]
async fn a_receiver_is_told_in_order_signed_and_again_after_a_failure_on_postgresql() {
    let mut receiver = Receiver::start().await;
    let database = Postgres::start();
    let service = Service::start_on(&database.url(), None, &config(&receiver)).await;
    told_in_order(service, &mut receiver).await;
}

#[tokio::test]
async fn what_was_taken_before_a_failure_is_not_told_again() {
    let mut receiver = Receiver::start().await;
    let service = Service::start_with(&config(&receiver)).await;
    let mut link = pie(&service).await;
    create(&service, "ada", &receiver.url(), "", false)
        .await
        .unwrap();
    receiver.answer(500);
    link.post("pie", "ada", "m1", "add 1 egg").await;
    receiver.next().await;
    until(&service, "a failure", |webhook| webhook.failures == 1).await;
    // Now all three are told in one turn.
    link.post("pie", "ada", "m2", "add 2 lemons").await;
    link.post("pie", "ada", "m3", "add 3 apples").await;
    *receiver.refused.lock().unwrap() = Some("add 2 lemons".to_owned());
    receiver.answer(200);
    for wanted in ["add 1 egg", "add 2 lemons", "add 2 lemons", "add 3 apples"] {
        assert_eq!(receiver.next().await.content(), wanted);
    }
    until(&service, "all is told", |webhook| webhook.told == 3).await;
    service.stop().await;
}

#[tokio::test]
async fn of_two_replicas_one_tells_and_what_one_leaves_the_other_tells() {
    let mut receiver = Receiver::start().await;
    let (database, config) = (Postgres::start(), config(&receiver));
    let first = Service::start_on(&database.url(), None, &config).await;
    let second = Service::start_on(&database.url(), None, &config).await;
    let mut link = pie(&first).await;
    create(&first, "ada", &receiver.url(), "", true)
        .await
        .unwrap();
    for number in 1..=20 {
        let said = format!("this is message {number}");
        link.post("pie", "ada", &number.to_string(), &said).await;
        let told = receiver.next().await;
        assert_eq!(told.content(), said);
        assert_eq!(told.json()["type"], "recipe.message");
    }
    until(&first, "all is told", |webhook| webhook.told == 20).await;
    drop(link);
    first.stop().await;
    let mut link = second.link().await;
    link.post("pie", "ada", "last", "and one more").await;
    assert_eq!(receiver.next().await.content(), "and one more");
    second.stop().await;
    assert!(
        receiver.deliveries.try_recv().is_err(),
        "nothing came twice"
    );
}

#[tokio::test]
async fn a_replica_that_stops_in_the_middle_of_a_delivery_leaves_it_to_another_at_once() {
    let mut receiver = Receiver::start().await;
    let (database, config) = (Postgres::start(), config(&receiver));
    let first = Service::start_on(&database.url(), None, &config).await;
    let mut link = pie(&first).await;
    create(&first, "ada", &receiver.url(), "", true)
        .await
        .unwrap();
    receiver.answer(0);
    link.post("pie", "ada", "m1", "add 2 eggs").await;
    assert_eq!(receiver.next().await.content(), "add 2 eggs");
    let second = Service::start_on(&database.url(), None, &config).await;
    receiver.answer(204);
    drop(link);
    first.stop().await;
    assert_eq!(receiver.next().await.content(), "add 2 eggs");
    second.stop().await;
}

#[tokio::test]
async fn a_receiver_that_hangs_or_is_gone_holds_up_no_other_and_is_turned_off() {
    let (mut receiver, mut gone) = (Receiver::start().await, Receiver::start().await);
    let config = Config {
        webhook_allowed_addresses: vec![receiver.address, gone.address],
        webhook_off_after: Duration::from_secs(1),
        ..config(&receiver)
    };
    let service = Service::start_with(&config).await;
    let mut link = pie(&service).await;
    gone.answer(0);
    create(&service, "ada", &gone.url(), "", true)
        .await
        .unwrap();
    create(&service, "ada", &receiver.url(), "", true)
        .await
        .unwrap();
    link.post("pie", "ada", "m1", "add 2 eggs").await;
    gone.next().await;
    assert_eq!(receiver.next().await.content(), "add 2 eggs");
    until(&service, "a time-out", |webhook| webhook.failures == 1).await;
    gone.answer(503);
    gone.next().await;
    until(&service, "it is off", |webhook| webhook.off_at.is_some()).await;
    receiver.answer(410);
    link.post("pie", "ada", "m2", "add 3 eggs").await;
    receiver.next().await;
    let off = |webhook: &wire::Webhook| webhook.off_at.is_some() && webhook.url == receiver.url();
    until(&service, "so is who says that it is gone", off).await;
    service.stop().await;
}

#[tokio::test]
async fn only_its_owner_has_a_recipe_told_and_only_to_who_is_public() {
    let receiver = Receiver::start().await;
    let service = Service::start_with(&config(&receiver)).await;
    let mut link = pie(&service).await;
    for url in [
        "",
        "pie",
        "ftp://example.org/",
        "http://ada@example.org/",
        "http://a:b@example.org/",
        "http://127.0.0.1/",
        "http://10.0.0.1:99/",
        "https://1.1.1.1:8443/",
    ] {
        let answer = create(&service, "ada", url, "", false).await.unwrap_err();
        assert_eq!(answer.code(), Code::InvalidArgument, "{url}");
    }
    let answer = create(&service, "ada", &receiver.url(), "whsec_short", false).await;
    assert_eq!(answer.unwrap_err().code(), Code::InvalidArgument);
    let own = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    // Where a name leads is looked at for each delivery: who is not public is not asked, which shows as a failure.
    let (private, secret) = create(&service, "ada", "http://localhost/", own, false)
        .await
        .unwrap();
    assert_eq!(secret, own);
    link.post("pie", "ada", "m1", "add 2 eggs").await;
    until(&service, "a failure", |webhook| webhook.failures == 1).await;

    let denied = |answer: Status| assert_eq!(answer.code(), Code::PermissionDenied);
    denied(
        create(&service, "bob", &receiver.url(), "", false)
            .await
            .unwrap_err(),
    );
    denied(list(&service, "bob").await.unwrap_err());
    denied(delete(&service, "bob", &private.id).await.unwrap_err());
    create(&service, "ada", &receiver.url(), "", false)
        .await
        .unwrap();
    let answer = create(&service, "ada", &receiver.url(), "", false)
        .await
        .unwrap_err();
    assert_eq!(answer.code(), Code::ResourceExhausted);
}

#[tokio::test]
async fn whoever_has_another_owner_is_told_nothing_more() {
    let mut receiver = Receiver::start().await;
    let service = Service::start_with(&config(&receiver)).await;
    let mut link = pie(&service).await;
    create(&service, "ada", &receiver.url(), "", true)
        .await
        .unwrap();
    link.post("pie", "ada", "m1", "/invite bob as editor").await;
    receiver.next().await;
    link.join("pie", "bob").await;
    link.post("pie", "ada", "m2", "/owner bob").await;
    let looking = async {
        loop {
            let listed = list(&service, "bob").await.unwrap();
            if listed[0].off_at.is_some() {
                return;
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(TEST_TIMEOUT, looking).await.expect("it is off");
    service.stop().await;
    assert!(
        receiver.deliveries.try_recv().is_err(),
        "ada hears nothing of bob's recipe"
    );
}

#[tokio::test]
async fn where_there_are_no_webhooks_there_are_none() {
    let folder = TempDir::new().unwrap();
    let url = format!("sqlite:{}", folder.path().join("chat.db").display());
    let service = Service::start_on(&url, None, &Config::default()).await;
    let _link = pie(&service).await;
    let answer = create(&service, "ada", "https://example.org/", "", false).await;
    assert_eq!(answer.unwrap_err().code(), Code::NotFound);
    assert_eq!(
        list(&service, "ada").await.unwrap_err().code(),
        Code::NotFound
    );
}
