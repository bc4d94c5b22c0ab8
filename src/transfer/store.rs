//! The queries that only a transfer needs.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{last_import::ImportedLine, staging::Staging};
use crate::{
    resources::{
        classes::{Class, ClassId},
        locations::LocationId,
        schedule::OccurrenceId,
    },
    store::{
        db::Db,
        error::StoreError,
        id::{Id, Named},
        instant::Instant,
        record::Record,
        row::{Resource, Row},
        studio::StudioOn,
    },
};

/// The rows after an id, in the order of their ids.
pub async fn page_after<T: Resource>(
    on: StudioOn<'_>,
    id: Option<Id<T>>,
    limit: i64,
) -> Result<Vec<Row<T>>, StoreError> {
    let text = format!("select * from {} where studio_id = $1", T::TABLE);
    let statement = on.query(text).filter("id >", id);
    statement.then(&format!(" order by id limit {limit}")).all().await
}

/// The rows that have one of these values in a column of texts.
pub async fn having<T: Resource>(
    on: StudioOn<'_>,
    column: &'static str,
    values: &[impl Serialize],
) -> Result<Vec<Row<T>>, StoreError> {
    if values.is_empty() {
        return Ok(Vec::new());
    }
    on.query(format!("select * from {} where studio_id = $1", T::TABLE)).one_of(column, values).all().await
}

/// Has PostgreSQL look again at tables that have grown a lot at once; by itself it does so a minute later.
pub async fn analyze(db: &Db, tables: &[&'static str]) {
    if let Db::Postgres(_) = db {
        let text = format!("analyze {}", tables.join(", "));
        if let Err(cause) = db.read().query(text).execute().await {
            tracing::warn!(%cause, "the tables were not analysed; PostgreSQL will do so by itself");
        }
    }
}

/// Which rows had these external ids before the import, in which ids may change hands.
pub async fn named<T: Resource>(
    staging: &mut Staging,
    external_ids: &[&str],
) -> Result<HashMap<String, Id<T>>, StoreError> {
    if external_ids.is_empty() {
        return Ok(HashMap::new());
    }
    let text = format!("select id, external_id from {}.{} where studio_id = $1", staging.real, T::TABLE);
    let statement = staging.tx.query(text).one_of("external_id", external_ids);
    let found = statement.all::<NamedRow<T>>().await?;
    Ok(found.into_iter().map(|row| (row.external_id, row.id)).collect())
}

/// Which row has an external id.
#[derive(Deserialize)]
#[serde(bound = "")]
struct NamedRow<T: Named> {
    id: Id<T>,
    external_id: String,
}

impl<T: Named> Record for NamedRow<T> {}

#[derive(Deserialize)]
#[serde(bound = "")]
struct IdRow<T: Named> {
    id: Id<T>,
}

impl<T: Named> Record for IdRow<T> {}

/// An occurrence that is new or different.
#[derive(Deserialize)]
pub struct ChangedOccurrence {
    /// Which.
    pub id: OccurrenceId,
    /// Of which class.
    pub class_id: ClassId,
    /// Where.
    pub location_id: Option<LocationId>,
}

impl Record for ChangedOccurrence {}

impl Staging {
    /// Keeps what lines said, for the next import.
    pub async fn note_lines(&mut self, lines: &[ImportedLine]) -> Result<(), StoreError> {
        self.tx.on().insert_all("staged_lines", lines).await
    }

    /// The rows that have the same of something as another, the first of them.
    pub async fn twice<T: Resource>(&mut self, key: &str) -> Result<Vec<Id<T>>, StoreError> {
        let table = T::TABLE;
        let text = format!(
            "select id from {table} where studio_id = $1 and {key} in (select {key} from {table} \
            where studio_id = $1 and {key} is not null group by {key} having count(*) > 1) order by id limit 1000"
        );
        let found = self.tx.query(text).all::<IdRow<T>>().await?;
        Ok(found.into_iter().map(|found| found.id).collect())
    }

    /// The classes that were not there before.
    pub async fn new_classes(&mut self) -> Result<Vec<Row<Class>>, StoreError> {
        let text = format!(
            "select * from classes as s where s.studio_id = $1 and not exists (select 1 \
            from {}.classes as r where r.studio_id = s.studio_id and r.id = s.id) order by s.id",
            self.real
        );
        self.tx.query(text).all().await
    }

    /// The places that are archived, and were not before.
    pub async fn newly_archived<T: Resource>(&mut self) -> Result<Vec<Id<T>>, StoreError> {
        let (table, real) = (T::TABLE, &self.real);
        let text = format!(
            "select s.id from {table} as s left join {real}.{table} as r \
            on r.studio_id = s.studio_id and r.id = s.id \
            where s.studio_id = $1 and s.status = 'archived' and r.status is distinct from 'archived'"
        );
        let found = self.tx.query(text).all::<IdRow<T>>().await?;
        Ok(found.into_iter().map(|found| found.id).collect())
    }

    /// The occurrences that will take place, and are new or different.
    pub async fn changed_occurrences(&mut self, now: Instant) -> Result<Vec<ChangedOccurrence>, StoreError> {
        let text = "select id, class_id, location_id from changed_occurrences where studio_id = $1 \
            and status = 'scheduled' and starts_at > $2 order by class_id, id";
        self.tx.query(text).bind(now).all().await
    }
}
