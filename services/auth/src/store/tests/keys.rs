//! Signing keys and secrets.

use super::*;

pub(super) async fn remembers_of_a_revoked_key_that_it_was_one(store: &Store) {
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

pub(super) async fn keeps_the_first_key_of_a_generation(store: &Store) {
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

pub(super) async fn keeps_the_first_secret_of_a_name(store: &Store) {
    use secrecy::ExposeSecret;
    for fresh in [1, 2] {
        let secret = store.secret("test", vec![fresh; 32].into()).await.unwrap();
        assert_eq!(secret.expose_secret(), [1; 32]);
    }
}
