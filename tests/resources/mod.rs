//! What a studio has.

pub mod classes;
mod instructors;
mod locations;
mod programs;
mod rooms;
mod schedule;
