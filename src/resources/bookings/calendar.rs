//! What the link to a member's calendar answers. Called by the Members surface.
//!
//! Promises that the file changes only when a booking or its class does, so that a program that has it is answered 304; and that a
//! network and a calendar have a rate each; unknown secrets count against the network's.

use std::time::Duration;

use crate::{
    access::{network::Network, rate::Exhausted},
    mail::booked::{self, BookedClass},
    operation::app::App,
    resources::members::calendar::{CalendarHolder, holder, is_secret},
    store::{fair::Requester, id::StudioId},
    wire::{
        calendar::{CalendarEntry, calendar},
        problem::{Code, Problem},
    },
};

/// How long a class stays in a calendar after it began.
const KEPT_FOR: Duration = Duration::from_hours(90 * 24);
/// How long a cancelled booking stays in it after it was cancelled.
const CANCELLED_FOR: Duration = Duration::from_hours(30 * 24);

/// The calendar that this secret reads, as a file.
///
/// # Errors
/// `rate_limited`; when the database fails.
pub async fn read(app: &App, secret: &str, network: Network) -> Result<Option<String>, Problem> {
    let (access, now) = (&app.access, app.clock.uptime());
    access.calendar_network_rates.spend(network, now).await.map_err(too_many)?;
    let Some(CalendarHolder { studio_id, studio_name, membership_id }) = find(app, secret, network).await? else {
        return Ok(None);
    };
    access.calendar_rates.spend(membership_id.same(), now).await.map_err(too_many)?;
    let _slot = app.admission.read(Requester { studio: Some(studio_id), network: network.address() }, 1).await?;
    let now = app.clock.now();
    let (begins_after, cancelled_after) = (now.minus(KEPT_FOR), now.minus(CANCELLED_FOR));
    let on = app.db.of(studio_id);
    let booked = booked::in_calendar(on, &membership_id.to_string(), begins_after, cancelled_after).await?;
    let entries: Vec<_> = booked.iter().map(|booked| entry(booked, studio_id, &studio_name)).collect();
    Ok(Some(calendar(&studio_name, &entries)))
}

async fn find(app: &App, secret: &str, network: Network) -> Result<Option<CalendarHolder>, Problem> {
    if !is_secret(secret) {
        return Ok(None);
    }
    let _slot = app.admission.read(Requester { studio: None, network: network.address() }, 1).await?;
    Ok(holder(app.db.read(), secret).await?)
}

fn entry(booked: &BookedClass, studio_id: StudioId, studio_name: &str) -> CalendarEntry {
    booked.entry((studio_id, studio_name), booked.updated_at)
}

fn too_many(exhausted: Exhausted) -> Problem {
    Problem::new(Code::RateLimited, "This calendar is asked for too often.").with_retry_after(exhausted.wait)
}
