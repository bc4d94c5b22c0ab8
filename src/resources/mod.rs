//! What a studio has: one folder per resource, all of one shape. `model` says what it is, `rules` what must hold,
//! `management` and `storefront` what each audience may do with it; `store` holds the queries that only it needs.

pub mod at_the_end;
pub mod bookings;
pub mod by_time;
pub mod classes;
pub mod content;
pub mod coupons;
pub mod instructors;
pub mod locations;
pub mod members;
pub mod plans;
pub mod programs;
mod references;
pub mod rules;
pub mod schedule;
pub mod studios;
mod unique;
pub mod visibility;
