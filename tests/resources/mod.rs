//! What a studio has.

pub mod classes;
pub mod coupons;
mod instructors;
mod locations;
mod members;
pub mod plans;
mod programs;
mod rooms;
mod schedule;
