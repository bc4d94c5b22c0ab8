//! The choice that a rotation ends the old key: offered with the replacement and afterwards, shown with its date once that is known,
//! and cancelled here.

use axum::{
    body::Body,
    extract::{Path, State},
    http::Response,
};

use super::{KeyAndReplacements, change::failed, form::KeyForm};
use crate::{
    access::{
        caller::Caller,
        change_limits::StudioChange,
        rotation_end::{self, MOST_DAYS},
        sessions::caller::StaffCaller,
        stored::StoredKey,
    },
    dashboard::{
        form::Sent,
        page::lead_to,
        texts::TEXTS,
        time::{local_day, local_time},
    },
    operation::app::App,
    wire::{form::Fields, problem::Problem},
};

/// The days that are offered.
const DAYS: [u32; 4] = [1, 7, 14, 30];

/// What becomes of the old key.
pub(super) struct EndOfOld {
    /// The end that was chosen, in a sentence; nothing where the key works until somebody revokes it.
    pub chosen: Option<String>,
    /// The choices of days.
    pub offered: Vec<EndChoice>,
}

/// A choice of days.
pub(super) struct EndChoice {
    pub days: u32,
    pub text: String,
}

impl EndOfOld {
    /// Of a key; `is_in_use` says that its replacement is called with already, so that days count from now on.
    pub(super) async fn of(app: &App, caller: &StaffCaller, key: &StoredKey, is_in_use: bool) -> Result<Self, Problem> {
        let zone = &caller.session().time_zone;
        let chosen = rotation_end::find(app.db.of(caller.studio()), key.id).await?.map(|end| {
            let text = match end.set_at {
                Some(_) => TEXTS.end_set,
                None if is_in_use => TEXTS.end_in_a_moment,
                None => TEXTS.end_chosen,
            };
            let date = key.expires_at.map(|at| local_time(at, zone));
            text.replace("{days}", &days(end.days)).replace("{date}", &date.unwrap_or_default())
        });
        let now = app.clock.now();
        let choice = |number| {
            let text = if is_in_use { TEXTS.end_after_now } else { TEXTS.end_after };
            let date = local_day(now.plus(KeyForm::DAY * number), zone);
            EndChoice { days: number, text: text.replace("{days}", &days(number)).replace("{date}", &date) }
        };
        Ok(Self { chosen, offered: DAYS.into_iter().map(choice).collect() })
    }

    /// The days that a form chose; nothing where the old key works on.
    pub(super) fn chosen(sent: &Fields) -> Option<u32> {
        sent.text("end_after")?.parse().ok().filter(|days| (1..=MOST_DAYS).contains(days))
    }
}

fn days(number: u32) -> String {
    let text = if number == 1 { TEXTS.one_day } else { TEXTS.some_days };
    text.replace("{number}", &number.to_string())
}

/// Chooses the end, or cancels it where the form names no days.
pub(in crate::dashboard) async fn choose_end(
    State(app): State<App>,
    caller: StaffCaller,
    Path(id): Path<String>,
    Sent(sent): Sent,
) -> Result<Response<Body>, Problem> {
    let key = KeyAndReplacements::by_id(&app, &caller, &id).await?.key.id;
    let (keyring, studio, now) = (&*app.access.keyring, caller.studio(), app.clock.now());
    app.access.change_limits.take(studio, StudioChange::Key, app.clock.uptime())?;
    let days = EndOfOld::chosen(&sent);
    rotation_end::choose(keyring, studio, key, days, &caller.actor(), now).await.map_err(failed)?;
    Ok(lead_to(&format!("/studio/api-keys/{key}/rotation")))
}
