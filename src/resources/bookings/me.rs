//! What members may do with bookings: their own, and no others.

use axum::extract::State;

use super::{
    book::{self, NewBooking},
    cancel::{self},
    me_queries::{self, MyBookingFilter},
    me_shape::{self, MyBooking},
    model::{Booking, BookingId, CancelledBy},
    request::Booker,
};
use crate::{
    access::{caller::Caller, member_tokens::caller::MemberCaller},
    operation::{
        app::App,
        list::ListQuery,
        path::PathIds,
        shown::NoQuery,
        whole::OneRow,
        write::{Changed, Created, Nothing, RequiredBody, Stop, Write},
    },
    resources::members::MembershipId,
    store::{
        id::Named,
        row::{self, Row},
    },
    wire::{page::Page, problem::Problem},
};

/// What the document says of the list.
pub const LISTING: &str = "The member's bookings in the order of their start, cancelled ones included.

`occurrence`, `class_name`, `position` and `overlaps` are computed for each answer, from other rows. When they change, the booking's \
`updated_at` and `version` stay, so `updated_since` does not list it: ask again to see them as they are.";

/// Lists the bookings of the member who calls, by the start of their classes.
pub async fn list(
    State(app): State<App>,
    caller: MemberCaller,
    list: ListQuery<MyBooking, MyBookingFilter, MemberCaller>,
) -> Result<Page<Row<MyBooking>>, Problem> {
    let (on, now) = (app.db.of(list.studio), app.clock.now());
    let mut listed = me_queries::list(on, list.slice(), caller.membership().same(), &list.filter, now).await?;
    me_shape::complete(app.db.of(list.studio), &mut listed.rows).await?;
    Ok(list.page(listed))
}

/// What the document says of one booking.
pub const SHOWING: &str =
    "One of the member's own bookings. Somebody else's is answered 404, like one that is not there.";

/// What the document says of booking.
pub const BOOKING: &str = "Books a public class, or one for members, in the name of the member who calls. `GET /v1/me/schedule` says \
beforehand, in `booking`, whether this would succeed. A full class is refused with 409 `class_full`; with `\"wait\": true` the member \
joins its waiting list instead: the booking has the status `waiting`, and a `position`.

A place that becomes free goes to the first of the waiting list, as long as a booking could still be cancelled in time; the member \
is told. Later it is offered instead: the first in the list may take it by booking again, and nobody else may. Nobody passes the \
waiting list: while somebody waits for a free place, a new booking of the class is `class_full`.

The other refusals are 409 `already_booked`, `booking_not_open`, `booking_closed`, `occurrence_cancelled`, `occurrence_in_past` and \
`membership_not_active` (paused, over, or over before the day of the class). Cancelling an occurrence and leaving its waiting list \
count alike: after five times that member cannot book it again, which is `booking_closed`, too. Two classes at one time may be \
booked: `overlaps` names the other bookings.";

/// Books an occurrence for the member who calls.
pub async fn book(
    caller: MemberCaller,
    write: Write<RequiredBody<NewBooking>, MemberCaller>,
) -> Result<Created<MyBooking>, Stop> {
    let (mut write, wanted) = write.begin_in_turn().await?;
    let booker = Booker::Member(caller.membership().same());
    let booking = book::book(&mut write.tx, booker, &wanted.validated()?).await?;
    let mine = me_shape::mine(write.tx.on(), &booking).await?;
    write.created(&mine).await
}

/// Shows a booking of the member who calls.
pub async fn show(
    State(app): State<App>,
    caller: MemberCaller,
    PathIds(id): PathIds<BookingId>,
    NoQuery: NoQuery,
) -> Result<OneRow<MyBooking>, Problem> {
    let found = row::find::<Booking>(app.db.of(caller.studio()), id).await?;
    let booking = found.ok_or_else(|| Problem::not_found(Booking::NOUN))?;
    is_of(caller.membership().same(), &booking)?;
    Ok(OneRow(me_shape::mine(app.db.of(caller.studio()), &booking).await?))
}

/// What the document says of cancelling.
pub const CANCELLING: &str = "Cancels a booking, or leaves the waiting list, and answers the row. Cancelled less than the studio's \
`late_cancellation_minutes` before the start, a place is `late_cancelled`; cancelled exactly so many minutes before, it is `cancelled` \
in time. The minutes are counted in the local time of the class's location. Cancelling twice changes nothing. Once the class has begun, \
the answer is 409 `occurrence_in_past`.";

/// Cancels a booking of the member who calls.
pub async fn cancel(
    caller: MemberCaller,
    PathIds(id): PathIds<BookingId>,
    write: Write<Nothing, MemberCaller>,
) -> Result<Changed<MyBooking>, Stop> {
    let (mut write, Nothing) = write.begin_in_turn().await?;
    let current = write.current_if(id, |booking| is_of(caller.membership().same(), booking)).await?;
    let booking = cancel::cancel(&mut write.tx, current, CancelledBy::Member).await?;
    let mine = me_shape::mine(write.tx.on(), &booking).await?;
    write.changed(&mine).await
}

/// Another member's booking is one that is not there.
fn is_of(member: MembershipId, booking: &Row<Booking>) -> Result<(), Problem> {
    if booking.fields.membership_id == member { Ok(()) } else { Err(Problem::not_found(Booking::NOUN)) }
}
