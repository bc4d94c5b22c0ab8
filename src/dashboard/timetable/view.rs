//! Those who take part in an occurrence, wait for it or cancelled it, as its page shows them.

use crate::{
    dashboard::{members::name_of, texts::TEXTS, time::local_time},
    resources::{
        bookings::{BookingId, BookingStatus, CancelledBy, attendance::can_be_noted, roster::RosterEntry},
        members::MembershipId,
        schedule::{Occurrence, OccurrenceStatus},
    },
    store::instant::Instant,
    wire::text::TimeZone,
};

/// A member of the list.
pub(super) struct NamedMember {
    pub id: MembershipId,
    pub name: String,
    pub email: String,
}

/// Somebody who has a place.
pub(super) struct GuestView {
    pub id: BookingId,
    pub version: i64,
    pub member: NamedMember,
    pub booked_at: String,
    pub status: &'static str,
    pub tone: &'static str,
    /// What can be noted of them now.
    pub marks: Vec<AttendanceMark>,
    pub can_cancel: bool,
}

/// A button that notes who came.
pub(super) struct AttendanceMark {
    pub status: BookingStatus,
    pub label: &'static str,
}

/// Somebody who waits for a place.
pub(super) struct WaitingView {
    pub id: BookingId,
    pub position: usize,
    pub member: NamedMember,
    pub since: String,
    /// When a place was offered to them.
    pub offered: Option<String>,
    /// Whether a place is free for them.
    pub is_next: bool,
    pub can_cancel: bool,
}

/// A booking that was cancelled.
pub(super) struct CancelledView {
    pub member: NamedMember,
    pub at: String,
    pub how: &'static str,
}

impl NamedMember {
    pub(super) fn of(entry: &RosterEntry) -> Self {
        let (name, email) = name_of(entry.first_name.as_deref(), entry.last_name.as_deref(), &entry.email);
        Self { id: entry.membership_id, name, email }
    }
}

impl GuestView {
    pub(super) fn of(entry: &RosterEntry, occurrence: &Occurrence, now: Instant, zone: &TimeZone) -> Self {
        let t = &TEXTS;
        let all = [
            (BookingStatus::Attended, t.attended),
            (BookingStatus::NoShow, t.no_show),
            (BookingStatus::Booked, t.take_back),
        ];
        let can = |status| status != entry.status && can_be_noted(status, occurrence.starts_at, now);
        let marks = all.into_iter().filter(|(status, _)| can(*status));
        Self {
            id: entry.id,
            version: entry.version,
            member: NamedMember::of(entry),
            booked_at: local_time(entry.created_at, zone),
            status: t.booking_status(entry.status),
            tone: match entry.status {
                BookingStatus::Attended => "good",
                BookingStatus::NoShow => "bad",
                _ => "",
            },
            marks: marks.map(|(status, label)| AttendanceMark { status, label }).collect(),
            can_cancel: now < occurrence.starts_at,
        }
    }
}

impl WaitingView {
    /// The waiting list, in its order.
    pub(super) fn all(entries: &[&RosterEntry], occurrence: &Occurrence, now: Instant, zone: &TimeZone) -> Vec<Self> {
        let free = occurrence.effective_capacity.map(|capacity| (capacity - occurrence.booked_count).max(0));
        let is_free = |position| free.is_none_or(|free| i64::try_from(position).is_ok_and(|position| position <= free));
        let takes_place = occurrence.status == OccurrenceStatus::Scheduled && now < occurrence.ends_at;
        let view = |(before, entry): (usize, &&RosterEntry)| Self {
            id: entry.id,
            position: before + 1,
            member: NamedMember::of(entry),
            since: local_time(entry.created_at, zone),
            offered: entry.offered_at.map(|at| TEXTS.place_offered.replace("{at}", &local_time(at, zone))),
            is_next: takes_place && is_free(before + 1),
            can_cancel: now < occurrence.starts_at,
        };
        entries.iter().enumerate().map(view).collect()
    }
}

impl CancelledView {
    pub(super) fn of(entry: &RosterEntry, zone: &TimeZone) -> Self {
        let t = &TEXTS;
        let how = match (entry.status, entry.cancelled_by) {
            (BookingStatus::LateCancelled, _) => t.cancelled_late_by_member,
            (_, Some(CancelledBy::Member)) => t.cancelled_by_member,
            (_, Some(CancelledBy::Staff)) => t.cancelled_by_staff,
            (_, Some(CancelledBy::Occurrence)) => t.cancelled_by_class,
            (_, Some(CancelledBy::Membership)) => t.cancelled_by_membership,
            (_, None) => t.cancelled,
        };
        let at = entry.cancelled_at.map(|at| local_time(at, zone)).unwrap_or_default();
        Self { member: NamedMember::of(entry), at, how }
    }
}
