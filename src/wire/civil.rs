//! Calendar dates, times of day and weekdays without a time zone. Code that has a zone converts them to instants. Each has one text
//! form only, so that equal values have equal texts.

use std::{borrow::Cow, fmt, str::FromStr};

use jiff::civil;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ObjectBuilder, RefOr,
        schema::{Schema, SchemaFormat, Type},
    },
};

/// The message for an invalid date.
pub const DATE_ADVICE: &str = "must be a date in the years 1900 to 2199, such as 2026-03-29";
/// The message for an invalid time of day.
pub const TIME_ADVICE: &str = "must be a time of day from 00:00 to 23:59, such as 18:30";

/// A calendar date, `2026-03-29`, in the years 1900 to 2199: other years are typing errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(civil::Date);

/// A time of day in whole minutes, `18:30`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeOfDay(civil::Time);

/// A day of the week, in the order of ISO 8601.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "a weekday's name says it all")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Date {
    /// The first one.
    pub const FIRST: Self = Self(civil::date(1900, 1, 1));
    /// The last one.
    pub const LAST: Self = Self(civil::date(2199, 12, 31));

    /// A calculated date, if it is in those years.
    pub fn of(date: civil::Date) -> Option<Self> {
        (1900..=2199).contains(&date.year()).then_some(Self(date))
    }

    /// For calendar calculations.
    pub const fn civil(self) -> civil::Date {
        self.0
    }
}

impl TimeOfDay {
    /// For calendar calculations.
    pub const fn civil(self) -> civil::Time {
        self.0
    }
}

impl Weekday {
    /// 0 for Monday, 6 for Sunday.
    pub const fn days_after_monday(self) -> i8 {
        self as i8
    }
}

impl FromStr for Date {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = |[year, month, day]: [i16; 3]| {
            let date = civil::Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
            Self::of(date)
        };
        numbers(text, b'-', [4, 2, 2]).and_then(read).ok_or(DATE_ADVICE)
    }
}

impl FromStr for TimeOfDay {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = |[hour, minute]: [i16; 2]| {
            civil::Time::new(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, 0, 0).ok().map(Self)
        };
        numbers(text, b':', [2, 2]).and_then(read).ok_or(TIME_ADVICE)
    }
}

/// Parses numbers with exactly so many digits and a separator between them.
fn numbers<const N: usize>(text: &str, between: u8, digits: [usize; N]) -> Option<[i16; N]> {
    let mut rest = text.as_bytes();
    let mut found = [0; N];
    for (index, (number, count)) in found.iter_mut().zip(digits).enumerate() {
        if index > 0 {
            rest = rest.strip_prefix(&[between])?;
        }
        let (here, after) = rest.split_at_checked(count)?;
        *number =
            here.iter().all(u8::is_ascii_digit).then(|| std::str::from_utf8(here).ok()?.parse().ok()).flatten()?;
        rest = after;
    }
    rest.is_empty().then_some(found)
}

impl fmt::Display for Date {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:04}-{:02}-{:02}", self.0.year(), self.0.month(), self.0.day())
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:02}:{:02}", self.0.hour(), self.0.minute())
    }
}

macro_rules! on_the_wire {
    ($($name:ident $format:literal $example:literal)*) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                <Cow<'de, str>>::deserialize(from)?.parse().map_err(de::Error::custom)
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .format(Some(SchemaFormat::Custom($format.to_owned())))
                    .examples([$example])
                    .into()
            }
        }

        impl ToSchema for $name {}
    )*};
}

on_the_wire! {
    Date "date" "2026-03-29"
    TimeOfDay "time-of-day" "18:30"
}

crate::store::bind::bind_as_text!(impl[] Date);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    proptest! {
        #[test]
        fn what_is_read_is_written_as_it_came(text in "(20|21)[0-9]{2}-[01][0-9]-[0-3][0-9]|[0-2][0-9]:[0-5][0-9]") {
            text.parse::<Date>().iter().for_each(|date| assert_eq!(date.to_string(), text));
            text.parse::<TimeOfDay>().iter().for_each(|time| assert_eq!(time.to_string(), text));
        }

        #[test]
        fn no_text_breaks_the_reader(text in "\\PC{0,12}|[0-9:-]{4,11}") {
            let _ = (text.parse::<Date>(), text.parse::<TimeOfDay>());
        }
    }

    #[test]
    fn each_is_read_in_one_form_only() {
        for text in ["1900-01-01", "2028-02-29", "2199-12-31"] {
            assert!(text.parse::<Date>().is_ok(), "{text}");
        }
        let beyond = ["1899-12-31", "2200-01-01", "2026-02-29", "2026-00-01"];
        let otherwise = ["2026-1-05", "20260105", "+2026-01-05", "2026-01-05T00:00", "2026-01-٠5", ""];
        for text in beyond.into_iter().chain(otherwise) {
            assert_eq!(text.parse::<Date>(), Err(DATE_ADVICE), "{text}");
        }
        for text in ["00:00", "07:05", "23:59"] {
            assert!(text.parse::<TimeOfDay>().is_ok(), "{text}");
        }
        for text in ["24:00", "07:60", "7:00", "07:00:00", "-7:00", "07.00", "٠٧:00", ""] {
            assert_eq!(text.parse::<TimeOfDay>(), Err(TIME_ADVICE), "{text}");
        }
    }

    #[test]
    fn each_goes_through_json_unchanged() {
        let sent = json!(["2028-02-29", "00:05", "sunday"]);
        let read: (Date, TimeOfDay, Weekday) = serde_json::from_value(sent.clone()).unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), sent);
        assert_eq!(Date::LAST.to_string(), "2199-12-31");
    }
}
