//! The query over the calendars of all studios: a link's secret is all that a calendar program says.

use serde::Deserialize;

use crate::{
    resources::members::MembershipId,
    store::{db::On, error::StoreError, id::StudioId, record::Record, token::Token},
};

/// Whose calendar a link reads.
#[derive(Clone, Debug, Deserialize)]
pub struct CalendarHolder {
    /// The studio.
    pub studio_id: StudioId,
    /// That studio's name.
    pub studio_name: String,
    /// The membership.
    pub membership_id: MembershipId,
}

impl Record for CalendarHolder {}

/// Finds whose calendar a secret reads, while the membership is not over.
pub async fn holder(on: On<'_>, secret: &str) -> Result<Option<CalendarHolder>, StoreError> {
    let text = "select {row} from (select f.studio_id, u.name as studio_name, f.membership_id from calendar_feeds as f \
        join members as m on m.studio_id = f.studio_id and m.id = f.membership_id join studios as u on u.id = f.studio_id \
        where f.secret_hash = $1 and m.status in ('active', 'paused')) as held";
    on.query(text).bind(Token::hash_of(secret)).optional().await
}
