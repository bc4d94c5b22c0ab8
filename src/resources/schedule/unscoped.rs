//! The sweep over the classes of all studios whose occurrences are not laid out far enough.

use serde::Deserialize;

use crate::{
    resources::classes::{ClassId, ClassStatus},
    store::{db::On, error::StoreError, id::StudioId, record::Record},
};

/// A class that is due.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Due {
    /// Whose it is.
    pub studio_id: StudioId,
    /// Which.
    pub id: ClassId,
}

impl Record for Due {}

/// Some classes that are not laid out up to this local date.
pub async fn due(on: On<'_>, until: String, limit: i64) -> Result<Vec<Due>, StoreError> {
    let text = "select {rows} from (select * from classes where status = $1 and laid_out_until < $2 \
        order by laid_out_until limit $3) as page";
    on.query(text).bind(ClassStatus::Active).bind(until).bind(limit).all().await
}
