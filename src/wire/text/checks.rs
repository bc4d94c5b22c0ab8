//! The checks of the formats in [`super`], and their error messages.

use std::fmt::Write as _;

use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup},
};
use url::Url;

use crate::store::{
    instant::{Instant, InvalidInstant},
    mailbox,
};

/// The result of a check: the error is the end of a sentence that starts with the field.
pub type Checked = Result<(), &'static str>;

/// The years of planned dates; others are typing errors.
const YEARS: std::ops::RangeInclusive<i16> = 1900..=2199;
const YEARS_ADVICE: &str = "must be an instant in the years 1900 to 2199, such as 2026-01-31T18:00:00Z";
/// The most characters of a web address.
const LONGEST_ADDRESS: usize = 2000;

fn or(right: bool, advice: &'static str) -> Checked {
    if right { Ok(()) } else { Err(advice) }
}

pub(super) fn email(text: &str) -> Checked {
    or(mailbox::is_address(text), "must be an e-mail address, such as name@studio.example")
}

/// A whole http(s) URL with a host; without credentials, which everyone would see.
pub(super) fn web_address(text: &str) -> Checked {
    if text.contains(['"', '<', '>', '\\']) || text.chars().any(|letter| letter.is_whitespace() || !is_shown(letter)) {
        return Err(
            "must not contain spaces, quotes, angle brackets, backslashes or invisible characters: escape them, such as %20",
        );
    }
    if !has_whole_escapes(text) {
        return Err("must have two hexadecimal digits after each percent sign, such as %20");
    }
    let start = text.get(..8).unwrap_or(text).to_ascii_lowercase();
    let url =
        Url::parse(text).ok().filter(|url| url.has_host() && (start.starts_with("http://") || start == "https://"));
    let Some(url) = url else {
        return Err("must be an http or https address, such as https://studio.example/photo.jpg");
    };
    if !url.username().is_empty()
        || url.password().is_some()
        || text.split(['/', '?', '#']).nth(2).is_some_and(|host| host.contains('@'))
    {
        return Err("must not contain a user name or a password");
    }
    or(url.as_str().len() <= LONGEST_ADDRESS, "must have at most 2000 characters once escaped")
}

/// Whether each percent sign starts an escape.
fn has_whole_escapes(text: &str) -> bool {
    text.split('%').skip(1).all(|rest| rest.len() >= 2 && rest.bytes().take(2).all(|byte| byte.is_ascii_hexdigit()))
}

/// The URL in the form of the URL standard.
pub(super) fn tidy_web_address(text: &str) -> Option<String> {
    let text = text.trim();
    web_address(text).ok()?;
    Url::parse(text).ok().map(String::from)
}

pub(super) fn time_zone(text: &str) -> Checked {
    // The database finds zones in any case, but others need the exact name.
    let known = jiff::tz::TimeZone::get(text);
    let right = text == "UTC" || text.contains('/') && known.is_ok_and(|zone| zone.iana_name() == Some(text));
    or(right, "must be an IANA time zone, such as Europe/Lisbon")
}

pub(super) fn currency(text: &str) -> Checked {
    or(iso_currency::Currency::from_code(text).is_some(), "must be an ISO 4217 code in capitals, such as EUR")
}

pub(super) fn slug(text: &str) -> Checked {
    let word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    or(text.split('-').all(word), "must be lower-case letters, digits and single hyphens, such as anna-berg")
}

pub(super) fn phone(text: &str) -> Checked {
    if text.rsplit_once('.').is_some_and(|(before, behind)| {
        behind.bytes().all(|byte| byte == b'0')
            && !behind.is_empty()
            && before.len() > 6
            && before.bytes().all(|byte| byte.is_ascii_digit())
    }) {
        return Err(
            "looks like a spreadsheet's number with decimals: send only the phone number, such as +351 21 000 0000",
        );
    }
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let right = (3..=20).contains(&digits)
        && text.chars().all(|letter| letter.is_ascii_digit() || "+-() ./x#".contains(letter));
    or(right, "must be a phone number, such as +351 21 000 0000")
}

/// A phone number without direction marks and with plain spaces and hyphens, which pasted texts often lack.
pub(super) fn tidy_phone(text: &str) -> Option<String> {
    let plain: String = text
        .chars()
        .filter(|letter| letter.is_whitespace() || is_shown(*letter))
        .map(|letter| match letter {
            '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ff0d}' => '-',
            '\u{ff0b}' => '+',
            '\u{ff10}'..='\u{ff19}' => char::from(b'0' + u8::try_from(u32::from(letter) - 0xff10).unwrap_or_default()),
            letter if letter.is_whitespace() => ' ',
            letter => letter,
        })
        .collect();
    let plain = plain.split(' ').filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    (plain != text).then_some(plain)
}

pub(super) fn locale(text: &str) -> Checked {
    let mut parts = text.split('-');
    let language = parts
        .next()
        .is_some_and(|part| (2..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_lowercase()));
    let rest = parts.all(|part| (2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    or(language && rest, "must be a language tag, such as pt-PT")
}

pub(super) fn instant(text: &str) -> Checked {
    let instant = text.parse::<Instant>().map_err(InvalidInstant::advice)?;
    let year = jiff::tz::TimeZone::UTC.to_datetime(instant.timestamp()).year();
    or(YEARS.contains(&year), YEARS_ADVICE)
}

/// One line of text: a name, a title, a tag.
pub(super) fn line(text: &str) -> Checked {
    or(
        !text.contains(is_control_or_direction_mark),
        "must be one line of text, without control characters or marks of text direction",
    )
}

/// Text of several lines.
pub(super) fn lines(text: &str) -> Checked {
    let right = text.chars().all(|letter| matches!(letter, '\n' | '\r' | '\t') || !letter.is_control());
    or(right, "must not contain control characters other than line breaks and tabs")
}

/// Text with a visible character. Blank text has its own error elsewhere.
pub(super) fn visible(text: &str) -> Checked {
    let right = text.trim().is_empty() || text.chars().any(is_visible);
    or(right, "must contain a visible character")
}

/// A control character, a line break, or a mark that changes the text direction: what could make a line look different
/// from what it says.
pub fn is_control_or_direction_mark(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Escapes these characters in JSON, where they stand in strings only; line breaks between values stay.
pub fn escaped_json(json: String) -> String {
    let is_escaped = |letter: char| !matches!(letter, '\n' | '\r' | '\t') && is_control_or_direction_mark(letter);
    if !json.contains(is_escaped) {
        return json;
    }
    let mut text = String::with_capacity(json.len() + 64);
    for letter in json.chars() {
        if is_escaped(letter) {
            // All of them are in the basic plane, and so have one escape each.
            write!(text, "\\u{:04x}", u32::from(letter)).ok();
        } else {
            text.push(letter);
        }
    }
    text
}

fn category(letter: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(letter)
}

/// Whether a character is printed: not a control or format character, nor an ignorable one.
fn is_shown(letter: char) -> bool {
    !matches!(category(letter), GeneralCategory::Control | GeneralCategory::Format)
        && !CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(letter)
}

/// Whether a character is visible by itself: a mark needs a letter, and U+2800 is an empty braille cell.
fn is_visible(letter: char) -> bool {
    let category = category(letter);
    is_shown(letter)
        && !letter.is_whitespace()
        && letter != '\u{2800}'
        && !GeneralCategoryGroup::Mark.contains(category)
        && category != GeneralCategory::Unassigned
}
