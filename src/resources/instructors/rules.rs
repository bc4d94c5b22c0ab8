//! What must hold of instructors beyond the limits of each field.

use super::model::Instructor;
use crate::{
    resources::{
        rules::{Plain, Rules},
        unique,
    },
    store::{db::Tx, error::StoreError, id::StudioId, row::Row},
    wire::fields::ExternalId,
};

impl Plain for Instructor {
    const IN_TURN: bool = true;
}

impl Rules for Instructor {
    fn external_id(&self) -> Option<&ExternalId> {
        self.external_id.as_ref()
    }

    async fn taken(tx: &mut Tx, studio: StudioId, row: &mut Row<Self>) -> Result<Option<&'static str>, StoreError> {
        unique::slug(tx, studio, row.id, &mut row.fields.slug, &row.fields.display_name).await
    }
}
