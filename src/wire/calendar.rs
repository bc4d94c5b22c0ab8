//! Calendar files (RFC 5545): bookings as calendar programs read them. Called by the mails about bookings, whose files are iTIP
//! messages (RFC 5546), and by the calendars of members, which programs ask for anew by themselves.
//!
//! Times are in UTC: a single event needs no zone, and every program shows UTC on its reader's clocks. The `icalendar` crate folds
//! lines and escapes texts.

use icalendar::{Calendar, Component, Event, EventStatus, Property};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::store::instant::Instant;

/// Who wrote the file.
const PRODUCT: &str = "-//Flow Gateway//Bookings//EN";
/// What stands for itself in the address of a `mailto:` URI.
const ADDRESS: &AsciiSet = &NON_ALPHANUMERIC.remove(b'@').remove(b'.').remove(b'-').remove(b'_').remove(b'+');

/// An event of a calendar.
#[derive(Clone, Debug)]
pub struct CalendarEntry {
    /// Its id: the same in every file, so that a later one replaces an earlier one.
    pub uid: String,
    /// Counts its changes: a file with a lower number changes nothing.
    pub sequence: i64,
    /// When this was so.
    pub as_of: Instant,
    /// When it begins.
    pub starts_at: Instant,
    /// When it ends.
    pub ends_at: Instant,
    /// Its title.
    pub summary: String,
    /// Where it is.
    pub location: Option<String>,
    /// What else there is to say.
    pub description: String,
    /// Whether it does not take place for the reader.
    pub is_cancelled: bool,
    /// Who invites whom, in a mail.
    pub invitation: Option<CalendarInvitation>,
}

/// Who invites whom to an event. The answer is known already, and none is asked for.
#[derive(Clone, Debug)]
pub struct CalendarInvitation {
    /// The name of who invites.
    pub organizer: String,
    /// The address of who invites.
    pub organizer_address: String,
    /// The address of who is invited.
    pub attendee_address: String,
}

/// What a file in a mail asks of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CalendarMethod {
    /// To enter the event, or change it.
    Request,
    /// To cancel it.
    Cancel,
}

impl CalendarMethod {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Request => "REQUEST",
            Self::Cancel => "CANCEL",
        }
    }
}

/// Writes the file of a mail.
pub fn message(method: CalendarMethod, entry: &CalendarEntry) -> String {
    let mut calendar = empty();
    calendar.append_property(("METHOD", method.name()));
    calendar.push(event(entry));
    calendar.to_string()
}

/// How often a program asks for a calendar anew.
const REFRESHED_EVERY: &str = "PT1H";

/// Writes a calendar: its name, and all that is in it.
pub fn calendar<'e>(name: &str, entries: impl IntoIterator<Item = &'e CalendarEntry>) -> String {
    let mut calendar = empty();
    // The crate does not know that `NAME` (RFC 7986) is a text, and would write it unescaped.
    calendar.append_property(Property::new("NAME", plain(name)).add_parameter("VALUE", "TEXT").done());
    calendar.append_property(("X-WR-CALNAME", plain(name).as_str()));
    calendar
        .append_property(Property::new("REFRESH-INTERVAL", REFRESHED_EVERY).add_parameter("VALUE", "DURATION").done());
    calendar.append_property(("X-PUBLISHED-TTL", REFRESHED_EVERY));
    calendar.extend(entries.into_iter().map(event));
    calendar.to_string()
}

fn empty() -> Calendar {
    let mut calendar = Calendar::empty();
    for property in [("VERSION", "2.0"), ("PRODID", PRODUCT), ("CALSCALE", "GREGORIAN")] {
        calendar.append_property(property);
    }
    calendar
}

fn event(entry: &CalendarEntry) -> Event {
    let status = if entry.is_cancelled { EventStatus::Cancelled } else { EventStatus::Confirmed };
    let mut event = Event::new();
    event.uid(&entry.uid).summary(&plain(&entry.summary)).description(&plain(&entry.description)).status(status);
    event.add_property("SEQUENCE", entry.sequence.to_string());
    for (name, at) in [("DTSTAMP", entry.as_of), ("DTSTART", entry.starts_at), ("DTEND", entry.ends_at)] {
        event.add_property(name, at.timestamp().strftime("%Y%m%dT%H%M%SZ").to_string());
    }
    if let Some(location) = &entry.location {
        event.add_property("LOCATION", plain(location));
    }
    if let Some(invitation) = &entry.invitation {
        let mut organizer = Property::new("ORGANIZER", mailto(&invitation.organizer_address));
        event.append_property(organizer.add_parameter("CN", &parameter(&invitation.organizer)).done());
        let mut attendee = Property::new("ATTENDEE", mailto(&invitation.attendee_address));
        for (name, value) in [("ROLE", "REQ-PARTICIPANT"), ("PARTSTAT", "ACCEPTED"), ("RSVP", "FALSE")] {
            attendee.add_parameter(name, value);
        }
        event.append_multi_property(attendee.done());
    }
    event.done()
}

/// A text without control characters other than line feeds, which the crate escapes.
fn plain(text: &str) -> String {
    text.replace("\r\n", "\n")
        .chars()
        .map(|letter| if letter == '\n' || !letter.is_control() { letter } else { ' ' })
        .collect()
}

/// A parameter holds no quotation mark, and no line break.
fn parameter(text: &str) -> String {
    text.chars().map(|letter| if letter == '"' || letter.is_control() { ' ' } else { letter }).collect()
}

fn mailto(address: &str) -> String {
    format!("mailto:{}", utf8_percent_encode(address, ADDRESS))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> CalendarEntry {
        let at = |text: &str| text.parse::<Instant>().unwrap();
        CalendarEntry {
            uid: "bkg_1@stu_1".into(),
            sequence: 2,
            as_of: at("2026-06-01T08:00:00Z"),
            starts_at: at("2026-06-01T17:30:00Z"),
            ends_at: at("2026-06-01T18:30:00Z"),
            summary: "Yin, Yang; \\ and\r\nZoë’s ".repeat(8),
            location: Some("Rua \"A\", 1".into()),
            description: "BEGIN:VEVENT\r\nUID:other".into(),
            is_cancelled: false,
            invitation: Some(CalendarInvitation {
                organizer: "\"Casa\": 1, \r\nX:".into(),
                organizer_address: "no-reply@casa.example".into(),
                attendee_address: "a?b\r\n@casa.example".into(),
            }),
        }
    }

    #[test]
    fn lines_are_folded_and_no_text_breaks_out_of_its_property() {
        let file = message(CalendarMethod::Request, &entry());
        assert!(file.split("\r\n").all(|line| line.len() <= 75 && !line.contains(['\r', '\n'])), "{file}");
        let unfolded = file.replace("\r\n ", "");
        let lines: Vec<_> = unfolded.split("\r\n").collect();
        assert_eq!(lines.iter().filter(|line| line.starts_with("UID")).count(), 1, "{unfolded}");
        assert_eq!(lines.iter().filter(|line| line.starts_with("BEGIN")).count(), 2, "{unfolded}");
        assert!(unfolded.contains("Yin\\, Yang\\; \\\\ and\\nZoë’s"), "{unfolded}");
        assert!(unfolded.contains("ORGANIZER;CN=\" Casa : 1,   X:\":mailto:no-reply@casa.example"), "{unfolded}");
        assert!(unfolded.contains(":mailto:a%3Fb%0D%0A@casa.example"), "{unfolded}");
        for line in ["METHOD:REQUEST", "SEQUENCE:2", "DTSTART:20260601T173000Z", "STATUS:CONFIRMED"] {
            assert!(lines.contains(&line), "{line}: {unfolded}");
        }
    }

    #[test]
    fn no_name_of_a_calendar_breaks_out_of_its_property() {
        let file = calendar("Casa; Yoga, \\ \r\nBEGIN:VEVENT", &[entry()]);
        let unfolded = file.replace("\r\n ", "");
        let lines: Vec<_> = unfolded.split("\r\n").collect();
        for name in ["NAME;VALUE=TEXT", "X-WR-CALNAME"] {
            let line = format!("{name}:Casa\\; Yoga\\, \\\\ \\nBEGIN:VEVENT");
            assert!(lines.contains(&line.as_str()), "{line}: {unfolded}");
        }
        assert_eq!(lines.iter().filter(|line| **line == "BEGIN:VEVENT").count(), 1, "{unfolded}");
    }

    #[test]
    fn the_same_booking_is_written_the_same_way_each_time() {
        assert_eq!(message(CalendarMethod::Cancel, &entry()), message(CalendarMethod::Cancel, &entry()));
    }
}
