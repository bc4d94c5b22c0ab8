//! Ending a vendor or an integration: its keys are revoked, and it stays in the list of who uses keys, with who ended it and when.

use askama::Template;
use axum::{
    body::Body,
    extract::{RawQuery, State},
    http::{Response, StatusCode},
};

use super::{
    form::Sent,
    frame::Frame,
    page::{lead_to, with_status},
    texts::TEXTS,
};
use crate::{
    access::{
        caller::Caller,
        change_limits::StudioChange,
        keys::{self, KeyError},
        sessions::{caller::StaffCaller, pages::SETTINGS},
        stored::StoredKey,
        vendors,
    },
    operation::app::App,
    store::turns::WriteTx,
    wire::{
        form::Fields,
        problem::{Code, Problem},
    },
};

#[derive(Template)]
#[template(path = "vendor_end.html")]
struct VendorEndPage {
    frame: Frame,
    name: String,
    /// The keys that are revoked with it.
    keys: Vec<StoredKey>,
    /// Whether one of them was used in the last hour.
    is_in_use: bool,
    fault: Option<&'static str>,
}

/// The page that asks before it ends a vendor.
pub(super) async fn ending(
    State(app): State<App>,
    caller: StaffCaller,
    RawQuery(query): RawQuery,
) -> Result<Response<Body>, Problem> {
    let query = Fields::parse(query.unwrap_or_default().as_bytes())?;
    let page = VendorEndPage::of(&app, &caller, &query).await?;
    with_status(StatusCode::OK, &page)
}

/// Revokes a vendor's keys, and notes that it was ended.
pub(super) async fn end(
    State(app): State<App>,
    caller: StaffCaller,
    Sent(sent): Sent,
) -> Result<Response<Body>, Problem> {
    let page = VendorEndPage::of(&app, &caller, &sent).await?;
    if page.is_in_use && sent.text("confirmed") != Some("true") {
        return with_status(
            StatusCode::UNPROCESSABLE_ENTITY,
            &VendorEndPage { fault: Some(TEXTS.say_end_vendor), ..page },
        );
    }
    let studio = caller.studio();
    app.access.change_limits.take(studio, StudioChange::KeyRevoked, app.clock.uptime())?;
    let reason = TEXTS.vendor_was_ended.replace("{name}", &page.name);
    for key in &page.keys {
        let (keyring, now) = (&*app.access.keyring, app.clock.now());
        let revoked = keys::revoke(keyring, studio, key.id, Some(reason.clone()), caller.actor(), now).await;
        // A key that is gone already needs nothing more.
        if let Err(KeyError::Store(error)) = revoked {
            return Err(error.into());
        }
    }
    let mut tx = app.db.begin_studio(&app.clock, studio, 1).await?;
    vendors::end(&mut tx, &page.name, &caller.actor()).await?;
    tx.commit().await?;
    Ok(lead_to(&format!("{SETTINGS}#vendors")))
}

impl VendorEndPage {
    /// Of the vendor that a form or a query names.
    async fn of(app: &App, caller: &StaffCaller, sent: &Fields) -> Result<Self, Problem> {
        let (name, now) = (sent.text("name").unwrap_or_default(), app.clock.now());
        let known = vendors::list(app.db.of(caller.studio()), now).await?;
        if !known.iter().any(|vendor| vendor.used_by == name) {
            return Err(Problem::new(Code::NotFound, TEXTS.no_such_vendor));
        }
        let mut keys = keys::list_working(app.db.of(caller.studio()), now).await?;
        keys.retain(|key| key.used_by.as_deref() == Some(name));
        let is_in_use = keys.iter().any(|key| key.was_used_recently(now));
        let (frame, name) = (Frame::of(app, caller).await?, name.to_owned());
        Ok(Self { frame, name, keys, is_in_use, fault: None })
    }
}
