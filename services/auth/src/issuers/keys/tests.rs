//! One fetch at a time and few of them, whoever asks; what is known is kept.

use std::sync::{Mutex, atomic::AtomicUsize};

use futures_util::{FutureExt as _, future::join_all};
use jsonwebtoken::Algorithm;
use serde_json::json;
use test_servers::IssuerKey;

use super::*;

/// What the next fetches bring.
#[derive(Debug, Clone)]
enum Answer {
    Keys(Vec<&'static str>),
    Away,
    Silent,
}

#[derive(Debug, Clone)]
struct FakeSource {
    answer: Arc<Mutex<Answer>>,
    fetches: Arc<AtomicUsize>,
}

impl FakeSource {
    fn answers(&self, answer: Answer) {
        *self.answer.lock().unwrap() = answer;
    }

    fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }
}

impl Source for FakeSource {
    fn fetch(&self) -> BoxFuture<'_, Result<KeySet, FetchError>> {
        self.fetches.fetch_add(1, Ordering::SeqCst);
        let answer = self.answer.lock().unwrap().clone();
        async move {
            match answer {
                Answer::Keys(kids) => {
                    // A fetch takes a while.
                    sleep(Duration::from_millis(100)).await;
                    let key = |kid: &&str| IssuerKey::generate(kid, Algorithm::EdDSA).public();
                    let keys: Vec<_> = kids.iter().map(key).collect();
                    Ok(KeySet::read(json!({"keys": keys}).to_string().as_bytes())?)
                }
                Answer::Away => Err(FetchError::Status(503)),
                Answer::Silent => std::future::pending().await,
            }
        }
        .boxed()
    }
}

fn followed(answer: Answer) -> (Arc<Keys>, FakeSource) {
    let source = FakeSource {
        answer: Arc::new(Mutex::new(answer)),
        fetches: Arc::default(),
    };
    let keys = Keys::new("corp".into(), Box::new(source.clone()), Metrics::new());
    let keys = Arc::new(keys);
    let follower = Arc::clone(&keys);
    tokio::spawn(async move { follower.follow().await });
    (keys, source)
}

/// Why a key cannot be had, if it cannot.
async fn refusal(keys: &Keys, kid: &str) -> Option<NoKey> {
    keys.find(kid).await.err()
}

#[tokio::test(start_paused = true)]
async fn the_first_to_ask_waits_for_the_first_fetch() {
    let (keys, source) = followed(Answer::Keys(vec!["k1"]));
    let asked = join_all((0..50).map(|_| refusal(&keys, "k1"))).await;
    assert_eq!(asked, [None; 50]);
    assert_eq!(refusal(&keys, "k1").await, None);
    assert_eq!(source.fetches(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_new_key_is_fetched_once_for_all_who_miss_it() {
    let (keys, source) = followed(Answer::Keys(vec!["k1"]));
    assert_eq!(refusal(&keys, "k1").await, None);
    sleep(MIN_INTERVAL).await;
    source.answers(Answer::Keys(vec!["k2"]));
    let asked = join_all((0..50).map(|_| refusal(&keys, "k2"))).await;
    assert_eq!(asked, [None; 50]);
    assert_eq!(source.fetches(), 2);
    sleep(MIN_INTERVAL).await;
    assert_eq!(
        refusal(&keys, "k1").await,
        Some(NoKey::Unknown),
        "it was withdrawn"
    );
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_unknown_keys_leads_to_few_fetches() {
    let (keys, source) = followed(Answer::Keys(vec!["k1"]));
    assert_eq!(refusal(&keys, "k1").await, None);
    let mut told = Vec::new();
    for second in 0..60 {
        let kids: Vec<_> = (0..100)
            .map(|number| format!("junk-{second}-{number}"))
            .collect();
        told.extend(join_all(kids.iter().map(|kid| refusal(&keys, kid))).await);
        assert_eq!(refusal(&keys, "k1").await, None, "known keys go on");
        sleep(Duration::from_secs(1)).await;
    }
    assert!((3..=7).contains(&source.fetches()), "{}", source.fetches());
    assert!(told.contains(&Some(NoKey::Unknown)) && told.contains(&Some(NoKey::CannotTell)));
    assert!(!told.contains(&None));
}

#[tokio::test(start_paused = true)]
async fn known_keys_are_kept_while_the_issuer_is_away() {
    let (keys, source) = followed(Answer::Keys(vec!["k1"]));
    assert_eq!(refusal(&keys, "k1").await, None);
    source.answers(Answer::Away);
    sleep(REFRESH_INTERVAL * 3).await;
    assert!(source.fetches() > 2, "it is asked again and again");
    assert_eq!(refusal(&keys, "k1").await, None);
    assert_eq!(refusal(&keys, "k2").await, Some(NoKey::CannotTell));
    source.answers(Answer::Keys(vec!["k2"]));
    sleep(RETRY_INTERVAL * 2).await;
    assert_eq!(refusal(&keys, "k2").await, None, "it is back");
}

#[tokio::test(start_paused = true)]
async fn an_issuer_that_says_nothing_is_not_waited_for_longer_than_callers_are() {
    let (keys, source) = followed(Answer::Silent);
    let begun = Instant::now();
    assert_eq!(refusal(&keys, "k1").await, Some(NoKey::CannotTell));
    assert!(begun.elapsed() <= ANSWER_TIMEOUT, "{:?}", begun.elapsed());
    source.answers(Answer::Keys(vec!["k1"]));
    sleep(RETRY_INTERVAL + FETCH_TIMEOUT).await;
    assert_eq!(refusal(&keys, "k1").await, None);
}

#[tokio::test(start_paused = true)]
async fn who_hangs_up_breaks_no_fetch_off() {
    let (keys, source) = followed(Answer::Keys(vec!["k1"]));
    let hung_up = timeout(Duration::from_millis(1), keys.find("k1")).await;
    assert!(hung_up.is_err());
    sleep(Duration::from_millis(200)).await;
    assert_eq!(refusal(&keys, "k1").await, None);
    assert_eq!(source.fetches(), 1);
}
