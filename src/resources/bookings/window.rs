//! Whether an occurrence can be booked, and when. Pure functions, and the only ones that judge it: what a list says is what
//! booking answers.
//!
//! Minutes before the start are counted in the local time of the occurrence's location, so that "twelve hours before" of a class at
//! 09:00 is 21:00 of the evening before, also in the night in which clocks change.

use jiff::{ToSpan, tz};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    model::{Booking, BookingStatus},
    terms::MemberTerms,
};
use crate::{
    resources::{
        classes::BookingWindow,
        schedule::{Occurrence, OccurrenceStatus},
    },
    store::{error::StoreError, instant::Instant},
    wire::problem::{Code, Problem},
};

/// Whether this member can book this occurrence now, and when booking opens and closes.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct BookingState {
    /// Whether a booking would succeed now.
    pub open: bool,
    /// Why it would not: the `code` that booking would be refused with. Null when `open`. `class_full` means that the waiting
    /// list can be joined; `already_booked` that the member has a place, or waits for one.
    #[schema(value_type = Option<String>, example = json!(null))]
    pub code: Option<&'static str>,
    /// From when on it can be booked. Null when as soon as the occurrence exists.
    pub opens_at: Option<Instant>,
    /// From when on it cannot be booked any more: at the latest when it begins.
    pub closes_at: Instant,
    #[serde(skip)]
    #[schema(ignore)]
    refusal: Option<Code>,
    #[serde(skip)]
    #[schema(ignore)]
    is_cancelled_often: bool,
}

/// So often a member may cancel one occurrence, or leave its waiting list, and book it again. Each time leaves a row, and a mail
/// to whoever waits: without a limit, one member could make both without end. Staff are not bound by it.
const MOST_CANCELLED: i64 = 5;

/// Who wants to book, and by which rules.
#[derive(Clone, Copy, Debug)]
pub enum BookingRules {
    /// A member, within the window of the class.
    Window(Option<BookingWindow>),
    /// Staff for a member: at any time until the end.
    Anytime,
}

/// What the member has booked of the occurrence already.
#[derive(Clone, Copy, Debug, Default)]
pub struct OwnBookings {
    /// The booking that was not cancelled.
    pub current: Option<OwnBooking>,
    /// How many the member cancelled.
    pub cancelled: i64,
}

/// The booking that the member has in the occurrence already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnBooking {
    /// A place, or a number in the waiting list that is not due.
    Counts,
    /// A number in the waiting list for which a place is free.
    IsNext,
}

impl OwnBooking {
    /// What a booking is for who asks to book once more; `position` is its position in the waiting list.
    pub fn of(own: &Booking, position: Option<i64>, occurrence: &Occurrence) -> Self {
        let is_next = own.status == BookingStatus::Waiting
            && position.is_some_and(|position| free_places(occurrence).is_none_or(|free| position <= free));
        if is_next { Self::IsNext } else { Self::Counts }
    }
}

/// How many places nobody has; no limit when `None`. Those who wait have a right to them first.
pub fn free_places(occurrence: &Occurrence) -> Option<i64> {
    occurrence.effective_capacity.map(|capacity| (capacity - occurrence.booked_count).max(0))
}

/// Judges whether an occurrence can be booked. Booking is open from `opens_at` on, and until just before `closes_at`.
///
/// # Errors
/// When this binary does not know the occurrence's time zone.
pub fn judge(
    occurrence: &Occurrence,
    rules: BookingRules,
    member: &MemberTerms,
    own: OwnBookings,
    now: Instant,
) -> Result<BookingState, StoreError> {
    let is_new = own.current.is_none();
    let is_cancelled_often = is_new && own.cancelled >= MOST_CANCELLED && matches!(rules, BookingRules::Window(_));
    let (window, last) = match rules {
        BookingRules::Window(window) => (window, occurrence.starts_at),
        BookingRules::Anytime => (None, occurrence.ends_at),
    };
    let before = |minutes: Option<i64>| minutes.map(|minutes| minutes_before(occurrence, minutes)).transpose();
    let opens_at = before(window.and_then(|window| window.opens_minutes_before))?;
    let closes_at = before(window.and_then(|window| window.closes_minutes_before))?.unwrap_or(last);
    // Once it has begun, nobody waits any more.
    let left = if occurrence.starts_at <= now { free_places(occurrence) } else { occurrence.spots_left() };
    let is_full = is_new && left == Some(0);
    let refusals = [
        (Code::OccurrenceCancelled, occurrence.status == OccurrenceStatus::Cancelled),
        (Code::OccurrenceInPast, last <= now),
        (Code::MembershipNotActive, !member.cover(occurrence.starts_at)),
        (Code::AlreadyBooked, own.current == Some(OwnBooking::Counts)),
        (Code::BookingNotOpen, opens_at.is_some_and(|opens_at| now < opens_at)),
        (Code::BookingClosed, closes_at <= now || is_cancelled_often),
        (Code::ClassFull, is_full),
    ];
    let refusal = refusals.into_iter().find_map(|(code, refused)| refused.then_some(code));
    let (open, code) = (refusal.is_none(), refusal.map(Code::name));
    Ok(BookingState { open, code, opens_at, closes_at, refusal, is_cancelled_often })
}

/// So many minutes before an occurrence begins, in the local time of its location.
///
/// # Errors
/// When this binary does not know the time zone.
pub fn minutes_before(occurrence: &Occurrence, minutes: i64) -> Result<Instant, StoreError> {
    let zone = occurrence.time_zone.rules()?;
    let elapsed = occurrence.starts_at.timestamp().saturating_sub(minutes.minutes());
    let shown = zone.to_datetime(occurrence.starts_at.timestamp()).saturating_sub(minutes.minutes());
    let ambiguous = zone.to_ambiguous_timestamp(shown);
    // A time that clocks skip is never shown: then the minutes that pass are counted.
    let is_skipped = matches!(ambiguous.offset(), tz::AmbiguousOffset::Gap { .. });
    if let Ok(elapsed) = elapsed
        && (is_skipped || zone.to_datetime(elapsed) == shown)
    {
        return Ok(elapsed.into());
    }
    let at = ambiguous.compatible().map_err(|error| StoreError::Broken(error.to_string()))?;
    Ok(Instant::from(at).min(occurrence.starts_at))
}

/// Whether a booking that is cancelled now is cancelled in time: exactly so many minutes before the start is.
///
/// # Errors
/// As [`minutes_before`].
pub fn is_in_time(occurrence: &Occurrence, late_minutes: Option<i64>, now: Instant) -> Result<bool, StoreError> {
    late_minutes.map_or(Ok(true), |minutes| Ok(now <= minutes_before(occurrence, minutes)?))
}

impl BookingState {
    /// Why it cannot be booked, if so.
    pub fn refusal(&self) -> Option<Code> {
        self.refusal
    }

    /// The refusal as it is answered.
    pub fn problem(&self, code: Code) -> Problem {
        let detail = match code {
            Code::OccurrenceCancelled => "It was cancelled, so it cannot be booked.".to_owned(),
            Code::OccurrenceInPast => "It has begun, so it cannot be booked any more.".to_owned(),
            Code::MembershipNotActive => "The membership is not active on the day of this class.".to_owned(),
            Code::AlreadyBooked => "This member has a place in it already, or waits for one.".to_owned(),
            Code::BookingNotOpen => match self.opens_at {
                Some(at) => format!("Booking opens at {at}."),
                None => "Booking is not open yet.".to_owned(),
            },
            Code::BookingClosed if self.is_cancelled_often => {
                format!(
                    "The member cancelled this class {MOST_CANCELLED} times, and cannot book it again. The studio's staff can book it."
                )
            }
            Code::BookingClosed => format!("Booking closed at {}.", self.closes_at),
            _ => "No place is left. Send `\"wait\": true` to join the waiting list.".to_owned(),
        };
        Problem::new(code, detail)
    }
}
