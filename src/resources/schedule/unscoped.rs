//! The sweeps over all studios: for classes whose occurrences are not laid out far enough, and for studios whose
//! occurrences were laid out by other rules of time zones.

use serde::Deserialize;

use crate::{
    resources::classes::{ClassId, ClassStatus},
    store::{
        db::{Db, On},
        error::StoreError,
        id::StudioId,
        record::Record,
    },
};

/// A class that is due.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct DueClass {
    /// Whose it is.
    pub studio_id: StudioId,
    /// Which.
    pub id: ClassId,
}

impl Record for DueClass {}

/// Some classes that are not laid out up to this local date.
pub async fn due(on: On<'_>, until: String, limit: i64) -> Result<Vec<DueClass>, StoreError> {
    let text = "select * from classes where status = $1 and laid_out_until < $2 \
        order by laid_out_until limit $3";
    on.query(text).bind(ClassStatus::Active).bind(until).bind(limit).all().await
}

#[derive(Deserialize)]
struct StudioIdRow {
    id: StudioId,
}

impl Record for StudioIdRow {}

/// Some studios, in the order of their ids, whose occurrences were laid out by other rules of time zones, or by unknown ones.
pub async fn fitted_to_others(
    on: On<'_>,
    rules: &str,
    after: Option<StudioId>,
    limit: i64,
) -> Result<Vec<StudioId>, StoreError> {
    let text = "select id from studios where coalesce(zone_rules, '') <> $1 and id > coalesce($2, '') \
        order by id limit $3";
    let found = on.query(text).bind(rules.to_owned()).bind(after).bind(limit).all::<StudioIdRow>().await?;
    Ok(found.into_iter().map(|found| found.id).collect())
}

/// Notes by which rules of time zones the occurrences of these studios are laid out already.
pub async fn note_zone_rules(db: &Db, studios: &[StudioId], rules: &str) -> Result<(), StoreError> {
    if studios.is_empty() {
        return Ok(());
    }
    let mut tx = db.begin().await?;
    let text = "update studios set zone_rules = $1 where true";
    tx.on().query(text).bind(rules.to_owned()).one_of("id", studios).execute().await?;
    tx.commit().await
}
