//! What a key may do and does not: scopes that no call needed. Called by the dashboard. It promises to call no scope unused before
//! it has watched the key for the whole window, and it forgets a finding by itself once the scope is used.

use std::{collections::BTreeMap, time::Duration};

use serde::Deserialize;

use super::{
    scope::{Scope, ScopeSet},
    stored::{KeyId, StoredKey},
    table::Table,
};
use crate::store::{error::StoreError, instant::Instant, record::Record, studio::StudioOn};

/// How long a scope has to be unused, in days.
pub const WINDOW_DAYS: u64 = 30;
const WINDOW: Duration = Duration::from_hours(WINDOW_DAYS * 24);

/// The scopes that each key of a studio was called for within the window. A refused call counts: its caller wants the scope.
#[derive(Debug, Default)]
pub struct UsedScopes(BTreeMap<KeyId, Vec<Scope>>);

#[derive(Deserialize)]
struct OperationOfKey {
    key_id: KeyId,
    operation: String,
}

impl Record for OperationOfKey {}

impl UsedScopes {
    /// Of a studio's keys; the table says which operation takes which scope.
    pub async fn read(on: StudioOn<'_>, table: &Table, now: Instant) -> Result<Self, StoreError> {
        let text = "select key_id, operation from key_usage where hour >= $2 \
            and key_id in (select id from keys where studio_id = $1) group by key_id, operation";
        let called: Vec<OperationOfKey> = on.query(text).bind(now.minus(WINDOW).hour()).all().await?;
        let scopes: BTreeMap<_, _> = table.rules().iter().filter_map(|rule| Some((rule.id, rule.needs?))).collect();
        let mut used: BTreeMap<KeyId, Vec<Scope>> = BTreeMap::new();
        for OperationOfKey { key_id, operation } in called {
            used.entry(key_id).or_default().extend(scopes.get(operation.as_str()));
        }
        Ok(Self(used))
    }

    /// The scopes of a key that no call needed within the window; `None` where there are none, where the key is too young, or
    /// where it was not used at all, which is another finding.
    pub fn unused_of(&self, key: &StoredKey, now: Instant) -> Option<ScopeSet> {
        let since = now.minus(WINDOW);
        let was_watched = key.created_at <= since && key.uses_unknown_before.is_none_or(|before| before <= since);
        let used = self.0.get(&key.id).filter(|_| was_watched && key.ended_at(now).is_none())?;
        let (needed, unused): (Vec<_>, Vec<_>) = key.scopes.iter().partition(|scope| used.contains(scope));
        (!needed.is_empty() && !unused.is_empty()).then(|| unused.into_iter().collect())
    }
}
