//! Locations: where classes take place, and the rooms inside them.

pub mod management;
mod model;
pub mod rooms;
mod rules;
pub mod storefront;

pub use model::{Location, LocationId, LocationKind, PlaceStatus};
pub use rules::{change, create, refuse_in_use};
