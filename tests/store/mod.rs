//! What the database is promised to keep, and not to keep.

mod admission;
mod encryption;
pub mod explain;
mod faults;
mod following;
mod groups;
mod leaks;
mod offers;
mod open;
mod people;
mod schemas;
mod unwell;
mod use_by_outcome;
