//! The mails about bookings: what they say, and the calendar file that comes with them. Called by [`super::email`].
//!
//! What is said of the class is read when the mail is sent, so that it is what holds then; the outbox keeps only at which time the
//! class was to begin before it was moved.

use lettre::Address;

use super::{
    booked::BookedClass,
    kind::MailKind,
    unsent::Unsent,
    wording::{is_a_name, local, one_line},
};
use crate::wire::{
    calendar::{self, CalendarInvitation, CalendarMethod},
    language::Language,
    text::UnknownTimeZone,
};

/// What a mail about a booking says.
pub(super) struct BookingWords {
    pub(super) subject: String,
    pub(super) hello: String,
    pub(super) lead: String,
    pub(super) facts: Vec<(&'static str, String)>,
    pub(super) end: Vec<&'static str>,
}

const LATE: &str = "It was cancelled later than the studio allows.";
const TAKE_IT: &str = "It is yours if you take it: book the class again, as you did before, and before it begins. Until then \
nobody can take it but those who are first in the waiting list. You need not do anything if you do not want it.";
const CANCEL_OTHERWISE: &str = "If you cannot come, cancel in time, so that somebody else can have your place.";
const STILL_WAITS: &str = "You still wait for a place. You are told when one is yours.";

impl BookingWords {
    /// What the mail says; nothing in the mails about other things.
    ///
    /// # Errors
    /// When this binary does not know the class's time zone.
    pub(super) fn of(mail: &Unsent) -> Result<Option<Self>, UnknownTimeZone> {
        let Some(booked) = &mail.booking else { return Ok(None) };
        let name = mail.first_name.as_deref().filter(|name| is_a_name(name)).map(one_line);
        let shown = |at| local(at, &booked.time_zone, Language::English);
        let when = shown(booked.starts_at)?;
        let before = mail.moved_from.map(shown).transpose()?;
        let (class, studio) = (one_line(&booked.class_name), one_line(&mail.studio_name));
        let mut facts = vec![("Class", class.clone())];
        facts.extend(before.clone().map(|before| ("Before", before)));
        facts.push((if before.is_some() { "Now" } else { "When" }, when.clone()));
        facts.extend(booked.place().map(|place| ("Where", place)));
        let by_the_class = booked.cancelled_by.as_deref() == Some("occurrence");
        let reason = booked.cancel_reason.as_deref().filter(|_| by_the_class);
        facts.extend(reason.map(|reason| ("Reason", one_line(reason))));
        Ok(Some(Self {
            subject: subject(mail.kind, &class, &when, before.as_deref()),
            hello: name.map_or_else(|| "Hello,".to_owned(), |name| format!("Hello {name},")),
            lead: lead(booked, mail.kind, &class, &studio),
            facts,
            end: end(booked, mail.kind),
        }))
    }
}

/// The times stand in the subject as well: some read no more of a mail.
fn subject(kind: MailKind, class: &str, when: &str, before: Option<&str>) -> String {
    let about = match (kind, before) {
        (MailKind::PlaceOffered, _) => "A place is free",
        (MailKind::BookingCancelled, _) => "Cancelled",
        (MailKind::WaitingEnded, _) => "No longer waiting",
        (_, Some(before)) => return format!("Moved: {class}, from {before} to {when}"),
        (MailKind::BookingPromoted, None) => "You have a place",
        (_, None) => "Booked",
    };
    format!("{about}: {class}, {when}")
}

fn lead(booked: &BookedClass, kind: MailKind, class: &str, studio: &str) -> String {
    match kind {
        MailKind::BookingPromoted => {
            format!("A place became free, and it is yours: you have a place in “{class}” at {studio}.")
        }
        MailKind::PlaceOffered => format!("A place is free in “{class}” at {studio}, for which you wait."),
        MailKind::BookingMoved if booked.is_waiting() => {
            format!("{studio} has moved “{class}”, for which you wait.")
        }
        MailKind::BookingMoved => format!("{studio} has moved “{class}”. You keep your place."),
        MailKind::BookingCancelled | MailKind::WaitingEnded => end_of(booked, kind, class, studio),
        _ => format!("You have a place in “{class}” at {studio}."),
    }
}

fn end_of(booked: &BookedClass, kind: MailKind, class: &str, studio: &str) -> String {
    let what = match kind {
        MailKind::WaitingEnded => "you do not wait for a place any more",
        _ => "your booking is cancelled",
    };
    match booked.cancelled_by.as_deref() {
        Some("member") => format!("You have cancelled your booking of “{class}” at {studio}."),
        Some("occurrence") => format!("“{class}” at {studio} does not take place, so {what}."),
        Some("membership") => {
            format!("Your membership at {studio} does not include the day of “{class}” any more, so {what}.")
        }
        _ => format!("{studio} has cancelled your booking of “{class}”: {what}."),
    }
}

fn end(booked: &BookedClass, kind: MailKind) -> Vec<&'static str> {
    match kind {
        MailKind::PlaceOffered => vec![TAKE_IT],
        MailKind::BookingMoved if booked.is_waiting() => vec![STILL_WAITS],
        MailKind::BookingCancelled if booked.status == "late_cancelled" => vec![LATE],
        MailKind::BookingCancelled | MailKind::WaitingEnded => Vec::new(),
        _ => vec![CANCEL_OTHERWISE],
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
