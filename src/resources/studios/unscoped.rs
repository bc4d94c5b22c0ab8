//! The queries that find a studio before any is named: the command line's list, and a slug that an operator typed.

use super::model::Studio;
use crate::store::{db::On, error::StoreError, row::Row};

/// All studios, oldest first.
pub async fn list(on: On<'_>) -> Result<Vec<Row<Studio>>, StoreError> {
    on.query("select * from studios order by id").all().await
}

/// Finds a studio by its slug.
pub async fn find_by_slug(on: On<'_>, slug: &str) -> Result<Option<Row<Studio>>, StoreError> {
    on.query("select {row} from studios where slug = $1").bind(slug.to_owned()).optional().await
}
