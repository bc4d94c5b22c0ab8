//! What a studio has.

pub mod classes;
mod instructors;
mod locations;
mod rooms;
mod schedule;
