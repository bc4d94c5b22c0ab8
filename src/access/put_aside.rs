//! Findings that somebody put aside: unused scopes that a key is to keep, and why. Called by [`super::findings`] and the dashboard.
//! Promises that such a note ends by itself when a call needs the scope, and that each change leaves an audit row.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    keys::{KeyError, check_reason, lock},
    scope::{Scope, ScopeSet},
    stored::KeyId,
    table::Table,
};
use crate::store::{
    audit::{Action, Actor, Subject},
    error::StoreError,
    instant::Instant,
    record::Record,
    studio::{StudioOn, StudioTx},
};

/// A row of the table `put_aside_findings`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PutAsideFinding {
    /// The key.
    pub key_id: KeyId,
    /// The scope that it is to keep.
    pub scope: Scope,
    /// Why.
    pub reason: String,
    /// When that was decided.
    pub put_aside_at: Instant,
    /// The hour of that.
    hour: Instant,
    /// Who decided it, as the row of a key names who made it.
    pub put_aside_by: String,
}

impl Record for PutAsideFinding {}

/// An operation that a key was called for after a finding about it was put aside.
#[derive(Deserialize)]
struct LaterUse {
    key_id: KeyId,
    scope: Scope,
    operation: String,
}

impl Record for LaterUse {}

/// The findings of a studio's keys that are put aside, without those whose scope was used since.
pub(super) async fn list(
    on: StudioOn<'_>,
    needed_scopes: &BTreeMap<&'static str, Scope>,
) -> Result<Vec<PutAsideFinding>, StoreError> {
    let mut on = on;
    let text = "select * from put_aside_findings where studio_id = $1 order by key_id, scope";
    let mut all: Vec<PutAsideFinding> = on.again().query(text).all().await?;
    if !all.is_empty() {
        let text = "select distinct p.key_id, p.scope, u.operation from put_aside_findings as p \
            join key_usage as u on u.key_id = p.key_id and u.hour >= p.hour where p.studio_id = $1";
        let used: Vec<LaterUse> = on.query(text).all().await?;
        let ends = |found: &PutAsideFinding, later: &LaterUse| {
            later.key_id == found.key_id
                && later.scope == found.scope
                && needed_scopes.get(later.operation.as_str()) == Some(&found.scope)
        };
        all.retain(|found| !used.iter().any(|later| ends(found, later)));
    }
    Ok(all)
}

/// The scope that each operation of a table needs.
pub(super) fn needed_scopes(table: &Table) -> BTreeMap<&'static str, Scope> {
    table.rules().iter().filter_map(|rule| Some((rule.id, rule.needs?))).collect()
}

/// Puts findings about a key aside: it is to keep these scopes. The caller has looked that they are unused.
///
/// # Errors
/// When there is no such key, the reason is missing or refused, or the database fails.
pub async fn put_aside(
    tx: &mut StudioTx,
    key: KeyId,
    scopes: ScopeSet,
    reason: &str,
    by: &Actor,
) -> Result<(), KeyError> {
    if reason.is_empty() {
        return Err(KeyError::Invalid(
            "a finding is put aside with a reason, so that others know why the key keeps the scope",
        ));
    }
    check_reason(reason)?;
    let now = tx.now.clock;
    lock(tx.on(), key).await?;
    for scope in scopes.iter() {
        let text = "delete from put_aside_findings where studio_id = $1 and key_id = $2 and scope = $3";
        tx.query(text).bind(key).bind(scope.name().to_owned()).execute().await?;
    }
    let row = |scope| PutAsideFinding {
        key_id: key,
        scope,
        reason: reason.to_owned(),
        put_aside_at: now,
        hour: now.hour(),
        put_aside_by: by.to_string(),
    };
    let rows: Vec<_> = scopes.iter().map(row).collect();
    tx.on().insert_all("put_aside_findings", &rows).await?;
    let action = Action::by(by, "keys.put_aside_finding", Subject::of(key)).made(&json!({"scopes": scopes}));
    Ok(tx.note(Action { reason: Some(reason.to_owned()), ..action }).await?)
}

/// Takes back that a finding was put aside; without one, nothing changes.
///
/// # Errors
/// When there is no such key, or the database fails.
pub async fn take_back(tx: &mut StudioTx, key: KeyId, scope: Scope, by: &Actor) -> Result<(), KeyError> {
    lock(tx.on(), key).await?;
    let text = "delete from put_aside_findings where studio_id = $1 and key_id = $2 and scope = $3";
    let taken = tx.query(text).bind(key).bind(scope.name().to_owned()).execute().await?;
    if taken > 0 {
        let action = Action::by(by, "keys.take_back_finding", Subject::of(key));
        tx.note(Action { before: Some(json!({"scopes": [scope]})), ..action }).await?;
    }
    Ok(())
}
