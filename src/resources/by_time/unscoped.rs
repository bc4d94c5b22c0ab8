//! The sweep over all studios for rows that have become another thing since they were written.

use serde::Deserialize;

use crate::store::{db::On, error::StoreError, id::StudioId, instant::Instant, record::Record};

/// What time changes.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Brings {
    /// Content is shown.
    Publication,
    /// A coupon may be redeemed.
    Beginning,
    /// It may not be any more.
    End,
}

impl Brings {
    const ALL: [(Self, &str, &str); 3] = [
        (Self::Publication, "publication", " and status = 'published'"),
        (Self::Beginning, "beginning", ""),
        (Self::End, "end", ""),
    ];

    /// The table, and its column that says when.
    pub fn place(self) -> (&'static str, &'static str) {
        match self {
            Self::Publication => ("content", "published_at"),
            Self::Beginning => ("coupons", "valid_from"),
            Self::End => ("coupons", "valid_until"),
        }
    }
}

/// A row that is still to be listed as changed.
#[derive(Clone, Debug, Deserialize)]
pub struct DueChange {
    /// Whose it is.
    pub studio_id: StudioId,
    /// Its id.
    pub id: String,
    /// What has become of it.
    pub brings: Brings,
}

impl Record for DueChange {}

/// The first rows that have become another thing by now, and were not written since. An index holds no others.
pub async fn due(on: On<'_>, now: Instant, limit: u32) -> Result<Vec<DueChange>, StoreError> {
    let each = Brings::ALL.map(|(brings, name, more)| {
        let (table, column) = brings.place();
        format!(
            "select studio_id, id, '{name}' as brings from {table} where {column} > updated_at{more} and {column} <= $1"
        )
    });
    let text = format!("select * from ({}) as due limit {limit}", each.join(" union all "));
    on.query(text).bind(now).all().await
}
