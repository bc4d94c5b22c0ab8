//! What the database is promised to lock_for_server, and not to hold.

mod admission;
mod encryption;
mod explain;
mod faults;
mod following;
mod leaks;
mod offers;
mod open;
mod people;
mod schemas;
mod unwell;
mod use_by_outcome;
