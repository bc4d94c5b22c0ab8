//! The queries over signing keys, which are the gateway's and no studio's.

use super::stored::SigningKey;
use crate::store::{
    db::{On, Tx},
    error::StoreError,
    instant::Instant,
    run::insert_unscoped,
};

/// All keys that are kept, the newest last.
pub async fn list(on: On<'_>) -> Result<Vec<SigningKey>, StoreError> {
    on.query("select * from signing_keys order by id").all().await
}

/// The same, kept from changing until the transaction ends: of two that rotate at once, the second finds what the first did.
pub async fn lock(tx: &mut Tx) -> Result<Vec<SigningKey>, StoreError> {
    match tx.engine() {
        crate::store::db::Engine::Sqlite => {}
        crate::store::db::Engine::Postgres => {
            tx.on().query("lock table signing_keys in share row exclusive mode").execute().await?;
        }
    }
    list(tx.on()).await
}

/// Writes a key.
pub async fn insert(tx: &mut Tx, key: &SigningKey) -> Result<(), StoreError> {
    insert_unscoped(tx.on(), "signing_keys", std::slice::from_ref(key), "").await
}

/// Has all other keys expire at a time, unless they do so before.
pub async fn expire_others(tx: &mut Tx, than: &SigningKey, at: Instant) -> Result<(), StoreError> {
    let text = "update signing_keys set expires_at = $2 where id <> $1 and (expires_at is null or expires_at > $2)";
    tx.on().query(text).bind(than.id).bind(at).execute().await.map(drop)
}

/// Removes keys that expired before a time.
pub async fn remove_expired(tx: &mut Tx, before: Instant) -> Result<(), StoreError> {
    let text = "delete from signing_keys where expires_at <= $1";
    tx.on().query(text).bind(before).execute().await.map(drop)
}
