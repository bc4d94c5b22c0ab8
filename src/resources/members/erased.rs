//! Who was erased stays so: of the address a hash is kept, by which a spreadsheet or an invitation that would bring the
//! person back is refused. `members readmit` forgets it, for somebody who wants to return.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::model::{Membership, key_of};
use crate::{
    store::{
        db::{On, Tx},
        error::StoreError,
        id::StudioId,
        instant::Instant,
        record::Record,
    },
    wire::{
        problem::{Code, Problem},
        text::Email,
    },
};

/// What is said of an address whose person was erased.
pub const ERASED: &str = "is that of an erased person, who does not come back by themselves: \
    `flow-gateway members readmit` lets somebody return who asks for it";

/// What is kept of an address: nothing that tells it, and another in each studio.
fn digest(studio: StudioId, key: &str) -> String {
    hex::encode(Sha256::digest(format!("{studio}\n{key}")))
}

/// Notes that the person of this address was erased.
pub async fn note(tx: &mut Tx, studio: StudioId, person: &Membership, now: Instant) -> Result<(), StoreError> {
    if person.is_erased() {
        return Ok(());
    }
    let text = "insert into erased_people (studio_id, digest, erased_at) values ($1, $2, $3) on conflict do nothing";
    let digest = digest(studio, &key_of(&person.email));
    tx.on().query(text).bind(studio).bind(digest).bind(now).execute().await.map(drop)
}

/// Lets somebody return; whether the address was that of a person who was erased.
pub async fn readmit(tx: &mut Tx, studio: StudioId, email: &Email) -> Result<bool, StoreError> {
    let text = "delete from erased_people where studio_id = $1 and digest = $2";
    let digest = digest(studio, &key_of(email));
    Ok(tx.on().query(text).bind(studio).bind(digest).execute().await? > 0)
}

/// Those of these addresses, as keys, whose person was erased.
pub async fn among(on: On<'_>, studio: StudioId, keys: &[String]) -> Result<HashSet<String>, StoreError> {
    let asked = on.engine().one_of("digest", 2);
    let text =
        format!("select {{rows}} from (select digest from erased_people where studio_id = $1 and {asked}) as found");
    let digests: Vec<_> = keys.iter().map(|key| digest(studio, key)).collect();
    let found = on.query(text).bind(studio).bind(json!(digests).to_string()).all::<Found>().await?;
    let found: HashSet<_> = found.into_iter().map(|found| found.digest).collect();
    Ok(keys.iter().zip(digests).filter(|(_, digest)| found.contains(digest)).map(|(key, _)| key.clone()).collect())
}

/// Refuses an address whose person was erased.
///
/// # Errors
/// `person_erased`.
pub async fn refuse(tx: &mut Tx, studio: StudioId, email: &Email) -> Result<(), Problem> {
    if among(tx.on(), studio, &[key_of(email)]).await?.is_empty() {
        return Ok(());
    }
    let detail = "The person with this `email` was erased, and is not invited again by itself. If they want to return, \
        the studio's staff let them with `flow-gateway members readmit`.";
    Err(Problem::new(Code::PersonErased, detail))
}

#[derive(Deserialize)]
struct Found {
    digest: String,
}

impl Record for Found {}
