//! What must hold of instructors beyond the limits of each field.

use super::model::Instructor;
use crate::{
    resources::{rules::Rules, unique},
    store::{error::StoreError, row::Row, turns::TimetableTx},
    wire::fields::ExternalId,
};

impl Rules for Instructor {
    type Tx = TimetableTx;

    fn external_id(&self) -> Option<&ExternalId> {
        self.external_id.as_ref()
    }

    async fn taken(tx: &mut TimetableTx, row: &mut Row<Self>) -> Result<Option<&'static str>, StoreError> {
        unique::slug(tx, row.id, &mut row.fields.slug, &row.fields.display_name).await
    }
}
