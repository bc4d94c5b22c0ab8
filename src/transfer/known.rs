//! The rows that the lines of a batch are about, and what is known of them: a line whose `id` or `external_id` a row of the
//! studio has is about that row.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::{Stopped, importable::Importable, last_import::LastImport, staging::Staging, store};
use crate::store::{id::Id, row::Row};

/// What is known of the rows that a batch is about.
pub struct KnownRows<T: Importable> {
    rows: HashMap<Id<T>, Row<T>>,
    named: HashMap<String, Id<T>>,
    /// Whose consent was taken back here.
    pub withdrawn: HashSet<Id<T>>,
    /// What lines said of them last.
    pub last: LastImport,
}

impl<T: Importable> KnownRows<T> {
    /// Reads it.
    pub async fn of(staging: &mut Staging, resource: &str, batch: &[(u64, Value)]) -> Result<Self, Stopped> {
        let told = |field: &'static str| -> Vec<_> {
            batch.iter().filter_map(|(_, sent)| sent.get(field)?.as_str()).collect()
        };
        let (ids, external_ids) = (told("id"), told("external_id"));
        let named = store::named::<T>(staging, &external_ids).await?;
        let mut all: Vec<_> = ids.iter().map(|&id| id.to_owned()).collect();
        all.extend(named.values().map(ToString::to_string));
        let rows = store::having::<T>(staging.tx.on(), "id", &all).await?;
        let last = LastImport::of(staging, resource, &all, &external_ids).await?;
        let found: Vec<_> = rows.iter().map(|row| row.id).collect();
        let withdrawn = T::withdrawn(staging.tx.on(), &found).await?;
        Ok(Self { rows: rows.into_iter().map(|row| (row.id, row)).collect(), named, withdrawn, last })
    }

    /// The row that a line is about, and the field that says so.
    pub fn row(&self, sent: &Value) -> Option<(&Row<T>, &'static str)> {
        let told = |field: &str| sent.get(field).and_then(Value::as_str);
        match told("id") {
            Some(id) => Some((self.rows.get(&id.parse().ok()?)?, "/id")),
            None => Some((self.rows.get(self.named.get(told("external_id")?)?)?, "/external_id")),
        }
    }
}
