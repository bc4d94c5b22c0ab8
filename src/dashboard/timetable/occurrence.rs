//! The page of an occurrence: when, where and who teaches, who takes part, who waits, who cancelled. Everybody of the staff looks
//! at it; its forms are for developers and owners.

use askama::Template;
use axum::{
    body::Body,
    extract::{Path, RawQuery, State},
    http::{Response, StatusCode},
};

use super::{
    NamesOfRows, OccurrenceView,
    search::Candidates,
    view::{CancelledView, GuestView, WaitingView},
};
use crate::{
    access::{
        caller::Caller,
        sessions::{caller::StaffCaller, pages::TIMETABLE, stored::Role},
    },
    dashboard::{frame::Frame, page::with_status, texts::TEXTS, time::local},
    operation::app::App,
    resources::{
        bookings::{BookingStatus, roster},
        schedule::{self, Occurrence, OccurrenceId, OccurrenceStatus},
    },
    store::id::Named,
    wire::{form::Fields, problem::Problem},
};

/// Cancelled bookings that the page shows.
const MOST_CANCELLED: usize = 100;

#[derive(Template)]
#[template(path = "occurrence.html")]
struct OccurrencePage<'q> {
    frame: Frame,
    class: OccurrenceView,
    day: String,
    week: String,
    places_left: String,
    guests: Vec<GuestView>,
    waiting: Vec<WaitingView>,
    cancelled: Vec<CancelledView>,
    has_more_cancelled: bool,
    has_ended: bool,
    /// Whether those who are booked now wait for a place.
    is_full: bool,
    q: &'q str,
    /// Those who match the search. `None` where who looks at it cannot book.
    search: Option<Candidates>,
    done: Option<&'static str>,
    fault: Option<&'static str>,
}

/// What the page says of the form that was sent last.
#[derive(Clone, Copy)]
pub(super) enum FormOutcome {
    /// It did something.
    Done(&'static str),
    /// It could not be done, for this reason.
    Refused(&'static str),
    /// The page that it was sent from shows what is no longer so.
    Outdated,
    /// None was sent.
    Nothing,
}

/// The page.
pub(in crate::dashboard) async fn show(
    State(app): State<App>,
    caller: StaffCaller,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response<Body>, Problem> {
    let query = Fields::parse(query.unwrap_or_default().as_bytes())?;
    let outcome = query.text("done").and_then(text_of_done).map_or(FormOutcome::Nothing, FormOutcome::Done);
    page(&app, &caller, id_in(&id)?, query.text("q").unwrap_or_default(), outcome).await
}

/// What the page says when a form led to it.
fn text_of_done(word: &str) -> Option<&'static str> {
    match word {
        "booked" => Some(TEXTS.was_booked),
        "waiting" => Some(TEXTS.was_put_on_list),
        "cancelled" => Some(TEXTS.was_cancelled),
        _ => None,
    }
}

/// The page again after a form.
pub(super) async fn page(
    app: &App,
    caller: &StaffCaller,
    id: OccurrenceId,
    q: &str,
    outcome: FormOutcome,
) -> Result<Response<Body>, Problem> {
    let (on, now, zone) = (|| app.db.of(caller.studio()), app.clock.now(), &caller.session().time_zone);
    let row = schedule::find(on(), id).await?.ok_or_else(no_such)?;
    let it = &row.fields;
    let entries = roster::roster(on(), id).await?;
    let mut cancelled = roster::cancelled(on(), id, MOST_CANCELLED + 1).await?;
    let has_more_cancelled = cancelled.len() > MOST_CANCELLED;
    cancelled.truncate(MOST_CANCELLED);
    let takes_place = it.status == OccurrenceStatus::Scheduled && now < it.ends_at;
    let can_book = takes_place && caller.may(Role::Developer);
    let search = if can_book { Some(Candidates::find(app, caller, q, &entries).await?) } else { None };
    let (waiting, guests): (Vec<_>, Vec<_>) = entries.iter().partition(|entry| entry.status == BookingStatus::Waiting);
    let names = NamesOfRows::of(app, caller.studio(), std::slice::from_ref(&row)).await?;
    let (status, done, fault) = match outcome {
        FormOutcome::Nothing if search.as_ref().is_some_and(|search| search.is_bad) => {
            (StatusCode::UNPROCESSABLE_ENTITY, None, None)
        }
        FormOutcome::Nothing => (StatusCode::OK, None, None),
        FormOutcome::Done(text) => (StatusCode::OK, Some(text), None),
        FormOutcome::Refused(text) => (StatusCode::UNPROCESSABLE_ENTITY, None, Some(text)),
        FormOutcome::Outdated => (StatusCode::PRECONDITION_FAILED, None, Some(TEXTS.look_again)),
    };
    let page = OccurrencePage {
        frame: Frame::of(app, caller).await?,
        class: OccurrenceView::of(&row, &names, zone),
        day: local(it.starts_at, zone, TEXTS.long_day),
        week: format!("{TIMETABLE}?week={}", local(it.starts_at, zone, "%F")),
        places_left: it.spots_left().map_or_else(|| TEXTS.no_limit.to_owned(), |left| left.to_string()),
        guests: guests.into_iter().map(|entry| GuestView::of(entry, it, now, zone)).collect(),
        waiting: WaitingView::all(&waiting, it, now, zone),
        cancelled: cancelled.iter().map(|entry| CancelledView::of(entry, zone)).collect(),
        has_more_cancelled,
        has_ended: it.ends_at <= now,
        is_full: it.spots_left() == Some(0),
        q,
        search,
        done,
        fault,
    };
    with_status(status, &page)
}

/// The page of an occurrence.
pub(super) fn path_of(id: OccurrenceId) -> String {
    format!("{TIMETABLE}/{id}")
}

pub(super) fn no_such() -> Problem {
    Problem::not_found(Occurrence::NOUN)
}

pub(super) fn id_in(path: &str) -> Result<OccurrenceId, Problem> {
    path.parse().map_err(|_| no_such())
}
