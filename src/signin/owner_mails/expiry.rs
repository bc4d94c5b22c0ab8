//! Tells owners that a key expires: 14, 7 and 1 days before, each once. After a time in which no server ran, the warning that fits
//! now is sent, and not those that were missed. Another end of a key begins anew.
//!
//! No mail is written for a warning that would have been due before the key was made: who made it has just chosen that end. Nor
//! for a key whose replacement took over: it outlives the key and is in use, and nothing has called with the old key lately.

use std::time::Duration;

use serde::Deserialize;

use super::{put_to_owners, stage::Stage, unscoped};
use crate::{
    access::{
        keys::{self, KeyError},
        stored::{KeyId, StoredKey, replacements_of},
    },
    mail::outbox::MailKind,
    operation::app::App,
    store::{
        error::StoreError,
        id::StudioId,
        instant::Instant,
        record::Record,
        studio::{StudioOn, StudioTx},
    },
};

/// How often keys are looked at.
pub const LOOK_EVERY: Duration = Duration::from_mins(1);
/// How long the clock must have run since it was set: by a wrong one, keys seem to expire.
pub const AFTER_A_STEP: Duration = Duration::from_hours(1);
/// Keys that are read at once.
const AT_ONCE: u32 = 100;
/// A key that was not called for so long is not missed: longer than from one weekly job to the next.
const QUIET: Duration = Duration::from_hours(8 * 24);

/// Which warning was written last.
#[derive(Debug, Deserialize)]
struct ExpiryNotice {
    expires_at: Instant,
    days: u32,
}

impl Record for ExpiryNotice {}

/// Writes the mails about all keys that expire soon.
///
/// # Errors
/// When the database fails; a key that fails does not keep the others waiting.
pub async fn notify_due(app: &App) -> Result<(), StoreError> {
    let (mut failed, mut after) = (None, None);
    loop {
        let due = unscoped::expiring(app.db.read(), app.clock.now(), after.as_ref(), AT_ONCE).await?;
        for key in &due {
            failed = notify(app, key.studio_id, key.id).await.err().or(failed);
        }
        after = due.into_iter().next_back();
        if after.is_none() {
            return failed.map_or(Ok(()), Err);
        }
    }
}

async fn notify(app: &App, studio: StudioId, id: KeyId) -> Result<(), StoreError> {
    let mut tx = app.db.begin_studio(&app.clock, studio, 1).await?;
    let now = tx.now.clock;
    // Locked, so that of two instances the second sees the notice of the first.
    let key = match keys::lock(tx.on(), id).await {
        Ok(key) if key.ended_at(now).is_none() => key,
        Err(KeyError::Store(error)) => return Err(error),
        Ok(_) | Err(_) => return Ok(()),
    };
    let Some((end, stage)) = key.expires_at.and_then(|end| Some((end, Stage::of(end, now)?))) else { return Ok(()) };
    let last = last_notice(tx.on(), id).await?;
    if last.is_some_and(|last| last.expires_at == end && last.days <= stage.days()) {
        return Ok(());
    }
    let replacements = replacements_of(tx.on(), id).await?;
    let was_made_before = key.created_at < end.minus(stage.span());
    if was_made_before && !is_taken_over(&key, StoredKey::replacement(&replacements, id, now), now) {
        put_to_owners(app, &mut tx, MailKind::KeyExpires, id, &id.to_string()).await?;
    }
    note(&mut tx, id, end, stage).await?;
    tx.tx.commit().await?;
    app.outbox_signal.notify();
    Ok(())
}

/// Whether a key's replacement does its work, as far as is known.
fn is_taken_over(key: &StoredKey, replacement: Option<&StoredKey>, now: Instant) -> bool {
    let is_quiet = key.last_used_at.max(key.uses_unknown_before).is_none_or(|used| used < now.minus(QUIET));
    let outlives = |new: &&StoredKey| new.expires_at.is_none_or(|end| key.expires_at.is_some_and(|old| old < end));
    is_quiet && replacement.filter(outlives).is_some_and(|new| new.last_used_at.is_some())
}

async fn last_notice(on: StudioOn<'_>, id: KeyId) -> Result<Option<ExpiryNotice>, StoreError> {
    let text = "select {row} from key_expiry_notices where studio_id = $1 and key_id = $2";
    on.query(text).bind(id).optional().await
}

/// Notes that the warning of a stage was written, or that none is needed.
async fn note(tx: &mut StudioTx, id: KeyId, end: Instant, stage: Stage) -> Result<(), StoreError> {
    let now = tx.now.clock;
    let text = "insert into key_expiry_notices (studio_id, key_id, expires_at, days, noticed_at) values ($1, $2, $3, $4, $5) \
        on conflict (studio_id, key_id) do update set expires_at = excluded.expires_at, days = excluded.days, \
        noticed_at = excluded.noticed_at";
    let statement = tx.query(text).bind(id).bind(end).bind(i64::from(stage.days())).bind(now);
    statement.execute().await.map(drop)
}
