//! Secrets that the servers of one database share, made by the first of them. They seal what is handed to clients and comes back
//! (cursors), and hide whose a count in Redis is; a stolen one lets a thief make up cursors and guess names of counts, and nothing
//! else.

use super::{clock::random, db::Db, error::StoreError};

/// The secret of this name, made now if it was never there.
pub async fn kept(db: &Db, name: &'static str) -> Result<[u8; 32], StoreError> {
    let fresh = hex::encode(random::<32>());
    let mut tx = db.begin().await?;
    let text = "insert into secrets (name, value) values ($1, $2) on conflict (name) do nothing";
    tx.on().query(text).bind(name.to_owned()).bind(fresh).execute().await?;
    let kept =
        tx.on().query("select value from secrets where name = $1").bind(name.to_owned()).scalar::<String>().await?;
    tx.commit().await?;
    let mut secret = [0; 32];
    hex::decode_to_slice(kept.unwrap_or_default(), &mut secret)
        .map_err(|_| StoreError::Broken(format!("the secret `{name}` is not 32 bytes")))?;
    Ok(secret)
}
