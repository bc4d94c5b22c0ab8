//! Who was erased stays so: of the address a hash is kept, by which a spreadsheet or an invitation that would bring the
//! person back is refused. `members readmit` forgets it, for somebody who wants to return.

use std::collections::HashSet;

use sha2::{Digest, Sha256};

use super::{
    model::{Membership, key_of},
    queries,
};
use crate::{
    store::{
        error::StoreError,
        id::StudioId,
        instant::Instant,
        studio::{StudioOn, StudioTx},
    },
    wire::{
        problem::{Code, Problem},
        text::Email,
    },
};

/// What is said of an address whose person was erased.
pub const ERASED: &str = "is that of an erased person, who does not come back by themselves: \
    `flow-gateway members readmit` lets somebody return who asks for it";

/// What is kept of an address: a hash that does not reveal it, and differs in each studio.
fn digest(studio: StudioId, key: &str) -> String {
    hex::encode(Sha256::digest(format!("{studio}\n{key}")))
}

/// Notes that the person of this address was erased.
pub async fn note(tx: &mut StudioTx, person: &Membership, now: Instant) -> Result<(), StoreError> {
    if person.is_erased() {
        return Ok(());
    }
    let digest = digest(tx.studio, &key_of(&person.email));
    queries::note_erased(tx.on(), digest, now).await
}

/// Lets somebody return; whether the address was that of a person who was erased.
pub async fn readmit(tx: &mut StudioTx, email: &Email) -> Result<bool, StoreError> {
    let digest = digest(tx.studio, &key_of(email));
    queries::forget_erased(tx.on(), digest).await
}

/// Those of these addresses, as keys, whose person was erased.
pub async fn among(on: StudioOn<'_>, keys: &[String]) -> Result<HashSet<String>, StoreError> {
    let studio = on.studio();
    let digests: Vec<_> = keys.iter().map(|key| digest(studio, key)).collect();
    let found = queries::erased_among(on, &digests).await?;
    Ok(keys.iter().zip(digests).filter(|(_, digest)| found.contains(digest)).map(|(key, _)| key.clone()).collect())
}

/// Refuses an address whose person was erased.
///
/// # Errors
/// `person_erased`.
pub async fn refuse(tx: &mut StudioTx, email: &Email) -> Result<(), Problem> {
    if among(tx.on(), &[key_of(email)]).await?.is_empty() {
        return Ok(());
    }
    let detail = "The person with this `email` was erased, and is not invited again by itself. If they want to return, \
        the studio's staff let them with `flow-gateway members readmit`.";
    Err(Problem::new(Code::PersonErased, detail))
}
