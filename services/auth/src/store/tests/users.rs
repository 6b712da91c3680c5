//! Users, and what is left of them.

use super::*;

pub(super) async fn keeps_users_by_name(store: &Store) {
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

pub(super) async fn lets_nobody_in_whose_password_is_another_by_now(store: &Store) {
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

pub(super) async fn reads_users_of_the_build_before(store: &Store) {
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

pub(super) async fn leaves_nothing_of_a_user_but_that_their_sessions_are_over(store: &Store) {
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

pub(super) async fn finds_guests_who_were_not_seen(store: &Store) {
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
