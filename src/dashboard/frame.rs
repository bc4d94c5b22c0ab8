//! The frame of every page of somebody who is signed in: the studio, who they are, where they may go.

use std::time::Duration;

use super::{
    texts::{TEXTS, Texts},
    time::local,
};
use crate::{
    access::{
        caller::Caller,
        keys,
        sessions::{caller::StaffCaller, stored::Role},
        stored::KeyId,
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
    /// The keys that expire soon.
    pub expiring: Vec<ExpiringKey>,
    /// The studios that they may switch to.
    pub others: Vec<StudioOfStaff>,
    /// Whether they may do what takes a developer.
    pub is_developer: bool,
    /// Whether they may do what takes an owner.
    pub is_owner: bool,
}

/// A key that expires soon, as the banner names it.
pub(super) struct ExpiringKey {
    pub id: KeyId,
    pub text: String,
}

/// So long before a key expires every page says so.
pub(super) const SOON: Duration = Duration::from_hours(14 * 24);
/// Keys that a banner names.
const MOST_EXPIRING: i64 = 3;

/// The keys that expire soonest.
async fn expiring(app: &App, caller: &StaffCaller) -> Result<Vec<ExpiringKey>, StoreError> {
    let (now, zone) = (app.clock.now(), &caller.session().time_zone);
    let found = keys::list_expiring(app.db.of(caller.studio()), now, now.plus(SOON), MOST_EXPIRING + 1).await?;
    let told = found.into_iter().filter_map(|key| {
        let at = local(key.expires_at?, zone, "%-d %b %Y, %H:%M");
        Some(ExpiringKey { id: key.id, text: TEXTS.key_expires.replace("{name}", &key.name).replace("{at}", &at) })
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
            expiring: expiring(app, caller).await?,
            others,
            is_developer: caller.may(Role::Developer),
            is_owner: caller.may(Role::Owner),
        })
    }
}
