//! The mails about bookings: what they say, and the calendar file that comes with them. Called by [`super::email`].
//!
//! What is said of the class is read when the mail is sent, so that it is what holds then; the outbox keeps only at which time the
//! class was to begin before it was moved.

use lettre::Address;

use super::{
    booked::BookedClass,
    kind::MailKind,
    member_texts::MemberMailTexts,
    unsent::Unsent,
    wording::{is_a_name, local, one_line},
};
use crate::wire::{
    calendar::{self, CalendarInvitation, CalendarMethod},
    text::UnknownTimeZone,
    translated::fill,
};

/// What a mail about a booking says.
pub(super) struct BookingWords {
    pub(super) language: &'static str,
    pub(super) subject: String,
    pub(super) hello: String,
    pub(super) lead: String,
    pub(super) facts: Vec<(&'static str, String)>,
    pub(super) end: Option<&'static str>,
}

impl BookingWords {
    /// What the mail says, in its reader's language; nothing in the mails about other things.
    ///
    /// # Errors
    /// When this binary does not know the class's time zone.
    pub(super) fn of(mail: &Unsent) -> Result<Option<Self>, UnknownTimeZone> {
        let Some(booked) = &mail.booking else { return Ok(None) };
        let t = MemberMailTexts::of(mail.language());
        let name = mail.first_name.as_deref().filter(|name| is_a_name(name)).map(one_line);
        let shown = |at| local(at, &booked.time_zone, mail.language());
        let when = shown(booked.starts_at)?;
        let before = mail.moved_from.map(shown).transpose()?;
        let (class, studio) = (one_line(&booked.class_name), one_line(&mail.studio_name));
        let values = [
            ("name", name.as_deref().unwrap_or_default()),
            ("class", &class),
            ("studio", &studio),
            ("when", &when),
            ("before", before.as_deref().unwrap_or_default()),
        ];
        let said = |text: &str| fill(text, &values);
        let mut facts = vec![(t.class_, class.clone())];
        facts.extend(before.clone().map(|before| (t.before, before)));
        facts.push((if before.is_some() { t.now } else { t.when_ }, when.clone()));
        facts.extend(booked.place().map(|place| (t.where_, place)));
        let by_the_class = booked.cancelled_by.as_deref() == Some("occurrence");
        let reason = booked.cancel_reason.as_deref().filter(|_| by_the_class);
        facts.extend(reason.map(|reason| (t.reason, one_line(reason))));
        Ok(Some(Self {
            language: t.language,
            subject: said(subject(t, mail.kind, before.is_some())),
            hello: said(if name.is_some() { t.hello_name } else { t.hello }),
            lead: said(lead(t, booked, mail.kind)),
            facts,
            end: end(t, booked, mail.kind),
        }))
    }
}

/// The times stand in the subject as well: some read no more of a mail.
fn subject(t: &MemberMailTexts, kind: MailKind, has_moved: bool) -> &'static str {
    match kind {
        MailKind::PlaceOffered => t.offered_subject,
        MailKind::BookingCancelled => t.cancelled_subject,
        MailKind::WaitingEnded => t.waiting_ended_subject,
        _ if has_moved => t.moved_subject,
        MailKind::BookingPromoted => t.promoted_subject,
        _ => t.booked_subject,
    }
}

fn lead(t: &MemberMailTexts, booked: &BookedClass, kind: MailKind) -> &'static str {
    match kind {
        MailKind::BookingPromoted => t.promoted,
        MailKind::PlaceOffered => t.offered,
        MailKind::BookingMoved if booked.is_waiting() => t.moved_waiting,
        MailKind::BookingMoved => t.moved,
        MailKind::BookingCancelled => match booked.cancelled_by.as_deref() {
            Some("member") => t.cancelled_by_you,
            Some("occurrence") => t.cancelled_with_class,
            Some("membership") => t.cancelled_with_membership,
            _ => t.cancelled_by_studio,
        },
        MailKind::WaitingEnded => match booked.cancelled_by.as_deref() {
            Some("occurrence") => t.waiting_ended_with_class,
            Some("membership") => t.waiting_ended_with_membership,
            _ => t.waiting_ended_by_studio,
        },
        _ => t.booked,
    }
}

fn end(t: &MemberMailTexts, booked: &BookedClass, kind: MailKind) -> Option<&'static str> {
    match kind {
        MailKind::PlaceOffered => Some(t.take_it),
        MailKind::BookingMoved if booked.is_waiting() => Some(t.still_waits),
        MailKind::BookingCancelled if booked.status == "late_cancelled" => Some(t.late),
        MailKind::BookingCancelled | MailKind::WaitingEnded => None,
        _ => Some(t.cancel_otherwise),
    }
}

/// The calendar file of a mail, and what it asks for. An offered place and a place in a waiting list are in no calendar: who reads
/// that there is an event would come.
pub(super) fn calendar_file(mail: &Unsent, from: &Address, to: &Address) -> Option<(CalendarMethod, String)> {
    let booked = mail.booking.as_ref().filter(|booked| !booked.is_waiting())?;
    let method = match mail.kind {
        MailKind::BookingConfirmed | MailKind::BookingPromoted | MailKind::BookingMoved => CalendarMethod::Request,
        MailKind::BookingCancelled => CalendarMethod::Cancel,
        _ => return None,
    };
    let studio_name = one_line(&mail.studio_name);
    let mut entry = booked.entry((mail.studio_id, &studio_name), mail.created_at);
    entry.invitation = Some(CalendarInvitation {
        organizer: studio_name,
        organizer_address: from.to_string(),
        attendee_address: to.to_string(),
    });
    Some((method, calendar::message(method, &entry)))
}
