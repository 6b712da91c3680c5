//! Login sessions: what their tokens do, and how they end.

use super::*;

pub(super) async fn rotates_only_what_is_newest_and_not_revoked(store: &Store) {
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

pub(super) async fn remembers_when_a_session_was_first_revoked(store: &Store) {
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

pub(super) async fn remembers_the_newest_review_of_a_session_that_goes_on(store: &Store) {
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

pub(super) async fn knows_from_where_an_account_was_used(store: &Store) {
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

pub(super) async fn lists_the_sessions_of_a_user_that_have_not_ended(store: &Store) {
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

pub(super) async fn lets_a_code_open_one_session(store: &Store) {
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

pub(super) async fn forgets_what_has_ended_piece_by_piece(store: &Store) {
    let ended = session(store, "ada", after(100)).await;
    let going_on = session(store, "ada", after(101)).await;
    assert_eq!(store.forget_sessions(after(101)).await.unwrap(), 1);
    assert!(store.session(&ended.id).await.unwrap().is_none());
    assert!(store.session(&going_on.id).await.unwrap().is_some());
}
