//! The sweep over the studios for members whose last day may have passed.

use jiff::civil::Date;
use serde::Deserialize;

use super::queries::some_over;
use crate::{
    store::{db::On, error::StoreError, id::StudioId, record::Record},
    wire::text::TimeZone,
};

/// A studio where memberships may be over.
#[derive(Clone, Debug, Deserialize)]
pub struct DueStudio {
    /// Which.
    pub studio_id: StudioId,
    /// The zone of its local dates.
    pub time_zone: TimeZone,
}

impl Record for DueStudio {}

/// The studios where the last day of a membership lies before this date.
pub async fn due(on: On<'_>, before: Date) -> Result<Vec<DueStudio>, StoreError> {
    let text =
        format!("select id as studio_id, time_zone from studios where {} order by id", some_over("studios.id", "$1"));
    on.query(text).bind(before.to_string()).all().await
}
