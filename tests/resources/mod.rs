//! What a studio has.

pub mod classes;
pub mod content;
pub mod coupons;
mod instructors;
mod locations;
pub mod members;
pub mod plans;
mod programs;
mod rooms;
pub mod schedule;
mod search;
