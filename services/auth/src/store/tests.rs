//! What both stores promise, said once and tried on each.

use runtime::database::postgres;
use test_servers::Postgres;

use super::{database::POSTGRES, *};
use crate::{
    audit::{AuditEvent, Subject},
    keys::{RevokedKey, StoredKey},
    passwords::StoredPassword,
    pseudonyms::Source,
    refresh::{LoginSession, RefreshToken, SecretHash},
    revocations::{Event, RevocationEntry},
    user::Username,
};

const START: Timestamp = Timestamp::from_unix_millis(1_800_000_000_000);

fn after(seconds: u64) -> Timestamp {
    START + Duration::from_secs(seconds)
}

async fn open(url: &str) -> Store {
    Store::open(&url.parse().unwrap(), Duration::ZERO, Metrics::new())
        .await
        .unwrap()
}

#[tokio::test]
async fn sqlite_keeps_its_promises() {
    keeps_its_promises(&open("sqlite::memory:").await).await;
}

#[tokio::test]
async fn postgres_keeps_its_promises() {
    let server = Postgres::start();
    keeps_its_promises(&open(&server.url()).await).await;
}

async fn keeps_its_promises(store: &Store) {
    keeps_users_by_name(store).await;
    rotates_only_what_is_newest_and_not_revoked(store).await;
    remembers_when_a_session_was_first_revoked(store).await;
    remembers_the_newest_review_of_a_session_that_goes_on(store).await;
    forgets_what_has_ended_piece_by_piece(store).await;
    keeps_the_first_key_of_a_generation(store).await;
    keeps_the_first_secret_of_a_name(store).await;
    remembers_of_a_revoked_key_that_it_was_one(store).await;
    knows_from_where_an_account_was_used(store).await;
    lists_the_sessions_of_a_user_that_have_not_ended(store).await;
    lets_nobody_in_whose_password_is_another_by_now(store).await;
    lets_a_code_open_one_session(store).await;
    reads_users_of_the_build_before(store).await;
    leaves_nothing_of_a_user_but_that_their_sessions_are_over(store).await;
    finds_guests_who_were_not_seen(store).await;
    forgets_what_was_noted_long_ago(store).await;
}

fn every_event() -> AuditFilter {
    AuditFilter {
        user: None,
        kind: None,
        since: Timestamp::default(),
        before: u64::MAX,
        limit: 10,
    }
}

async fn forgets_what_was_noted_long_ago(store: &Store) {
    let noted = |seconds| AuditEvent::new(after(seconds), "rotate_keys", "ok").about("a key");
    let events = vec![noted(1), noted(2), noted(3)];
    store.add_audit_events(events).await.unwrap();
    assert_eq!(store.forget_audit_events(after(3)).await.unwrap(), 2);
    let left = store.audit_events(&every_event()).await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!((left[0].at, left[0].about.as_str()), (after(3), "a key"));
}

#[tokio::test]
async fn sqlite_starts_with_what_a_newer_version_added_but_not_past_a_break() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("auth.db");
    let url = format!("sqlite:{}", path.display());
    drop(open(&url).await);
    let newer = |version: i64| {
        let file = rusqlite::Connection::open(&path).unwrap();
        file.execute_batch("CREATE TABLE IF NOT EXISTS added (id INTEGER)")
            .unwrap();
        let found: i64 = file
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .unwrap();
        file.pragma_update(None, "user_version", version).unwrap();
        found
    };
    assert_eq!(newer(99), 9);
    let older = open(&url).await;
    keeps_its_promises(&older).await;
    drop(older);

    assert_eq!(newer(1099), 99, "the older one leaves the mark");
    refuses_the_newer(&url).await;
}

#[tokio::test]
async fn postgres_starts_with_what_a_newer_version_added_but_not_past_a_break() {
    use sqlx::Connection as _;
    let server = Postgres::start();
    let url = server.url();
    drop(open(&url).await);
    let mut newer = sqlx::PgConnection::connect(&url).await.unwrap();
    let mut migrated = async |version: i64, description: &'static str| {
        const SQL: &str = "INSERT INTO recipe_chat_auth.migrations \
                           (version, description, success, checksum, execution_time) \
                           VALUES ($1, $2, true, '', 0)";
        let query = sqlx::query(SQL).bind(version).bind(description);
        query.execute(&mut newer).await.unwrap();
    };
    migrated(98, "a column more").await;
    keeps_its_promises(&open(&url).await).await;

    migrated(99, "breaking: a column less").await;
    refuses_the_newer(&url).await;
}

/// The columns and indexes of the tables.
async fn shape(url: &str) -> Vec<String> {
    use sqlx::{Connection as _, Executor as _, Row as _};
    const SQL: &str = "SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default) \
                       FROM information_schema.columns WHERE table_schema = 'recipe_chat_auth' \
                       UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'recipe_chat_auth' ORDER BY 1";
    let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
    let rows = connection.fetch_all(SQL).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn a_schema_in_use_becomes_what_a_new_one_is() {
    let [new, used] = [Postgres::start(), Postgres::start()];
    drop(open(&new.url()).await);
    let first = postgres::Config {
        migrations: &POSTGRES.migrations[..1],
        ..POSTGRES
    };
    let url = used.url().parse().unwrap();
    postgres::open(&url, first).await.unwrap();

    drop(open(&used.url()).await);

    assert_eq!(shape(&used.url()).await, shape(&new.url()).await);
}

async fn refuses_the_newer(url: &str) {
    let refused = Store::open(&url.parse().unwrap(), Duration::ZERO, Metrics::new()).await;
    assert!(matches!(refused, Err(OpenError::TooNew { .. })));
}

fn user(name: &str) -> StoredUser {
    StoredUser {
        user: User::new(name.parse().unwrap()),
        password: StoredPassword::from_phc("$argon2id$stands-for-a-hash".into()),
    }
}

async fn session(store: &Store, name: &str, expires_at: Timestamp) -> LoginSession {
    let name: Username = name.parse().unwrap();
    let found = store.user(&name).await.unwrap().unwrap();
    let first = RefreshToken::first(uuid::Uuid::now_v7()).unwrap();
    let session = LoginSession {
        id: first.session(),
        user: found.user,
        generation: 0,
        newest: first.hash(),
        rotated_at: START,
        expires_at,
        revoked_at: None,
    };
    let proof = Proof::Password(found.password);
    let added = store.add_session(session.clone(), proof, None).await;
    assert!(added.unwrap());
    session
}

async fn keeps_users_by_name(store: &Store) {
    let ada = user("Ada");
    assert!(store.add_user(ada.clone(), START).await.unwrap());
    assert!(
        !store.add_user(user("aDA"), START).await.unwrap(),
        "taken in any case"
    );
    let found = store.user(&"ADA".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(
        (found.user, found.password.phc()),
        (ada.user, ada.password.phc())
    );
    assert!(
        store
            .user(&"grace".parse().unwrap())
            .await
            .unwrap()
            .is_none()
    );
}

async fn rotates_only_what_is_newest_and_not_revoked(store: &Store) {
    let kept = session(store, "ada", after(3600)).await;
    let rotation = |spent: u32, mark: u8| Rotation {
        session: kept.id.clone(),
        spent,
        newest: SecretHash([mark; 32]),
        at: after(u64::from(mark)),
        source: None,
    };
    assert!(!store.rotate(rotation(1, 1)).await.unwrap(), "not yet made");
    assert!(store.rotate(rotation(0, 1)).await.unwrap());
    assert!(!store.rotate(rotation(0, 2)).await.unwrap(), "spent");

    let found = store.session(&kept.id).await.unwrap().unwrap();
    assert_eq!((found.generation, found.rotated_at), (1, after(1)));
    assert!(found.newest == SecretHash([1; 32]));
    assert_eq!(
        (found.user, found.expires_at),
        (kept.user.clone(), kept.expires_at)
    );
    assert_eq!(found.revoked_at, None);

    store.revoke(&kept.id, after(5)).await.unwrap();
    assert!(!store.rotate(rotation(1, 3)).await.unwrap(), "revoked");
}

async fn remembers_when_a_session_was_first_revoked(store: &Store) {
    let kept = session(store, "ada", after(3600)).await;
    let unknown = LoginSessionId::random();
    assert_eq!(store.revoke(&unknown, after(10)).await.unwrap(), None);
    assert_eq!(
        store.revoke(&kept.id, after(10)).await.unwrap(),
        Some(after(10))
    );
    assert_eq!(
        store.revoke(&kept.id, after(20)).await.unwrap(),
        Some(after(10))
    );

    let mark = RevocationEntry {
        event: Event::Revoked(kept.id),
        at: after(10),
    };
    assert_eq!(store.marks_since(after(10)).await.unwrap(), [mark]);
    assert_eq!(store.marks_since(after(11)).await.unwrap(), []);
}

async fn remembers_the_newest_review_of_a_session_that_goes_on(store: &Store) {
    let kept = session(store, "ada", after(3600)).await;
    for (at, told) in [(10, 10), (30, 30), (20, 30)] {
        let reviewed = store.review(&kept.id, after(at)).await.unwrap();
        assert_eq!(reviewed, Some(after(told)));
    }
    let mark = RevocationEntry {
        event: Event::Reviewed(kept.id.clone()),
        at: after(30),
    };
    assert_eq!(store.marks_since(after(30)).await.unwrap(), [mark]);

    assert_eq!(store.review(&kept.id, after(3600)).await.unwrap(), None);
    store.revoke(&kept.id, after(40)).await.unwrap();
    assert_eq!(store.review(&kept.id, after(50)).await.unwrap(), None);
    assert_eq!(store.marks_since(after(30)).await.unwrap().len(), 2);
}

async fn remembers_of_a_revoked_key_that_it_was_one(store: &Store) {
    let key = StoredKey::generate(40, START).unwrap();
    store.add_signing_key(key).await.unwrap();
    store.promote_signing_key(40, after(7)).await.unwrap();
    store.promote_signing_key(41, after(7)).await.unwrap();
    let keys = store.signing_keys().await.unwrap();
    let promoted = keys.iter().find(|key| key.generation == 40).unwrap();
    assert_eq!(promoted.signs_from, Some(after(7)));

    let revoked = RevokedKey {
        generation: 40,
        kid: "kid".into(),
        revoked_at: after(9),
    };
    for _ in 0..2 {
        store.revoke_signing_key(revoked.clone()).await.unwrap();
    }
    assert_eq!(store.revoked_keys().await.unwrap(), [revoked]);
    let keys = store.signing_keys().await.unwrap();
    assert!(keys.iter().all(|key| key.generation != 40));
    store.forget_revoked_key(40).await.unwrap();
    assert_eq!(store.revoked_keys().await.unwrap(), []);

    assert!(store.find_secret("moved").await.unwrap().is_none());
    store.secret("moved", vec![1; 32].into()).await.unwrap();
    assert!(store.find_secret("moved").await.unwrap().is_some());
    store.forget_secret("moved").await.unwrap();
    assert!(store.find_secret("moved").await.unwrap().is_none());
}

async fn knows_from_where_an_account_was_used(store: &Store) {
    let (ada, nobody): (Username, Username) = ("ada".parse().unwrap(), "nobody".parse().unwrap());
    let [home, work] = [Source([1; 16]), Source([2; 16])];
    let knows = async |name: &Username, source| store.knows_source(name, source).await.unwrap();
    let known = session(store, "ada", after(3600)).await;
    assert!(!knows(&ada, home).await);
    let rotation = |spent, source| Rotation {
        session: known.id.clone(),
        spent,
        newest: known.newest,
        at: after(1),
        source,
    };
    assert!(store.rotate(rotation(0, Some(home))).await.unwrap());
    assert!(store.rotate(rotation(1, None)).await.unwrap());
    assert!(
        knows(&ada, home).await,
        "a refresh that does not tell takes nothing away"
    );
    assert!(!knows(&ada, work).await && !knows(&nobody, home).await);
    let mut other = known.clone();
    other.id = LoginSessionId::random();
    let proof = Proof::Password(user("ada").password);
    let added = store.add_session(other, proof, Some(work)).await;
    assert!(added.unwrap());
    assert!(knows(&ada, work).await && knows(&ada, home).await);
}

async fn lists_the_sessions_of_a_user_that_have_not_ended(store: &Store) {
    assert!(store.add_user(user("grace"), START).await.unwrap());
    let ended = session(store, "grace", after(100)).await;
    let revoked = session(store, "grace", after(3600)).await;
    store.revoke(&revoked.id, after(1)).await.unwrap();
    let first = session(store, "grace", after(3600)).await;
    let second = session(store, "grace", after(3600)).await;
    let rotation = Rotation {
        session: first.id.clone(),
        spent: first.generation,
        newest: first.newest,
        at: after(90),
        source: None,
    };
    assert!(store.rotate(rotation).await.unwrap());

    let user = &first.user.id;
    let ids = async |now| {
        let listed = store.sessions_of(user, now).await.unwrap();
        listed
            .into_iter()
            .map(|session| session.id)
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(after(99)).await.first(), Some(&first.id));
    let mut wanted = vec![ended.id, first.id.clone(), second.id.clone()];
    let mut listed = ids(after(99)).await;
    wanted.sort();
    listed.sort();
    assert_eq!(listed, wanted);
    assert_eq!(ids(after(100)).await, [first.id.clone(), second.id]);
}

fn opened_by(account: &Account) -> LoginSession {
    let first = RefreshToken::first(uuid::Uuid::now_v7()).unwrap();
    LoginSession {
        id: first.session(),
        user: account.user.clone(),
        generation: 0,
        newest: first.hash(),
        rotated_at: after(7),
        expires_at: after(3600),
        revoked_at: None,
    }
}

async fn lets_nobody_in_whose_password_is_another_by_now(store: &Store) {
    assert!(store.add_user(user("hedy"), START).await.unwrap());
    let name: Username = "hedy".parse().unwrap();
    let hedy = store.user(&name).await.unwrap().unwrap();
    let open = async |proof| {
        let session = opened_by(&hedy);
        let added = store.add_session(session.clone(), proof, None).await;
        added.unwrap().then_some(session.id)
    };
    let old = Proof::Password(hedy.password.clone());
    let kept = open(old.clone()).await.unwrap();
    let other = open(old.clone()).await.unwrap();
    assert_eq!(store.user(&name).await.unwrap().unwrap().seen_at, after(7));

    let new = |before: &StoredPassword| NewPassword {
        user: hedy.user.id.clone(),
        before: before.clone(),
        password: StoredPassword::from_phc("another".into()),
        kept: kept.clone(),
    };
    let ended = store.change_password(new(&hedy.password), after(8)).await;
    let ended = ended.unwrap().unwrap();
    assert_eq!(ended, [(other.clone(), after(7))]);
    let late = store.change_password(new(&hedy.password), after(9)).await;
    assert!(late.unwrap().is_none(), "somebody was first");
    assert!(open(old).await.is_none(), "verified before the change");

    let right = Proof::Password(StoredPassword::from_phc("another".into()));
    let ended = store.disable(&hedy.user.id, after(10)).await.unwrap();
    assert_eq!(ended, [(kept, after(7))]);
    assert!(open(right.clone()).await.is_none(), "disabled");
    store.enable(&hedy.user.id).await.unwrap();
    assert!(open(right).await.is_some());
}

async fn lets_a_code_open_one_session(store: &Store) {
    let name: Username = "hedy".parse().unwrap();
    let hedy = store.user(&name).await.unwrap().unwrap();
    let code = ResetCode {
        hash: SecretHash([9; 32]),
        until: after(100),
        session: None,
    };
    let ended = store.reset_password(&hedy.user.id, &code, after(11)).await;
    assert_eq!(ended.unwrap().len(), 1);
    let session = opened_by(&hedy);
    for (id, hash, opens) in [
        (LoginSessionId::random(), 8, false),
        (session.id.clone(), 9, true),
        (LoginSessionId::random(), 9, false),
    ] {
        let session = LoginSession {
            id,
            ..session.clone()
        };
        let proof = Proof::ResetCode(SecretHash([hash; 32]));
        assert_eq!(
            store.add_session(session, proof, None).await.unwrap(),
            opens
        );
    }
    let found = store.user_by_id(&hedy.user.id).await.unwrap().unwrap();
    assert_eq!(found.reset.unwrap().session, Some(session.id));
}

async fn reads_users_of_the_build_before(store: &Store) {
    const SQL: &str =
        "INSERT INTO users (id, name, name_key, password, created_at) VALUES ($1, $2, $3, $4, $5)";
    let old = user("Old.Hand");
    let parameters = [
        old.user.id.as_str().into(),
        old.user.name.as_str().into(),
        old.user.name.key().into(),
        old.password.phc().into(),
        after(3).into(),
    ];
    store
        .rows("test", Statement::new(SQL, parameters))
        .await
        .unwrap();
    let found = store.user_by_id(&old.user.id).await.unwrap().unwrap();
    assert_eq!((found.user, found.seen_at), (old.user, after(3)));
    assert_eq!(found.disabled_at, None);
    let page = store.users_after("OLD.HAMD", 1).await.unwrap();
    assert_eq!(page[0].user.name.as_str(), "Old.Hand");
}

async fn leaves_nothing_of_a_user_but_that_their_sessions_are_over(store: &Store) {
    assert!(store.add_user(user("lise"), START).await.unwrap());
    let open = session(store, "lise", after(3600)).await;
    let id = &open.user.id;
    assert!(!store.finish_deletion(id).await.unwrap(), "not begun");
    for _ in 0..2 {
        store.begin_deletion(id, after(20)).await.unwrap();
    }
    let name: Username = "lise".parse().unwrap();
    assert!(store.user(&name).await.unwrap().is_none());
    assert!(
        !store.add_user(user("LISE"), START).await.unwrap(),
        "still taken"
    );
    assert_eq!(
        store.deletions(10).await.unwrap(),
        std::slice::from_ref(&open.user)
    );
    let noted = |outcome| AuditEvent {
        subject: Subject::User(id.clone()),
        session: Some(open.id.clone()),
        address: Some([192, 0, 2, 7].into()),
        ..AuditEvent::new(after(20), "deletion", outcome)
    };
    store.add_audit_events(vec![noted("ok")]).await.unwrap();
    for _ in 0..2 {
        assert!(store.finish_deletion(id).await.unwrap());
    }
    store.add_audit_events(vec![noted("late")]).await.unwrap();
    let [late, before] = &store.audit_events(&every_event()).await.unwrap()[..] else {
        panic!("what was noted stays");
    };
    assert_eq!([&late.user_id, &before.user_id], ["", ""]);
    assert_eq!([&before.session, &before.address], ["", ""]);
    assert_eq!(store.forget_audit_events(after(21)).await.unwrap(), 2);
    assert_eq!(store.deletions(10).await.unwrap(), []);
    assert!(store.session(&open.id).await.unwrap().is_none());
    let mark = RevocationEntry {
        event: Event::Revoked(open.id),
        at: after(20),
    };
    assert!(store.marks_since(after(20)).await.unwrap().contains(&mark));
    // Other cases of the same store have ended some too.
    assert!(store.forget_revoked_sessions(after(21)).await.unwrap() >= 1);
    assert!(!store.marks_since(after(20)).await.unwrap().contains(&mark));
    assert!(store.add_user(user("lise"), START).await.unwrap());
}

async fn finds_guests_who_were_not_seen(store: &Store) {
    let guest = |name: &str| StoredUser {
        user: User {
            guest: true,
            ..user(name).user
        },
        password: StoredPassword::none(),
    };
    let (old, new) = (guest("guest-old"), guest("guest-new"));
    assert!(store.add_user(old.clone(), after(1)).await.unwrap());
    assert!(store.add_user(new.clone(), after(1)).await.unwrap());
    store.note_seen(&new.user.id, after(9)).await.unwrap();
    let found = store.guests_not_seen_since(after(9), 10).await.unwrap();
    assert_eq!(found, [old.user.id]);
}

async fn forgets_what_has_ended_piece_by_piece(store: &Store) {
    let ended = session(store, "ada", after(100)).await;
    let going_on = session(store, "ada", after(101)).await;
    assert_eq!(store.forget_sessions(after(101)).await.unwrap(), 1);
    assert!(store.session(&ended.id).await.unwrap().is_none());
    assert!(store.session(&going_on.id).await.unwrap().is_some());
}

async fn keeps_the_first_key_of_a_generation(store: &Store) {
    use secrecy::ExposeSecret;
    let key = |mark: u8, published_at| StoredKey {
        generation: 7,
        published_at,
        signs_from: None,
        pkcs8: vec![mark; 48].into(),
    };
    store.add_signing_key(key(1, after(1))).await.unwrap();
    store.add_signing_key(key(2, after(2))).await.unwrap();
    let keys = store.signing_keys().await.unwrap();
    assert_eq!(keys.len(), 1);
    assert_eq!((keys[0].generation, keys[0].published_at), (7, after(1)));
    assert_eq!(keys[0].pkcs8.expose_secret(), [1; 48]);
    store.forget_signing_key(7).await.unwrap();
    assert!(store.signing_keys().await.unwrap().is_empty());
}

async fn keeps_the_first_secret_of_a_name(store: &Store) {
    use secrecy::ExposeSecret;
    for fresh in [1, 2] {
        let secret = store.secret("test", vec![fresh; 32].into()).await.unwrap();
        assert_eq!(secret.expose_secret(), [1; 32]);
    }
}
