//! Creating, listing, changing, rotating and revoking keys. Called by the command line and the dashboard, never by an API,
//! so that no key can create or widen another. Every change is committed through [`KeyDatabase`], which notifies the servers.

use std::time::Duration;

use ipnet::IpNet;
use serde_json::json;

pub use super::key_changes::{narrow, rename};
pub use super::key_queries::{count_working, find, list, list_ended, list_expiring, list_exposed, list_working, lock};
pub use super::key_settings::{DEFAULT_RATE, KeyError, Narrowing, NewKey, Replacement, check_name, check_reason};
use super::{
    history::Exposure,
    key::{KeyKind, MintedKey, mint},
    key_changes::audited,
    key_database::KeyDatabase,
    key_queries::lock_active,
    rotation_end,
    stored::{KeyId, StoredKey, replacements_of},
    surface::Surface,
    unscoped,
};
use crate::{
    store::{
        audit::{self, Action, Actor, Subject},
        db::Tx,
        error::StoreError,
        id::StudioId,
        instant::Instant,
        studio::StudioOn,
    },
    wire::mask::mask_keys,
};

/// A new key, with its text, which is not stored.
pub struct Created {
    /// The row.
    pub stored: StoredKey,
    /// The text, shown once.
    pub minted: MintedKey,
}

/// Creates a key.
///
/// # Errors
/// When its parts do not fit its kind, or the database fails.
pub async fn create<'h>(
    database: impl Into<KeyDatabase<'h>>,
    studio: StudioId,
    new: NewKey,
    by: impl Into<Actor>,
    now: Instant,
) -> Result<Created, KeyError> {
    create_as(database, studio, KeyId::new(now), new, by, now).await
}

/// Makes a key with this id, which is part of the form: a form that is sent twice makes one key.
///
/// # Errors
/// As [`create`]; [`StoreError::Taken`] when there is a key with this id.
pub async fn create_as<'h>(
    database: impl Into<KeyDatabase<'h>>,
    studio: StudioId,
    id: KeyId,
    new: NewKey,
    by: impl Into<Actor>,
    now: Instant,
) -> Result<Created, KeyError> {
    new.check()?;
    let database = database.into();
    let (tx, by) = (database.begin().await?, by.into());
    let made = build(studio, (id, new), &by.to_string(), now, None);
    add(database, tx, ("keys.create", &by), made).await
}

/// Writes a new key with its audit entry, and commits.
async fn add(
    database: KeyDatabase<'_>,
    mut tx: Tx,
    (name, by): (&'static str, &Actor),
    created: Created,
) -> Result<Created, KeyError> {
    let StoredKey { id, studio_id, created_at, .. } = &created.stored;
    let mut on = tx.on().of(*studio_id);
    on.again().insert("keys", &created.stored).await?;
    let action = Action { after: Some(audited(&created.stored)), ..Action::by(by, name, Subject::of(*id)) };
    audit::add(on, action, *created_at).await?;
    database.commit(tx).await?;
    Ok(created)
}

fn build(studio: StudioId, (id, new): (KeyId, NewKey), by: &str, now: Instant, old: Option<&StoredKey>) -> Created {
    let minted = mint(new.kind);
    let stored = StoredKey {
        id,
        studio_id: studio,
        public_id: minted.id,
        kind: new.kind,
        name: new.name,
        used_by: new.used_by,
        scopes: new.scopes,
        origins: new.origins,
        networks: new.networks,
        rate_limit: new.rate_limit,
        fingerprint: minted.fingerprint,
        last_four: minted.last_four.clone(),
        publishable: (new.kind == KeyKind::Publishable).then(|| minted.reveal().to_owned()),
        lineage: old.map_or(id, |old| old.lineage),
        replaces: old.map(|old| old.id),
        expires_at: new.expires_in.map(|span| now.plus(span)),
        created_at: now,
        created_by: by.to_owned(),
        last_used_at: None,
        last_used_from: None,
        uses_unknown_before: None,
        revoked_at: None,
        revoked_by: None,
        revoke_reason: None,
    };
    Created { stored, minted }
}

/// Creates a key's replacement with the same or fewer scopes; the old key works until it is revoked. The replacement of a
/// key that expires, expires with it unless another lifetime is asked for.
///
/// # Errors
/// When the old key is gone, revoked or expired, when it is being replaced already, when the scopes are wider, or the
/// database fails.
pub async fn rotate<'h>(
    database: impl Into<KeyDatabase<'h>>,
    studio: StudioId,
    id: KeyId,
    to: Replacement,
    by: impl Into<Actor>,
    now: Instant,
) -> Result<Created, KeyError> {
    rotate_as(database, studio, id, KeyId::new(now), to, by, now).await
}

/// Makes a key's replacement with this id, which is part of the form: a form that is sent twice makes one.
///
/// # Errors
/// As [`rotate`]; [`StoreError::Taken`] when there is a key with this id.
pub async fn rotate_as<'h>(
    database: impl Into<KeyDatabase<'h>>,
    studio: StudioId,
    id: KeyId,
    new_id: KeyId,
    to: Replacement,
    by: impl Into<Actor>,
    now: Instant,
) -> Result<Created, KeyError> {
    let database = database.into();
    let mut tx = database.begin().await?;
    let old = lock_active(tx.on().of(studio), id).await?;
    if old.is_expired(now) {
        return Err(KeyError::Expired(id));
    }
    let replacements = replacements_of(tx.on().of(studio), id).await?;
    if let Some(new) = StoredKey::replacement(&replacements, id, now) {
        return Err(KeyError::AlreadyReplaced { old: id, new: new.id });
    }
    let (by, own_end) = (by.into(), rotation_end::own_end(tx.on().of(studio), &old).await?);
    // Without days this ends what was chosen for a replacement before: the old key works on, as somebody chooses now.
    rotation_end::choose_in(tx.on().of(studio), old.clone(), to.end_old_after, &by, now).await?;
    let scopes = to.scopes.unwrap_or(old.scopes);
    if !scopes.is_within(old.scopes) {
        return Err(KeyError::Widened("these scopes"));
    }
    let expires_in = to.expires_in.or(own_end.map(|end| span(now, end)));
    let new = NewKey { scopes, expires_in, ..NewKey::like(&old) };
    new.check_settings()?;
    let made = build(studio, (new_id, new), &by.to_string(), now, Some(&old));
    add(database, tx, ("keys.rotate", &by), made).await
}

fn span(from: Instant, to: Instant) -> Duration {
    Duration::from_micros(u64::try_from(to.micros() - from.micros()).unwrap_or_default())
}

/// Revokes a key. Revoking twice changes nothing.
///
/// # Errors
/// When there is no such key, or the database fails.
pub async fn revoke<'h>(
    database: impl Into<KeyDatabase<'h>>,
    studio: StudioId,
    id: KeyId,
    reason: Option<String>,
    by: impl Into<Actor>,
    now: Instant,
) -> Result<StoredKey, KeyError> {
    let database = database.into();
    let mut tx = database.begin().await?;
    let mut key = lock(tx.on().of(studio), id).await?;
    // The reason may contain the key.
    let reason = reason.map(|reason| mask_keys(&reason).into_owned());
    let by = by.into();
    if end(tx.on().of(studio), &mut key, Action::by(&by, "keys.revoke", Subject::of(id)), &by.to_string(), reason, now)
        .await?
    {
        database.commit(tx).await?;
    }
    Ok(key)
}

/// Revokes a key in a transaction, with its audit entry; `false` if it was revoked before.
async fn end(
    mut on: StudioOn<'_>,
    key: &mut StoredKey,
    action: Action,
    by: &str,
    reason: Option<String>,
    now: Instant,
) -> Result<bool, StoreError> {
    if key.revoked_at.is_some() {
        return Ok(false);
    }
    key.revoked_at = Some(now);
    key.revoked_by = Some(by.to_owned());
    key.revoke_reason.clone_from(&reason);
    on.again().update("keys", &*key).await?;
    let revoked = action.changed(&json!({"revoked_at": null}), &json!({"revoked_at": now}));
    audit::add(on, Action { reason, ..revoked }, now).await?;
    Ok(true)
}

/// A report that a key was found where it should not be.
pub(super) struct ExposureReport {
    /// What is stored as the origin of the exposure.
    pub origin: String,
    /// Who revokes the key, in the audit log.
    pub by: &'static str,
    /// Why.
    pub reason: &'static str,
    /// The reporter's network.
    pub from: IpNet,
}

impl ExposureReport {
    /// A report by somebody in a network.
    pub(super) fn from_network(from: IpNet) -> Self {
        let (by, reason) = ("exposure report", "reported as exposed");
        Self { origin: Exposure::report_from(from), by, reason, from }
    }
}

/// Revokes a key that was reported as exposed, and records the exposure, also of a key that was revoked
/// before. Its last use stays what it was.
///
/// # Errors
/// When there is no such key, or the database fails.
pub(super) async fn quarantine<'d>(
    database: impl Into<KeyDatabase<'d>>,
    studio: StudioId,
    id: KeyId,
    report: ExposureReport,
    now: Instant,
) -> Result<(), KeyError> {
    let ExposureReport { origin, by, reason, from } = report;
    let database = database.into();
    let mut tx = database.begin().await?;
    let mut key = lock(tx.on().of(studio), id).await?;
    unscoped::note_exposure(tx.on(), id, origin, Surface::Studio.name(), now, 1).await?;
    let actor = Actor { from: Some(from), ..by.into() };
    let action = Action::by(&actor, "keys.revoke", Subject::of(id));
    if end(tx.on().of(studio), &mut key, action, by, Some(reason.to_owned()), now).await? {
        database.commit(tx).await?;
    } else {
        tx.commit().await?;
    }
    Ok(())
}

/// What a key is to be that is like one which was revoked or has expired: the same settings and the same lifetime.
///
/// # Errors
/// When there is no such key, when it is in use, or the database fails.
pub async fn like(on: StudioOn<'_>, id: KeyId, now: Instant) -> Result<NewKey, KeyError> {
    let mut on = on;
    let old = find(on.again(), id).await?;
    if old.ended_at(now).is_none() {
        return Err(KeyError::StillWorks(id));
    }
    let own_end = rotation_end::own_end(on, &old).await?;
    Ok(NewKey { expires_in: own_end.map(|end| span(old.created_at, end)), ..NewKey::like(&old) })
}
