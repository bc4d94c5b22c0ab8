//! The sweep over the members of all studios whose last day may have passed.

use jiff::civil::Date;
use serde::Deserialize;

use super::model::MembershipStatus::{Active, Invited, Paused};
use crate::store::{db::On, error::StoreError, id::StudioId, record::Record};

/// A studio where memberships may be over.
#[derive(Clone, Debug, Deserialize)]
pub struct Due {
    /// Which.
    pub studio_id: StudioId,
    /// The zone of its local dates.
    pub time_zone: String,
}

impl Record for Due {}

/// The studios where the last day of a membership lies before this date.
pub async fn due(on: On<'_>, before: Date) -> Result<Vec<Due>, StoreError> {
    // One range of an index for each status and column.
    let ranges =
        [(Active, "cancel_on"), (Paused, "cancel_on"), (Invited, "ends_on"), (Active, "ends_on"), (Paused, "ends_on")];
    let range = |(status, column)| format!("select studio_id from members where status = '{status}' and {column} < $1");
    let found = ranges.map(range).join(" union ");
    let text = format!(
        "select {{rows}} from (select id as studio_id, time_zone from studios where id in ({found}) order by id) as page"
    );
    on.query(text).bind(before.to_string()).all().await
}
