//! Rooms: the parts of a location that a class can have to itself.

pub mod management;
mod model;
mod queries;
mod rules;

pub use model::{Room, RoomId};
pub use queries::{RoomOf, active_in, capacities, remove_all};
pub use rules::{change, create};
