//! Names and times as mails write them. Called by what puts the mails' words together, and by the pages for members.

use crate::{
    store::instant::Instant,
    wire::{
        language::Language,
        text::{TimeZone, UnknownTimeZone},
    },
};

/// Whether no mail program would turn a first name into a link: a stranger who fills in a form must not write our mails.
pub(super) fn is_a_name(text: &str) -> bool {
    // As in `evil.example`, and not in `J. P.`.
    let is_domain =
        |(_, behind): (&str, &str)| behind.chars().take(2).filter(|letter| letter.is_alphabetic()).count() == 2;
    !text.contains(['/', ':', '@']) && !text.match_indices('.').any(|(at, _)| is_domain(text.split_at(at + 1)))
}

/// A name in a header stays on its line.
pub(super) fn one_line(text: &str) -> String {
    let spaced: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A moment in a time zone, for people.
///
/// # Errors
/// When this binary does not know the zone.
pub fn local(at: Instant, zone: &TimeZone, language: Language) -> Result<String, UnknownTimeZone> {
    let local = zone.rules()?.to_datetime(at.timestamp());
    Ok(format!("{} ({zone})", language.date_time(local)))
}
