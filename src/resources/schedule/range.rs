//! The span of time that a list of the schedule is asked for: instants, or whole days in the time zone of the location that it is asked
//! for, else the studio's.

use jiff::{ToSpan, tz};
use serde::Deserialize;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ObjectBuilder, RefOr,
        schema::{Schema, SchemaFormat, Type},
    },
};

use super::{clocks, model::Occurrence};
use crate::{
    resources::locations::{LocationId, rooms::RoomId},
    store::{db::Statement, instant::Instant, row::Slice, studio::StudioOn},
    wire::problem::Problem,
};

/// A bound of the span, as it is asked for: an instant or a date.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub struct Bound(String);

impl From<Day> for Bound {
    fn from(day: Day) -> Self {
        Self(day.to_string())
    }
}

impl PartialSchema for Bound {
    fn schema() -> RefOr<Schema> {
        // One text, not a choice of two: generated clients make a type of their own of each choice.
        let format = SchemaFormat::Custom("instant-or-date".to_owned());
        ObjectBuilder::new().schema_type(Type::String).format(Some(format)).examples(["2026-12-01"]).into()
    }
}

impl ToSchema for Bound {}

/// From an instant to another, which is not part of it.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    from: Option<Instant>,
    to: Option<Instant>,
}

impl Range {
    /// Reads `from` and `to`; a `to` that is a date includes that day. Without `from`, what begins from now on; but who
    /// names a row, or asks what has changed, wants it whenever it is.
    ///
    /// # Errors
    /// `malformed_request`.
    pub async fn read(
        on: StudioOn<'_>,
        (from, to): (Option<&Bound>, Option<&Bound>),
        place: (Option<LocationId>, Option<RoomId>),
        slice: &Slice<Occurrence>,
        now: Instant,
    ) -> Result<Self, Problem> {
        let at_any_time = slice.id.is_some() || slice.external_id.is_some() || slice.updated_since.is_some();
        let otherwise = (!at_any_time).then_some(now);
        let names_a_day = |bound: Option<&Bound>| bound.is_some_and(|bound| bound.0.parse::<Day>().is_ok());
        let zone = if names_a_day(from) || names_a_day(to) {
            clocks::zone_of(on, place.0, place.1).await?.rules().clone()
        } else {
            // Nothing is read by it.
            tz::TimeZone::UTC
        };
        let from = from.map(|bound| read("from", &bound.0, 0, &zone)).transpose()?.or(otherwise);
        let to = to.map(|bound| read("to", &bound.0, 1, &zone)).transpose()?;
        Ok(Self { from, to })
    }

    /// Only occurrences of this slice that begin in it.
    pub fn narrow<'c>(self, slice: &Slice<Occurrence>, query: Statement<'c>) -> Statement<'c> {
        // Behind a place, all begin late enough.
        let from = self.from.filter(|_| !slice.goes_on_in_order());
        if slice.updated_since.is_some() {
            return query.filter_custom_plan("starts_at >=", from).filter_custom_plan("starts_at <", self.to);
        }
        query.filter("starts_at >=", from).filter("starts_at <", self.to)
    }
}

/// A date in the one form that dates have here.
type Day = crate::wire::civil::Date;

/// An instant, or the start of the day that is `later` days after a date.
fn read(name: &str, text: &str, later: i32, zone: &tz::TimeZone) -> Result<Instant, Problem> {
    if let Ok(day) = text.parse::<Day>() {
        let day = day.civil().checked_add(later.days()).map_err(Problem::internal)?;
        return Ok(zone.to_timestamp(day.at(0, 0, 0, 0)).map_err(Problem::internal)?.into());
    }
    text.parse().map_err(|_| {
        let example = "2026-01-31T18:00:00Z, nor a date, such as 2026-01-31";
        Problem::malformed(format!(
            "The query is not valid: `{name}` is neither an RFC 3339 instant, such as {example}."
        ))
    })
}
