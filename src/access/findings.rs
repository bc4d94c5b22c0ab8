//! What a key may do and does not: scopes that no call needed. Called by the dashboard. It promises to call no scope unused before
//! it has watched the key for the whole window, and it forgets a finding by itself once the scope is used. A finding that somebody
//! put aside with a reason is not reported while the scope stays unused.

use std::{collections::BTreeMap, time::Duration};

use serde::Deserialize;

use super::{
    put_aside::{self, PutAsideFinding, needed_scopes},
    scope::{Scope, ScopeSet},
    stored::{KeyId, StoredKey},
    table::Table,
};
use crate::store::{error::StoreError, instant::Instant, record::Record, studio::StudioOn};

/// How long a scope has to be unused, in days.
pub const WINDOW_DAYS: u64 = 30;
const WINDOW: Duration = Duration::from_hours(WINDOW_DAYS * 24);

/// What the use of a studio's keys within the window says. A refused call counts: its caller wants the scope.
#[derive(Debug, Default)]
pub struct Findings {
    /// The scopes that each key was called for.
    used: BTreeMap<KeyId, Vec<Scope>>,
    put_aside: Vec<PutAsideFinding>,
}

#[derive(Deserialize)]
struct OperationOfKey {
    key_id: KeyId,
    operation: String,
}

impl Record for OperationOfKey {}

impl Findings {
    /// Of a studio's keys; the table says which operation takes which scope.
    pub async fn read(on: StudioOn<'_>, table: &Table, now: Instant) -> Result<Self, StoreError> {
        let (mut on, scopes) = (on, needed_scopes(table));
        let text = "select key_id, operation from key_usage where hour >= $2 \
            and key_id in (select id from keys where studio_id = $1) group by key_id, operation";
        let called: Vec<OperationOfKey> = on.again().query(text).bind(now.minus(WINDOW).hour()).all().await?;
        let mut used: BTreeMap<KeyId, Vec<Scope>> = BTreeMap::new();
        for OperationOfKey { key_id, operation } in called {
            used.entry(key_id).or_default().extend(scopes.get(operation.as_str()));
        }
        Ok(Self { used, put_aside: put_aside::list(on, &scopes).await? })
    }

    /// The scopes of a key that no call needed within the window and nobody put aside; `None` where there are none, where the key
    /// is too young, or where it was not used at all, which is another finding.
    pub fn unused_of(&self, key: &StoredKey, now: Instant) -> Option<ScopeSet> {
        let unused = self.all_unused_of(key, now)?;
        let is_put_aside = |scope| self.put_aside.iter().any(|found| found.key_id == key.id && found.scope == scope);
        let left: ScopeSet = unused.iter().filter(|scope| !is_put_aside(*scope)).collect();
        (!left.is_empty()).then_some(left)
    }

    /// The findings about a key that somebody put aside and that would hold otherwise.
    pub fn put_aside_of(&self, key: &StoredKey, now: Instant) -> Vec<&PutAsideFinding> {
        let unused = self.all_unused_of(key, now).unwrap_or_default();
        self.put_aside.iter().filter(|found| found.key_id == key.id && unused.has(found.scope)).collect()
    }

    fn all_unused_of(&self, key: &StoredKey, now: Instant) -> Option<ScopeSet> {
        let since = now.minus(WINDOW);
        let was_watched = key.created_at <= since && key.uses_unknown_before.is_none_or(|before| before <= since);
        let used = self.used.get(&key.id).filter(|_| was_watched && key.ended_at(now).is_none())?;
        let (needed, unused): (Vec<_>, Vec<_>) = key.scopes.iter().partition(|scope| used.contains(scope));
        (!needed.is_empty() && !unused.is_empty()).then(|| unused.into_iter().collect())
    }
}
