//! The sweeps over the keys of all studios for what owners are to be told.

use serde::Deserialize;

use super::stage::Stage;
use crate::{
    access::{exposure_id::ExposureId, stored::KeyId},
    store::{db::On, error::StoreError, id::StudioId, instant::Instant, record::Record},
};

/// A key that expires soon.
#[derive(Clone, Debug, Deserialize)]
pub struct KeyThatExpires {
    /// Whose it is.
    pub studio_id: StudioId,
    /// Which.
    pub id: KeyId,
    /// When.
    pub expires_at: Instant,
}

impl Record for KeyThatExpires {}

/// The keys that expire soon and have no notice for the stage that they are in, the first to expire first. `after` is the last
/// of those that were read before.
pub async fn expiring(
    on: On<'_>,
    now: Instant,
    after: Option<&KeyThatExpires>,
    limit: u32,
) -> Result<Vec<KeyThatExpires>, StoreError> {
    let [last, middle, first] = Stage::ALL.map(|stage| now.plus(stage.span()));
    let [last_days, middle_days, first_days] = Stage::ALL.map(Stage::days);
    let text = format!(
        "select k.studio_id, k.id, k.expires_at from studios as s join keys as k on k.studio_id = s.id \
        where k.revoked_at is null and k.expires_at > $1 and k.expires_at <= $2 and (k.expires_at, k.id) > ($5, $6) \
        and not exists (select 1 from key_expiry_notices as n where n.studio_id = k.studio_id and n.key_id = k.id \
        and n.expires_at = k.expires_at and n.days <= case when k.expires_at <= $4 then {last_days} \
        when k.expires_at <= $3 then {middle_days} else {first_days} end) \
        order by k.expires_at, k.id limit {limit}"
    );
    let (after_end, after_id) = after.map_or((now, String::new()), |key| (key.expires_at, key.id.to_string()));
    let statement = on.query(text).bind(now).bind(first).bind(middle).bind(last);
    statement.bind(after_end).bind(after_id).all().await
}

/// An exposure that nobody was told of.
#[derive(Clone, Debug, Deserialize)]
pub struct NewExposure {
    /// Whose key it is.
    pub studio_id: StudioId,
    /// The key.
    pub key_id: KeyId,
    /// Which.
    pub id: ExposureId,
    /// When the key was seen.
    pub first_seen_at: Instant,
}

impl Record for NewExposure {}

/// The exposures that nobody was told of, the first to be seen first. `after` is the last of those that were read before.
pub async fn exposed(on: On<'_>, after: Option<&NewExposure>, limit: u32) -> Result<Vec<NewExposure>, StoreError> {
    let text = format!(
        "select k.studio_id, e.key_id, e.id, e.first_seen_at from key_exposures as e join keys as k on k.id = e.key_id \
        where e.id is not null and e.noticed_at is null and (e.first_seen_at, e.id) > ($1, $2) \
        order by e.first_seen_at, e.id limit {limit}"
    );
    let (at, id) = after.map_or((Instant::FIRST, String::new()), |last| (last.first_seen_at, last.id.to_string()));
    on.query(text).bind(at).bind(id).all().await
}
