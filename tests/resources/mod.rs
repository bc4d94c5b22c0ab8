//! What a studio has.

pub mod classes;
mod instructors;
mod locations;
pub mod plans;
mod rooms;
mod schedule;
