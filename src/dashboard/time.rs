//! Times by the studio's clocks, as the pages of the dashboard show them.

use jiff::civil;

use super::texts::TEXTS;
use crate::{
    store::instant::Instant,
    wire::{language::Language, text::TimeZone},
};

/// An instant in a time zone, or in UTC if this binary does not know the zone.
pub(super) fn local(at: Instant, zone: &TimeZone, format: &str) -> String {
    match zone.rules() {
        Ok(rules) => Language::current().date(rules.to_datetime(at.timestamp()), format),
        Err(_) => at.to_string(),
    }
}

/// A day of the calendar.
pub(super) fn date(day: civil::Date, format: &str) -> String {
    Language::current().date(day.to_datetime(civil::Time::midnight()), format)
}

/// A time to the minute, as most pages show it.
pub(super) fn local_time(at: Instant, zone: &TimeZone) -> String {
    local(at, zone, TEXTS.date_time)
}

/// Its day.
pub(super) fn local_day(at: Instant, zone: &TimeZone) -> String {
    local(at, zone, TEXTS.date)
}

/// The same to the second, as the logs show it.
pub(super) fn local_to_the_second(at: Instant, zone: &TimeZone) -> String {
    local(at, zone, TEXTS.date_time_second)
}
