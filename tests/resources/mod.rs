//! What a studio has.

pub mod classes;
mod instructors;
mod locations;
pub mod members;
pub mod plans;
mod programs;
mod rooms;
mod schedule;
