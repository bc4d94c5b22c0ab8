//! Replacing a key in four steps: make the replacement, deploy it, see that nothing calls with the old key any more, revoke
//! that. The page can be left and come back to; the old key keeps working until somebody revokes it.

use askama::Template;
use axum::{
    body::Body,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, Response, StatusCode},
};

use super::{
    Frame, KeyAndReplacements,
    change::{failed, may_make, open_form, seal},
    made,
    rotation_end::EndOfOld,
    taken_over::TakenOver,
    traffic::Traffic,
    view::{KeyView, Views},
};
use crate::{
    access::{
        activity::CallFilter,
        caller::Caller,
        coverage::Rotation,
        keys::{self, KeyError, Replacement},
        rotation_end::is_in_use,
        sessions::caller::StaffCaller,
        stored::{KeyId, StoredKey},
    },
    dashboard::{
        activity::{new_calls, tail_after},
        form::Sent,
        page::{lead_to, page, with_status},
        texts::TEXTS,
        time::local_to_the_second,
    },
    operation::app::App,
    store::error::StoreError,
    wire::{form::Fields, problem::Problem},
};

#[derive(Template)]
#[template(path = "rotation.html")]
struct RotationPage {
    frame: Frame,
    row: KeyView,
    replacement: Option<Replaced>,
    done: DoneSteps,
    end: EndOfOld,
    now: String,
    form: String,
    fault: Option<&'static str>,
}

/// The steps that are done, as the data says.
struct DoneSteps {
    deploy: bool,
    verify: bool,
    revoke: bool,
}

/// The replacement, and what it serves already.
struct Replaced {
    row: KeyView,
    taken_over: TakenOver,
    /// The calls with both keys.
    traffic: [TrafficRow; 2],
    /// Where the page reads how many calls have come.
    live: String,
}

/// The calls with one of the two keys.
struct TrafficRow {
    label: &'static str,
    masked: String,
    last_used: String,
    calls: Traffic,
}

/// The page.
pub(in crate::dashboard) async fn rotation(
    State(app): State<App>,
    caller: StaffCaller,
    Path(id): Path<String>,
) -> Result<Response<Body>, Problem> {
    let found = KeyAndReplacements::with_last_uses(&app, &caller, &id).await?;
    let now = app.clock.now();
    let is_replaced = StoredKey::replacement(&found.replacements, found.key.id, now).is_some();
    if found.key.ended_at(now).is_some() && !is_replaced {
        return Ok(lead_to(&format!("/studio/api-keys/{}", found.key.id)));
    }
    page(&steps(&app, &caller, &found, None).await?)
}

/// Makes the replacement, and shows it. While one is there, no other is made.
pub(in crate::dashboard) async fn rotate(
    State(app): State<App>,
    caller: StaffCaller,
    Path(id): Path<String>,
    Sent(sent): Sent,
) -> Result<Response<Body>, Problem> {
    let new_id = open_form(&app, &caller, &sent)?;
    let old = KeyAndReplacements::by_id(&app, &caller, &id).await?.key.id;
    may_make(&app, &caller).await?;
    let (keyring, studio, now) = (&*app.access.keyring, caller.studio(), app.clock.now());
    let to = Replacement { end_old_after: EndOfOld::chosen(&sent), ..Replacement::default() };
    let made_now = keys::rotate_as(keyring, studio, old, new_id, to, caller.actor(), now).await;
    match made_now {
        Ok(created) => made(&app, &caller, &created).await,
        Err(KeyError::AlreadyReplaced { new, .. }) => {
            let fault = if new == new_id { TEXTS.sent_before } else { TEXTS.under_way };
            page_of_begun_rotation(&app, &caller, old, fault).await
        }
        Err(KeyError::Store(StoreError::Taken)) => page_of_begun_rotation(&app, &caller, old, TEXTS.sent_before).await,
        Err(refused) => Err(failed(refused)),
    }
}

/// How many calls came with either key, as an event.
pub(in crate::dashboard) async fn live(
    State(app): State<App>,
    caller: StaffCaller,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response<Body>, Problem> {
    let found = KeyAndReplacements::by_id(&app, &caller, &id).await?;
    let query = Fields::parse(query.unwrap_or_default().as_bytes())?;
    let new = StoredKey::replacement(&found.replacements, found.key.id, app.clock.now());
    let after = query.text("after").and_then(|after| after.parse().ok());
    new_calls(&app, &caller, &calls_with(&found.key, new), after, &headers).await
}

fn calls_with(old: &StoredKey, new: Option<&StoredKey>) -> Vec<CallFilter> {
    let of_key = |key: &StoredKey| CallFilter { key: Some(key.id), ..CallFilter::default() };
    std::iter::once(old).chain(new).map(of_key).collect()
}

/// The page of a rotation that somebody has begun before.
async fn page_of_begun_rotation(
    app: &App,
    caller: &StaffCaller,
    old: KeyId,
    fault: &'static str,
) -> Result<Response<Body>, Problem> {
    let found = KeyAndReplacements::with_last_uses(app, caller, &old.to_string()).await?;
    with_status(StatusCode::CONFLICT, &steps(app, caller, &found, Some(fault)).await?)
}

async fn steps(
    app: &App,
    caller: &StaffCaller,
    KeyAndReplacements { key, replacements }: &KeyAndReplacements,
    fault: Option<&'static str>,
) -> Result<RotationPage, Problem> {
    let views = Views::of(app, caller, replacements).await?;
    let mut done = DoneSteps { deploy: false, verify: false, revoke: key.ended_at(app.clock.now()).is_some() };
    let replacement = match views.replacement_of(key) {
        Some(new) => {
            let taken_over = TakenOver::of(app, caller, Rotation { old: key, new }).await?;
            let [of_old, of_new] = Traffic::of(app, caller, [key, new]).await?;
            let row = |label, key: &StoredKey, calls| {
                let KeyView { masked, last_used, .. } = views.of_key(key);
                TrafficRow { label, masked, last_used, calls }
            };
            let traffic = [row(TEXTS.old_key, key, of_old), row(TEXTS.new_key_row, new, of_new)];
            let after = tail_after(app, caller, &calls_with(key, Some(new))).await?;
            done.deploy = is_in_use(app.db.of(caller.studio()), new.id).await?;
            done.verify = done.deploy && taken_over.is_complete;
            let live = format!("/studio/api-keys/{}/rotation/live?after={after}", key.id);
            Some(Replaced { row: views.of_key(new), taken_over, traffic, live })
        }
        None => None,
    };
    let (frame, row) = (Frame::of(app, caller).await?, views.of_key(key));
    let now = local_to_the_second(app.clock.now(), &caller.session().time_zone);
    let end = EndOfOld::of(app, caller, key, done.deploy).await?;
    Ok(RotationPage { frame, row, replacement, done, end, now, form: seal(app, caller), fault })
}
