//! Locations: where classes take place, and the rooms inside them.

pub mod management;
mod model;
mod place;
mod queries;
pub mod rooms;
mod rules;
pub mod storefront;

pub use model::{Location, LocationId, LocationKind, PlaceStatus};
pub use place::refuse_in_use;
pub use queries::touch_for_rooms;
pub use rules::change;
