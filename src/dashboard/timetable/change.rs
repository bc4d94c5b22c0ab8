//! Cancelling a member's booking, and noting who came. A form says which version of the booking it shows: somebody who was given
//! a place meanwhile does not lose it to a form that takes them off the waiting list.

use askama::Template;
use axum::{
    body::Body,
    extract::{Path, State},
    http::Response,
};

use super::{
    NamesOfRows, OccurrenceView,
    occurrence::{FormOutcome, id_in, no_such, page, path_of},
    view::NamedMember,
};
use crate::{
    access::{caller::Caller, sessions::caller::StaffCaller},
    dashboard::{
        form::Sent,
        frame::Frame,
        page::{lead_to, page as page_of},
        row_form::{RowForm, outdated},
        texts::TEXTS,
        time::local,
        turn::WriteInTurn,
    },
    operation::app::App,
    resources::{
        bookings::{self, Booking, BookingId, BookingStatus, CancelledBy, attendance, audited, roster},
        schedule::{self, OccurrenceId},
    },
    store::{
        id::Named,
        row::{self, Row},
        turns::TimetableTx,
    },
    wire::{
        form::Fields,
        problem::{Code, Problem},
    },
};

#[derive(Template)]
#[template(path = "cancellation.html")]
struct CancellationPage {
    frame: Frame,
    class: OccurrenceView,
    day: String,
    booking: BookingId,
    version: i64,
    title: String,
    button: &'static str,
    hints: Vec<&'static str>,
}

/// The page that asks before it cancels a booking.
pub(in crate::dashboard) async fn cancellation(
    State(app): State<App>,
    caller: StaffCaller,
    Path(path): Path<(String, String)>,
) -> Result<Response<Body>, Problem> {
    let (occurrence, id) = ids_in(&path)?;
    let (on, zone) = (|| app.db.of(caller.studio()), &caller.session().time_zone);
    let row = schedule::find(on(), occurrence).await?.ok_or_else(no_such)?;
    let entries = roster::roster(on(), occurrence).await?;
    let Some(entry) = entries.iter().find(|entry| entry.id == id) else {
        row::find(on(), id).await?.filter(|row| is_of(occurrence, row)).ok_or_else(no_booking)?;
        return page(&app, &caller, occurrence, "", FormOutcome::Outdated).await;
    };
    let (t, waits) = (&TEXTS, entry.status == BookingStatus::Waiting);
    let hints = if waits {
        vec![t.leaves_list]
    } else if bookings::is_late_now(on(), &row.fields, app.clock.now()).await? {
        vec![t.would_be_late, t.place_goes_on]
    } else {
        vec![t.is_in_time, t.place_goes_on]
    };
    let (title, button) =
        if waits { (t.take_off_list_title, t.take_off_list) } else { (t.cancel_booking_title, t.cancel_booking) };
    let names = NamesOfRows::of(&app, caller.studio(), std::slice::from_ref(&row)).await?;
    page_of(&CancellationPage {
        frame: Frame::of(&app, &caller).await?,
        day: local(row.fields.starts_at, zone, t.long_day),
        class: OccurrenceView::of(&row, &names, zone),
        booking: id,
        version: entry.version,
        title: title.replace("{name}", &NamedMember::of(entry).name),
        button,
        hints,
    })
}

/// Cancels it. It is no late cancellation of the member's.
pub(in crate::dashboard) async fn cancel(
    State(app): State<App>,
    caller: StaffCaller,
    Path(path): Path<(String, String)>,
    Sent(form): Sent,
) -> Result<Response<Body>, Problem> {
    let (occurrence, id) = ids_in(&path)?;
    let done = async || {
        let mut write = WriteInTurn::begin(&app, &caller).await?;
        let current = find(&mut write.tx, occurrence, id).await?;
        if current.fields.status.is_cancelled() {
            return Ok(());
        }
        check_version(&form, &current)?;
        let before = current.fields.status;
        let booking = bookings::cancel(&mut write.tx, current, CancelledBy::Staff).await?;
        write.tx.note(audited::action(&caller.actor(), "bookings.cancel", Some(before), &booking)).await?;
        Ok(write.commit().await?)
    };
    let outcome = match done().await {
        Ok(()) => return Ok(lead_to(&format!("{}?done=cancelled", path_of(occurrence)))),
        Err(problem) => outcome_of(problem)?,
    };
    page(&app, &caller, occurrence, "", outcome).await
}

/// Notes that a member came, or did not, or takes that back.
pub(in crate::dashboard) async fn mark(
    State(app): State<App>,
    caller: StaffCaller,
    Path(path): Path<(String, String)>,
    Sent(form): Sent,
) -> Result<Response<Body>, Problem> {
    let (occurrence, id) = ids_in(&path)?;
    let done = async || {
        let mut write = WriteInTurn::begin(&app, &caller).await?;
        let current = find(&mut write.tx, occurrence, id).await?;
        let wanted = status_in(&form)?;
        if current.fields.status == wanted {
            return Ok(());
        }
        check_version(&form, &current)?;
        if !current.fields.status.has_a_place() {
            return Err(outdated());
        }
        let before = current.fields.status;
        let booking = attendance::mark(&mut write.tx, current, wanted).await?;
        write.tx.note(audited::action(&caller.actor(), "bookings.mark_attendance", Some(before), &booking)).await?;
        Ok(write.commit().await?)
    };
    let outcome = match done().await {
        Ok(()) => return Ok(lead_to(&format!("{}#{id}", path_of(occurrence)))),
        Err(problem) => outcome_of(problem)?,
    };
    page(&app, &caller, occurrence, "", outcome).await
}

/// What the page says of a refusal.
fn outcome_of(problem: Problem) -> Result<FormOutcome, Problem> {
    match problem.code() {
        Code::VersionMismatch => Ok(FormOutcome::Outdated),
        Code::OccurrenceInPast => Ok(FormOutcome::Refused(TEXTS.has_begun)),
        Code::Conflict => Ok(FormOutcome::Refused(TEXTS.too_early)),
        _ => Err(problem),
    }
}

async fn find(tx: &mut TimetableTx, occurrence: OccurrenceId, id: BookingId) -> Result<Row<Booking>, Problem> {
    row::lock(tx.on(), id).await?.filter(|row| is_of(occurrence, row)).ok_or_else(no_booking)
}

fn is_of(occurrence: OccurrenceId, booking: &Row<Booking>) -> bool {
    booking.fields.occurrence_id == occurrence
}

fn check_version(form: &Fields, current: &Row<Booking>) -> Result<(), Problem> {
    if RowForm::shown_version(form) == Some(current.version) { Ok(()) } else { Err(outdated()) }
}

fn status_in(form: &Fields) -> Result<BookingStatus, Problem> {
    let sent = form.text("status").unwrap_or_default();
    let all = [BookingStatus::Booked, BookingStatus::Attended, BookingStatus::NoShow];
    let status = all.into_iter().find(|status| status.to_string() == sent);
    status.ok_or_else(|| Problem::new(Code::MalformedRequest, TEXTS.look_again))
}

fn ids_in((occurrence, booking): &(String, String)) -> Result<(OccurrenceId, BookingId), Problem> {
    Ok((id_in(occurrence)?, booking.parse().map_err(|_| no_booking())?))
}

fn no_booking() -> Problem {
    Problem::not_found(Booking::NOUN)
}
