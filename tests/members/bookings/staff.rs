//! What staff may do with bookings, by the rules that the dashboard calls.

use flow_gateway::{
    resources::bookings::{
        self, Booker, Booking, BookingStatus, CancelledBy, NewBooking, attendance::mark, roster::roster,
    },
    store::{
        row::{self, Row},
        turns::{TimetableTx, WriteTx},
    },
    wire::problem::{Code, Problem},
};
use serde_json::{Value, json};

use super::{Member, counts, crowd, late_from, minutes_before, with_a_class};
use crate::{
    resources::classes::id,
    support::studio::{Studio, on_both_engines},
};

/// Runs a rule in a transaction of its own, and keeps what it wrote unless it refused.
async fn run<T>(studio: &Studio, rule: impl AsyncFnOnce(&mut TimetableTx) -> Result<T, Problem>) -> Result<T, Code> {
    let mut tx = studio.app.turns.begin(&studio.app.db, &studio.clock, studio.id, 1).await.unwrap();
    let done = rule(&mut tx).await.map_err(|problem| problem.code())?;
    tx.commit().await.unwrap();
    Ok(done)
}

async fn book(studio: &Studio, member: &Member, occurrence: &Value, wait: bool) -> Result<Row<Booking>, Code> {
    let booker = Booker::Staff(member.id.parse().unwrap());
    let wanted = NewBooking { occurrence_id: id(occurrence).parse().unwrap(), wait };
    run(studio, async |tx| bookings::book(tx, booker, &wanted).await).await
}

async fn now(studio: &Studio, booking: &Row<Booking>) -> Row<Booking> {
    row::find(studio.app.db.of(studio.id), booking.id).await.unwrap().unwrap()
}

#[apply(on_both_engines!)]
async fn staff_book_outside_the_window_but_never_over_the_capacity(studio: Studio) {
    let window = json!({"capacity": 1, "booking_window": {"opens_minutes_before": 60, "closes_minutes_before": 30}});
    let (studio, house, occurrence) = with_a_class(studio, window).await;
    let members = crowd(&studio, 3).await;
    let booked = book(&studio, &members[0], &occurrence, false).await.unwrap();
    assert_eq!(book(&studio, &members[1], &occurrence, false).await.unwrap_err(), Code::ClassFull);
    let waits = book(&studio, &members[1], &occurrence, true).await.unwrap();
    assert_eq!(waits.fields.status, BookingStatus::Waiting);
    assert_eq!(counts(&studio, &house, &occurrence).await, (1, 1));
    let rows = roster(studio.app.db.of(studio.id), id(&occurrence).parse().unwrap()).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [booked.id, waits.id]);
    assert_eq!(rows[0].first_name.as_deref(), Some("Ana"));
    late_from(&studio, 120).await;
    minutes_before(&studio, &occurrence, 90);
    let cancelled = run(&studio, async |tx| {
        let current = row::lock(tx.on(), booked.id).await?.unwrap();
        bookings::cancel(tx, current, CancelledBy::Staff).await
    });
    assert_eq!(cancelled.await.unwrap().fields.status, BookingStatus::Cancelled, "the studio is never late");
    assert_eq!(counts(&studio, &house, &occurrence).await, (0, 1), "it is offered");
    assert_eq!(book(&studio, &members[2], &occurrence, false).await.unwrap_err(), Code::ClassFull, "nor do staff pass");
    assert_eq!(book(&studio, &members[1], &occurrence, false).await.unwrap().id, waits.id);
    minutes_before(&studio, &occurrence, 0);
    house.server.get("/v1/schedule").await.expect(200);
    assert_eq!(book(&studio, &members[2], &occurrence, false).await.unwrap_err(), Code::ClassFull);
}

#[apply(on_both_engines!)]
async fn staff_note_who_came_once_it_can_be_known(studio: Studio) {
    let (studio, house, occurrence) = with_a_class(studio, json!({"capacity": 1})).await;
    let members = crowd(&studio, 2).await;
    let booked = book(&studio, &members[0], &occurrence, false).await.unwrap();
    let waits = book(&studio, &members[1], &occurrence, true).await.unwrap();
    let marked = async |booking: &Row<Booking>, status| {
        let current = now(&studio, booking).await;
        run(&studio, async |tx| mark(tx, current, status).await).await.map(|row| row.fields.status)
    };
    assert_eq!(marked(&booked, BookingStatus::Attended).await, Err(Code::Conflict), "too early");
    minutes_before(&studio, &occurrence, 60);
    assert_eq!(marked(&booked, BookingStatus::Attended).await, Ok(BookingStatus::Attended));
    assert_eq!(marked(&booked, BookingStatus::NoShow).await, Err(Code::Conflict), "the class has not begun");
    minutes_before(&studio, &occurrence, 0);
    assert_eq!(marked(&booked, BookingStatus::NoShow).await, Ok(BookingStatus::NoShow));
    assert_eq!(marked(&waits, BookingStatus::Attended).await, Err(Code::Conflict), "who waits has no place");
    assert_eq!(counts(&studio, &house, &occurrence).await, (1, 1), "a place that was not used was taken");
    assert_eq!(marked(&booked, BookingStatus::Booked).await, Ok(BookingStatus::Booked), "a note is taken back");
}

#[apply(on_both_engines!)]
async fn who_came_is_not_cancelled_and_who_waits_for_what_has_begun_keeps_no_place_free(studio: Studio) {
    let (studio, house, occurrence) = with_a_class(studio, json!({"capacity": 1})).await;
    late_from(&studio, 120).await;
    let members = crowd(&studio, 3).await;
    let booked = book(&studio, &members[0], &occurrence, false).await.unwrap();
    book(&studio, &members[1], &occurrence, true).await.unwrap();
    minutes_before(&studio, &occurrence, 30);
    let marked = async |status| {
        let current = now(&studio, &booked).await;
        run(&studio, async |tx| mark(tx, current, status).await).await.unwrap();
    };
    let cancel = async || {
        let current = now(&studio, &booked).await;
        run(&studio, async |tx| bookings::cancel(tx, current, CancelledBy::Staff).await).await
    };
    marked(BookingStatus::Attended).await;
    assert_eq!(cancel().await.unwrap_err(), Code::Conflict);
    marked(BookingStatus::Booked).await;
    cancel().await.unwrap();
    assert_eq!(counts(&studio, &house, &occurrence).await, (0, 1), "it is offered");
    assert_eq!(book(&studio, &members[2], &occurrence, false).await.unwrap_err(), Code::ClassFull);
    minutes_before(&studio, &occurrence, 0);
    book(&studio, &members[2], &occurrence, false).await.unwrap();
    assert_eq!(counts(&studio, &house, &occurrence).await, (1, 1));
}
