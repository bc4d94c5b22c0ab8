//! Booking a place for a member, or a place in the waiting list.

use axum::{
    body::Body,
    extract::{Path, State},
    http::Response,
};

use super::occurrence::{FormOutcome, id_in, no_such, page, path_of};
use crate::{
    access::{caller::Caller, sessions::caller::StaffCaller},
    dashboard::{form::Sent, page::lead_to, texts::TEXTS, turn::WriteInTurn},
    operation::app::App,
    resources::{
        bookings::{self, Booker, BookingStatus, NewBooking, audited, roster},
        members::{Membership, MembershipId},
        schedule::{self, OccurrenceId},
    },
    store::id::Named,
    wire::problem::{Code, Problem},
};

/// Books for a member. Who sends the form twice has booked once, and is led to the page both times.
pub(in crate::dashboard) async fn book(
    State(app): State<App>,
    caller: StaffCaller,
    Path(id): Path<String>,
    Sent(form): Sent,
) -> Result<Response<Body>, Problem> {
    let wanted = NewBooking { occurrence_id: id_in(&id)?, wait: form.text("wait").is_some() };
    let member = form.text("member").and_then(|id| id.parse::<MembershipId>().ok());
    let problem = match make(&app, &caller, member, &wanted).await {
        Ok(status) => return Ok(done(wanted.occurrence_id, status)),
        Err(problem) => problem,
    };
    let refused = match problem.code() {
        Code::AlreadyBooked => match status_now(&app, &caller, wanted.occurrence_id, member).await? {
            Some(BookingStatus::Waiting) if !wanted.wait => TEXTS.waits_already,
            Some(status) => return Ok(done(wanted.occurrence_id, status)),
            None => TEXTS.look_again,
        },
        Code::ClassFull => TEXTS.is_full_now,
        Code::OccurrenceCancelled => TEXTS.nobody_is_booked_cancelled,
        Code::OccurrenceInPast => TEXTS.nobody_is_booked_over,
        Code::MembershipNotActive => TEXTS.membership_not_active,
        _ => return Err(problem),
    };
    page(&app, &caller, wanted.occurrence_id, form.text("q").unwrap_or_default(), FormOutcome::Refused(refused)).await
}

async fn make(
    app: &App,
    caller: &StaffCaller,
    member: Option<MembershipId>,
    wanted: &NewBooking,
) -> Result<BookingStatus, Problem> {
    let mut write = WriteInTurn::begin(app, caller).await?;
    let tx = &mut write.tx;
    schedule::find(tx.on(), wanted.occurrence_id).await?.ok_or_else(no_such)?;
    let member = member.ok_or_else(|| Problem::not_found(Membership::NOUN))?;
    let booking = bookings::book(tx, Booker::Staff(member), wanted).await?;
    // Only who waited takes a place with a booking that was there before.
    let before = (booking.version > 1).then_some(BookingStatus::Waiting);
    tx.note(audited::action(&caller.actor(), "bookings.create", before, &booking)).await?;
    write.commit().await?;
    Ok(booking.fields.status)
}

/// What a member has of the occurrence.
async fn status_now(
    app: &App,
    caller: &StaffCaller,
    id: OccurrenceId,
    member: Option<MembershipId>,
) -> Result<Option<BookingStatus>, Problem> {
    let entries = roster::roster(app.db.of(caller.studio()), id).await?;
    let own = entries.into_iter().find(|entry| Some(entry.membership_id) == member);
    Ok(own.map(|entry| entry.status))
}

fn done(id: OccurrenceId, status: BookingStatus) -> Response<Body> {
    let word = if status == BookingStatus::Waiting { "waiting" } else { "booked" };
    lead_to(&format!("{}?done={word}", path_of(id)))
}
