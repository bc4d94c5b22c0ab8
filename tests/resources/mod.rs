//! What a studio has.

pub mod classes;
mod instructors;
mod locations;
mod members;
pub mod plans;
mod rooms;
mod schedule;
