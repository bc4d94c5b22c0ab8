//! The frame of every page of somebody who is signed in: the studio, who they are, where they may go.

use std::time::Duration;

use super::{
    texts::{TEXTS, Texts},
    time::local_time,
};
use crate::{
    access::{
        caller::Caller,
        keys,
        sessions::{caller::StaffCaller, stored::Role},
        stored::{KeyId, StoredKey},
    },
    operation::app::App,
    signin::unscoped::{StudioOfStaff, studios_of},
    store::error::StoreError,
};

/// The frame of a page.
pub(super) struct Frame {
    pub t: &'static Texts,
    pub studio: String,
    pub email: String,
    pub role: &'static str,
    /// The exposed keys that still work.
    pub exposed: Vec<BannerKey>,
    /// The keys that expire soon.
    pub expiring: Vec<BannerKey>,
    /// The studios that they may switch to.
    pub others: Vec<StudioOfStaff>,
    /// Whether they may do what takes a developer.
    pub is_developer: bool,
    /// Whether they may do what takes an owner.
    pub is_owner: bool,
    /// Whether they reach nothing but the page that turns a second factor on.
    pub is_restricted: bool,
}

/// A key that a banner names.
pub(super) struct BannerKey {
    pub id: KeyId,
    pub text: String,
}

/// So long before a key expires every page says so.
pub(super) const SOON: Duration = Duration::from_hours(14 * 24);
/// Keys that banners of one kind name.
const MOST_NAMED: i64 = 3;

/// The exposed keys that still work.
async fn exposed(app: &App, caller: &StaffCaller) -> Result<Vec<BannerKey>, StoreError> {
    if caller.session().lacks_second_factor() {
        return Ok(Vec::new());
    }
    let found = keys::list_exposed(app.db.of(caller.studio()), app.clock.now(), MOST_NAMED + 1).await?;
    let told = |key: StoredKey| BannerKey { id: key.id, text: TEXTS.key_exposed.replace("{name}", &key.name) };
    Ok(found.into_iter().map(told).collect())
}

/// The keys that expire soonest.
async fn expiring(app: &App, caller: &StaffCaller) -> Result<Vec<BannerKey>, StoreError> {
    if caller.session().lacks_second_factor() {
        return Ok(Vec::new());
    }
    let (now, zone) = (app.clock.now(), &caller.session().time_zone);
    let found = keys::list_expiring(app.db.of(caller.studio()), now, now.plus(SOON), MOST_NAMED + 1).await?;
    let told = found.into_iter().filter_map(|key| {
        let at = local_time(key.expires_at?, zone);
        Some(BannerKey { id: key.id, text: TEXTS.key_expires.replace("{name}", &key.name).replace("{at}", &at) })
    });
    Ok(told.collect())
}

impl Frame {
    pub(super) async fn of(app: &App, caller: &StaffCaller) -> Result<Self, StoreError> {
        let session = caller.session();
        let others =
            if session.others.is_empty() { Vec::new() } else { studios_of(app.db.read(), &session.others).await? };
        Ok(Self {
            t: &TEXTS,
            studio: session.studio_name.clone(),
            email: session.email.clone(),
            role: TEXTS.role(session.role),
            exposed: exposed(app, caller).await?,
            expiring: expiring(app, caller).await?,
            others,
            is_developer: caller.may(Role::Developer),
            is_owner: caller.may(Role::Owner),
            is_restricted: session.lacks_second_factor(),
        })
    }
}
