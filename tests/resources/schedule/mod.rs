//! The schedule, through both surfaces.

mod ahead;
mod embed;
mod list;
mod places;
mod races;
mod reschedule;
mod zone_rules;

use flow_gateway::store::instant::Instant;
use serde_json::Value;

/// An instant of a row.
pub fn at(row: &Value, field: &str) -> Instant {
    row[field].as_str().expect("an instant").parse().expect("an instant")
}
