//! The queries of studios. They belong to no studio but are one.

use super::model::Studio;
use crate::store::{
    error::StoreError,
    row::{Resource, Row},
    run,
    studio::{StudioOn, StudioTx},
};

/// Finds a studio by its id.
pub async fn find(on: StudioOn<'_>) -> Result<Option<Row<Studio>>, StoreError> {
    on.query("select {row} from studios where id = $1").optional().await
}

/// Writes a new studio.
pub async fn insert(tx: &mut StudioTx, studio: &Row<Studio>) -> Result<(), StoreError> {
    run::insert_unscoped(tx.tx.on(), Studio::TABLE, std::slice::from_ref(studio), "").await
}

/// Writes a studio's next version.
pub async fn update(tx: &mut StudioTx, studio: &Row<Studio>) -> Result<(), StoreError> {
    run::update_studio(tx.tx.on(), Studio::TABLE, studio).await
}
