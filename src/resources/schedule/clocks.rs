//! By which clocks local times are told: those of a location, else the studio's.

use std::collections::{HashMap, HashSet};

use jiff::tz;
use serde::Deserialize;

use super::{layout, store};
use crate::{
    resources::locations::LocationId,
    store::{db::Tx, error::StoreError, id::StudioId, instant::Instant, record::Record},
    wire::text::TimeZone,
};

/// The zones of a studio and of some of its locations.
#[derive(Clone, Debug)]
pub struct Clocks {
    studio: TimeZone,
    locations: HashMap<LocationId, TimeZone>,
}

impl Clocks {
    /// The zone of what takes place at a location, or nowhere in particular.
    #[must_use]
    pub fn at(&self, location: Option<LocationId>) -> &TimeZone {
        location.and_then(|location| self.locations.get(&location)).unwrap_or(&self.studio)
    }

    /// Those of a studio whose locations have no zones of their own.
    #[cfg(test)]
    pub fn of_the_studio(studio: TimeZone) -> Self {
        Self { studio, locations: HashMap::new() }
    }
}

/// What the clocks of a zone show at an instant.
#[must_use]
pub fn shown(zone: &TimeZone, at: Instant) -> String {
    let zone = tz::TimeZone::get(zone.as_str()).unwrap_or(tz::TimeZone::UTC);
    layout::local(zone.to_datetime(at.timestamp()))
}

/// Reads the zones of the studio and of these locations.
pub async fn read(
    tx: &mut Tx,
    studio: StudioId,
    locations: impl IntoIterator<Item = Option<LocationId>>,
) -> Result<Clocks, StoreError> {
    let asked: HashSet<_> = locations.into_iter().flatten().collect();
    let mut clocks = Clocks { studio: store::studio_zone(tx.on(), studio).await?, locations: HashMap::new() };
    if !asked.is_empty() {
        let on = tx.on();
        let text = format!(
            "select {{rows}} from (select id, time_zone from locations where studio_id = $1 and time_zone is not null \
            and id in ({})) as found",
            on.engine().each_of(2)
        );
        let found = on.query(text).bind(studio).bind(serde_json::json!(asked).to_string()).all::<Zoned>().await?;
        clocks.locations.extend(found.into_iter().map(|Zoned { id, time_zone }| (id, time_zone)));
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
