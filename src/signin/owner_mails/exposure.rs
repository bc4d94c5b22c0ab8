//! Tells owners that a secret key was exposed: one mail for each exposure, that is for each place where the key was seen, and
//! none for further calls from there.
//!
//! Promises that a stranger who has a key floods no mailbox by inventing places: owners get at most three mails about one key
//! in a day, and one more if a report revoked it; and at most thirty about all keys of the studio, so that nobody floods them by
//! exposing keys that they make. Nobody is told of a key that had ended before.

use std::time::Duration;

use serde::Deserialize;

use super::{put_to_owners, unscoped};
use crate::{
    access::{
        exposure_id::ExposureId,
        keys::{self, KeyError},
        stored::{KeyId, StoredKey},
    },
    mail::outbox::MailKind,
    operation::app::App,
    store::{
        error::StoreError,
        instant::Instant,
        record::Record,
        studio::{StudioOn, StudioTx},
    },
};

/// How often exposures are looked for.
pub const LOOK_EVERY: Duration = Duration::from_secs(10);
/// Exposures that are read at once.
const AT_ONCE: u32 = 100;
/// Exposures of one key that owners get a mail about in a day.
const MOST_IN_A_DAY: i64 = 3;
/// Exposures of one studio that owners get a mail about in a day.
const MOST_OF_STUDIO: i64 = 30;
const DAY: Duration = Duration::from_hours(24);

/// Writes the mails about all exposures that nobody was told of.
///
/// # Errors
/// When the database fails; an exposure that fails does not keep the others waiting.
pub async fn notify_new(app: &App) -> Result<(), StoreError> {
    let (mut failed, mut after) = (None, None);
    loop {
        let new = unscoped::exposed(app.db.read(), after.as_ref(), AT_ONCE).await?;
        for exposure in &new {
            failed = notify(app, exposure).await.err().or(failed);
        }
        after = new.into_iter().next_back();
        if after.is_none() {
            return failed.map_or(Ok(()), Err);
        }
    }
}

async fn notify(app: &App, exposure: &unscoped::NewExposure) -> Result<(), StoreError> {
    let mut tx = app.db.begin_studio(&app.clock, exposure.studio_id, 1).await?;
    let (now, id) = (tx.now.clock, exposure.id);
    // Locked, so that of two instances the second sees what the first has noted.
    let key = match keys::lock(tx.on(), exposure.key_id).await {
        Ok(key) => key,
        Err(KeyError::Store(error)) => return Err(error),
        Err(_) => return Ok(()),
    };
    let Some(found) = unnoticed(tx.on(), id).await? else { return Ok(()) };
    let is_told = is_worth_telling(&key, found.first_seen_at, now)
        && mailed_in_studio(tx.on(), now.minus(DAY)).await? < MOST_OF_STUDIO
        && (was_revoked_by_it(&key, found.first_seen_at)
            || mailed_since(tx.on(), key.id, now.minus(DAY)).await? < MOST_IN_A_DAY);
    if is_told {
        put_to_owners(app, &mut tx, MailKind::KeyExposed, key.id, &id.to_string()).await?;
    }
    note(&mut tx, id, is_told).await?;
    tx.tx.commit().await?;
    app.outbox_signal.notify();
    Ok(())
}

/// Whether the key worked when it was seen.
fn is_worth_telling(key: &StoredKey, seen_at: Instant, now: Instant) -> bool {
    key.ended_at(now).is_none_or(|ended| ended >= seen_at)
}

/// Whether the report revoked the key: both take the moment of one transaction.
fn was_revoked_by_it(key: &StoredKey, seen_at: Instant) -> bool {
    key.revoked_at == Some(seen_at)
}

#[derive(Deserialize)]
struct Unnoticed {
    first_seen_at: Instant,
}

impl Record for Unnoticed {}

const OF_THE_STUDIO: &str = "exists (select 1 from keys as k where k.id = key_exposures.key_id and k.studio_id = $1)";

async fn unnoticed(on: StudioOn<'_>, id: ExposureId) -> Result<Option<Unnoticed>, StoreError> {
    let text = format!("select {{row}} from key_exposures where id = $2 and noticed_at is null and {OF_THE_STUDIO}");
    on.query(text).bind(id).optional().await
}

/// How many exposures of a key owners got a mail about since a time.
async fn mailed_since(on: StudioOn<'_>, key: KeyId, since: Instant) -> Result<i64, StoreError> {
    let text = format!("select count(*) from key_exposures where key_id = $2 and mailed_at > $3 and {OF_THE_STUDIO}");
    Ok(on.query(text).bind(key).bind(since).scalar().await?.unwrap_or_default())
}

/// How many exposures of all keys owners got a mail about since a time.
async fn mailed_in_studio(on: StudioOn<'_>, since: Instant) -> Result<i64, StoreError> {
    let text = format!("select count(*) from key_exposures where mailed_at > $2 and {OF_THE_STUDIO}");
    Ok(on.query(text).bind(since).scalar().await?.unwrap_or_default())
}

async fn note(tx: &mut StudioTx, id: ExposureId, is_told: bool) -> Result<(), StoreError> {
    let now = tx.now.clock;
    let text = format!("update key_exposures set noticed_at = $3, mailed_at = $4 where id = $2 and {OF_THE_STUDIO}");
    tx.query(text).bind(id).bind(now).bind(is_told.then_some(now)).execute().await.map(drop)
}
