//! What people call the studio's keys. Taken by the pages of activity and audit, whose rows have ids.

use std::collections::BTreeMap;

use super::log_page::FilterChoice;
use crate::{
    access::{
        keys,
        stored::{KeyId, StoredKey},
    },
    operation::app::App,
    store::{error::StoreError, id::StudioId},
};

/// Keys that were revoked or have expired; older ones are shown by their id.
const ENDED: i64 = 500;

/// The studio's keys, by what people call them.
pub(super) struct KeyNames(BTreeMap<KeyId, String>);

impl KeyNames {
    /// Of the keys of a studio that work, and of the latest that have ended.
    pub(super) async fn read(app: &App, studio: StudioId) -> Result<Self, StoreError> {
        let now = app.clock.now();
        let mut found = keys::list_working(app.db.of(studio), now).await?;
        found.extend(keys::list_ended(app.db.of(studio), now, ENDED).await?);
        Ok(Self::of(&found))
    }

    /// Of these keys.
    pub(super) fn of(keys: &[StoredKey]) -> Self {
        Self(keys.iter().map(|key| (key.id, label(key))).collect())
    }

    /// The name of a key; its id if there is no such key.
    pub(super) fn name(&self, id: KeyId) -> String {
        self.0.get(&id).cloned().unwrap_or_else(|| id.to_string())
    }

    /// The keys as choices of a filter.
    pub(super) fn choices(&self, chosen: Option<&str>) -> Vec<FilterChoice> {
        self.0.iter().map(|(id, name)| FilterChoice::of(id.to_string(), name.clone(), chosen)).collect()
    }
}

/// Names need not be unique, so the masked key follows.
fn label(key: &StoredKey) -> String {
    format!("{} · {}", key.name, key.masked())
}
