//! The time zone of local times: a location's, else the studio's.

use std::collections::{HashMap, HashSet};

use jiff::{
    civil::{Date, DateTime},
    tz,
};
use serde::Deserialize;

use super::model::Occurrence;
use crate::{
    resources::{
        classes::{Class, ClassStatus},
        locations::{LocationId, rooms::RoomId},
    },
    store::{
        error::StoreError,
        instant::Instant,
        record::Record,
        row::Row,
        studio::{StudioOn, StudioTx},
    },
    wire::text::TimeZone,
};

/// A zone: its name, and the rules that its clocks go by.
#[derive(Clone, Debug)]
pub struct Zone {
    name: TimeZone,
    rules: tz::TimeZone,
}

impl Zone {
    /// The zone of this name.
    ///
    /// # Errors
    /// When this binary does not know it.
    pub fn named(name: TimeZone) -> Result<Self, StoreError> {
        Ok(Self { rules: name.rules()?, name })
    }

    /// Its name.
    pub fn name(&self) -> &TimeZone {
        &self.name
    }

    /// Its rules.
    pub fn rules(&self) -> &tz::TimeZone {
        &self.rules
    }

    /// What its clocks show at an instant, such as `2026-12-01T18:00`.
    pub fn shown(&self, at: Instant) -> String {
        local(self.rules.to_datetime(at.timestamp()))
    }

    /// Its date at an instant.
    pub fn date(&self, at: Instant) -> Date {
        self.rules.to_datetime(at.timestamp()).date()
    }
}

/// The zones of a studio and of some of its locations.
#[derive(Clone, Debug)]
pub struct Clocks {
    studio: Zone,
    locations: HashMap<LocationId, Zone>,
}

impl Clocks {
    /// The zone of what takes place at a location, or nowhere in particular.
    pub fn at(&self, location: Option<LocationId>) -> &Zone {
        location.and_then(|location| self.locations.get(&location)).unwrap_or(&self.studio)
    }

    /// Those of a studio whose locations have no zones of their own.
    #[cfg(test)]
    pub fn of_the_studio(studio: Zone) -> Self {
        Self { studio, locations: HashMap::new() }
    }
}

/// Reads the zones of the studio and of these locations.
pub async fn read(
    tx: &mut StudioTx,
    locations: impl IntoIterator<Item = Option<LocationId>>,
) -> Result<Clocks, StoreError> {
    let asked: HashSet<_> = locations.into_iter().flatten().collect();
    let mut clocks = Clocks { studio: zone_of(tx.on(), None, None).await?, locations: HashMap::new() };
    if !asked.is_empty() {
        let text = "select id, time_zone from locations where studio_id = $1 and time_zone is not null";
        let asked: Vec<_> = asked.into_iter().collect();
        let found = tx.query(text).one_of("id", &asked).all::<Zoned>().await?;
        for Zoned { id, time_zone } in found {
            clocks.locations.insert(id, Zone::named(time_zone)?);
        }
    }
    Ok(clocks)
}

/// A location that has a zone of its own.
#[derive(Deserialize)]
struct Zoned {
    id: LocationId,
    time_zone: TimeZone,
}

impl Record for Zoned {}

/// The zone of a location, or of the location that a room is in; else the studio's.
pub async fn zone_of(on: StudioOn<'_>, location: Option<LocationId>, room: Option<RoomId>) -> Result<Zone, StoreError> {
    let text = "select coalesce(\
        (select time_zone from locations where studio_id = $1 and id = coalesce($2, \
            (select location_id from rooms where studio_id = $1 and id = $3))), \
        time_zone) from studios where id = $1";
    let name = on.query(text).bind(location).bind(room).scalar::<String>().await?;
    let name = name.ok_or_else(|| StoreError::Broken("a studio has no time zone".into()))?;
    Zone::named(TimeZone::stored(name))
}

/// The active classes at a location; without one, those whose local times are the studio's.
pub async fn classes_by(on: StudioOn<'_>, location: Option<LocationId>) -> Result<Vec<Row<Class>>, StoreError> {
    let there = named_by(location);
    let text = format!("select * from classes where studio_id = $1 and {there} and status = $3 order by id");
    on.query(text).bind(location).bind(ClassStatus::Active).all().await
}

/// The occurrences to come at a location, or by the studio's clocks, that tell their local start by another zone.
pub async fn told_by_others(
    on: StudioOn<'_>,
    location: Option<LocationId>,
    zone: &TimeZone,
    now: Instant,
) -> Result<Vec<Row<Occurrence>>, StoreError> {
    let there = named_by(location);
    let text = format!(
        "select * from occurrences where studio_id = $1 and {there} and starts_at > $3 \
        and time_zone <> $4"
    );
    on.query(text).bind(location).bind(now).bind(zone.to_string()).all().await
}

/// What has the local times of a location, `$2`, or else of the studio. Bound either way, so that there are as many values.
fn named_by(location: Option<LocationId>) -> &'static str {
    match location {
        Some(_) => "location_id = $2",
        None => {
            "cast($2 as text) is null and (location_id is null or location_id in \
            (select id from locations where studio_id = $1 and time_zone is null))"
        }
    }
}

/// `2026-12-01T18:00`
pub(super) fn local(time: DateTime) -> String {
    time.strftime("%Y-%m-%dT%H:%M").to_string()
}
