//! Rooms: the parts of a location that a class can have to itself.

pub mod management;
mod model;
mod rules;
mod store;

pub use model::{Room, RoomId};
pub use rules::{change, create, refuse_in_use};
pub use store::{RoomOf, active_in, capacities};
