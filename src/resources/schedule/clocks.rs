//! The time zone of local times: a location's, else the studio's.

use std::collections::{HashMap, HashSet};

use super::queries::clocks::{self as queries, LocationZone};
use crate::{
    resources::locations::{LocationId, rooms::RoomId},
    store::{
        error::StoreError,
        instant::Instant,
        studio::{StudioOn, StudioTx},
    },
    wire::text::TimeZone,
};
use jiff::{
    civil::{Date, DateTime},
    tz,
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
        let asked: Vec<_> = asked.into_iter().collect();
        for LocationZone { id, time_zone } in queries::location_zones(tx.on(), &asked).await? {
            clocks.locations.insert(id, Zone::named(time_zone)?);
        }
    }
    Ok(clocks)
}

/// The zone of a location, or of the location that a room is in; else the studio's.
pub async fn zone_of(on: StudioOn<'_>, location: Option<LocationId>, room: Option<RoomId>) -> Result<Zone, StoreError> {
    let name = queries::zone_name(on, location, room).await?;
    let name = name.ok_or_else(|| StoreError::Broken("a studio has no time zone".into()))?;
    Zone::named(TimeZone::stored(name))
}

/// `2026-12-01T18:00`
pub(super) fn local(time: DateTime) -> String {
    time.strftime("%Y-%m-%dT%H:%M").to_string()
}
