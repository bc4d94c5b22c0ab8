//! The queries that only a transfer needs.

use serde::Serialize;

use crate::store::{
    db::{Db, On},
    error::StoreError,
    id::{Id, StudioId},
    row::{Resource, Row},
};

/// The rows behind an id, in the order of their ids.
pub async fn behind<T: Resource>(
    on: On<'_>,
    studio: StudioId,
    id: Option<Id<T>>,
    limit: i64,
) -> Result<Vec<Row<T>>, StoreError> {
    let text = format!("select {{rows}} from (select * from {} where studio_id = $1", T::TABLE);
    let statement = on.query(text).bind(studio).filter_evenly("id >", id);
    statement.then(&format!(" order by id limit {limit}) as page")).all().await
}

/// The rows that have one of these values in a column of texts.
pub async fn having<T: Resource>(
    on: On<'_>,
    studio: StudioId,
    column: &'static str,
    values: &[impl Serialize],
) -> Result<Vec<Row<T>>, StoreError> {
    if values.is_empty() {
        return Ok(Vec::new());
    }
    let asked = on.engine().each_of(2);
    let text = format!(
        "select {{rows}} from (select * from {} where studio_id = $1 and {column} in ({asked})) as found",
        T::TABLE
    );
    let values = serde_json::to_string(values).map_err(|error| StoreError::Broken(error.to_string()))?;
    on.query(text).bind(studio).bind(values).all().await
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
