//! A point in time in UTC with microseconds, written as RFC 3339 with six digits, so that texts sort by time.

use std::{fmt, str::FromStr, time::Duration};

use jiff::{Timestamp, fmt::temporal::DateTimePrinter};
use rusqlite::{ToSql, types::ToSqlOutput};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sqlx::{
    Encode, Postgres, Type,
    encode::IsNull,
    error::BoxDynError,
    postgres::{PgArgumentBuffer, PgTypeInfo, types::Oid},
};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        KnownFormat, ObjectBuilder, RefOr,
        schema::{Schema, SchemaFormat, Type as Kind},
    },
};

/// PostgreSQL's epoch, 2000-01-01, in our microseconds.
pub(super) const POSTGRES_EPOCH: i64 = 946_684_800_000_000;

/// A point in time. `2026-11-23T21:06:31.000000Z` in JSON and SQLite, `timestamptz` in PostgreSQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

impl Instant {
    /// The first valid one, the start of the year 1: RFC 3339 has no negative years, PostgreSQL no year 0.
    pub const FIRST: Self = Self(-62_135_596_800_000_000);

    /// Later than all others.
    pub const MAX: Self = Self(i64::MAX);

    /// From microseconds since 1970-01-01T00:00:00Z.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970-01-01T00:00:00Z.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// This instant, moved later.
    pub fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)))
    }

    /// This instant, moved earlier.
    pub fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)))
    }

    /// The start of this instant's hour.
    pub const fn hour(self) -> Self {
        Self(self.0 - self.0.rem_euclid(3_600_000_000))
    }

    /// For calendar calculations.
    pub fn timestamp(self) -> Timestamp {
        Timestamp::from_microsecond(self.0).unwrap_or(if self.0 < 0 { Timestamp::MIN } else { Timestamp::MAX })
    }
}

impl From<Timestamp> for Instant {
    fn from(timestamp: Timestamp) -> Self {
        Self(timestamp.as_microsecond())
    }
}

/// Why a text is not a valid instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.advice())]
pub enum InvalidInstant {
    /// Not in RFC 3339 form.
    Form,
    /// No such day or hour.
    Calendar,
    /// A leap second.
    LeapSecond,
    /// Outside of what the engines store.
    Years,
}

impl InvalidInstant {
    /// The end of a sentence for the client.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Form => "must be an RFC 3339 instant, such as 2026-01-31T18:00:00Z",
            Self::Calendar => "must be a day and a time that the calendar has, with an offset of less than a day",
            Self::LeapSecond => "must not be a leap second: write second 59, or the next minute",
            Self::Years => "must be an instant in the years 1900 to 2199, such as 2026-01-31T18:00:00Z",
        }
    }
}

/// Accepts RFC 3339, section 5.6, within what both engines store; jiff alone accepts more.
impl FromStr for Instant {
    type Err = InvalidInstant;

    fn from_str(text: &str) -> Result<Self, InvalidInstant> {
        if !is_rfc3339(text.as_bytes()) {
            return Err(InvalidInstant::Form);
        }
        if text.as_bytes().get(17..19) == Some(b"60") {
            return Err(InvalidInstant::LeapSecond);
        }
        let last_year = text.starts_with("9999-12-3");
        let wrong = |_| if last_year { InvalidInstant::Years } else { InvalidInstant::Calendar };
        let instant = Self::from(text.parse::<Timestamp>().map_err(wrong)?);
        if instant < Self::FIRST { Err(InvalidInstant::Years) } else { Ok(instant) }
    }
}

/// Checks the separators, and that the offset is less than a day.
fn is_rfc3339(text: &[u8]) -> bool {
    let is = |at: usize, signs: &[u8]| text.get(at).is_some_and(|sign| signs.contains(sign));
    let offset =
        || text.len().checked_sub(6).is_some_and(|at| is(at, b"+-") && is(at + 3, b":") && text[at + 1..] < b"24"[..]);
    let digits = |from: usize, to: usize| text.get(from..to).is_some_and(|part| part.iter().all(u8::is_ascii_digit));
    digits(0, 4)
        && digits(5, 7)
        && digits(8, 10)
        && is(10, b"Tt")
        && is(13, b":")
        && is(16, b":")
        && is(19, b".Zz+-")
        && (is(text.len() - 1, b"Zz") || offset())
}

impl fmt::Display for Instant {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(6));
        let mut text = String::with_capacity(27);
        PRINTER.print_timestamp(&self.timestamp(), &mut text).map_err(|_| fmt::Error)?;
        out.write_str(&text)
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(InstantVisitor)
    }
}

/// Decodes a text, as in JSON, or microseconds, as from a PostgreSQL column.
struct InstantVisitor;

impl de::Visitor<'_> for InstantVisitor {
    type Value = Instant;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an RFC 3339 instant")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Instant, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_i64<E: de::Error>(self, micros: i64) -> Result<Instant, E> {
        Ok(Instant(micros))
    }
}

impl PartialSchema for Instant {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Kind::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .examples(["2026-12-01T18:00:00Z"])
            .into()
    }
}

impl ToSchema for Instant {}

impl ToSql for Instant {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.to_string().into())
    }
}

impl Type<Postgres> for Instant {
    fn type_info() -> PgTypeInfo {
        // The object id of timestamptz, fixed in `pg_type.dat`.
        const TIMESTAMPTZ: Oid = Oid(1184);
        PgTypeInfo::with_oid(TIMESTAMPTZ)
    }
}

impl Encode<'_, Postgres> for Instant {
    fn encode_by_ref(&self, into: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        Encode::<Postgres>::encode(self.0 - POSTGRES_EPOCH, into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_written_with_six_digits_and_read_back() {
        let instant: Instant = "2026-11-23T21:06:31+01:00".parse().unwrap();
        assert_eq!(instant.to_string(), "2026-11-23T20:06:31.000000Z");
        assert_eq!(instant.to_string().parse::<Instant>().unwrap(), instant);
        assert_eq!(instant.hour().to_string(), "2026-11-23T20:00:00.000000Z");
    }

    #[test]
    fn an_instant_is_taken_as_rfc_3339_writes_it_and_where_both_engines_hold_it() {
        for text in [
            "2026-01-31T18:00:00Z",
            "2026-01-31t18:00:00.123456789z",
            "0001-01-01T00:00:00Z",
            "2026-01-31T18:00:00-05:30",
        ] {
            assert!(text.parse::<Instant>().is_ok(), "{text}");
        }
        let otherwise = [
            "2026-01-31 18:00:00Z",
            "2026-01-31T18:00Z",
            "2026-01-31T18:00:00",
            "2026-01-31T18:00:00+01",
            "2026-01-31T18:00:00+0100",
            "20260131T180000Z",
            "2026-01-31T18:00:00Z[UTC]",
            "2026-01-31T18:00:00+01:00[Europe/Lisbon]",
            "2026-01-31",
            "é",
            "",
        ];
        let beyond = [
            "0000-12-31T23:59:59Z",
            "9999-12-31T23:59:59Z",
            "2026-02-30T00:00:00Z",
            "+002026-01-31T18:00:00Z",
            "2026-01-31T25:00:00Z",
            "2026-01-31T18:00:00+24:00",
            "2026-01-31T18:00:00-25:00",
        ];
        for text in otherwise.into_iter().chain(beyond) {
            assert!(text.parse::<Instant>().is_err(), "{text}");
        }
    }
}
