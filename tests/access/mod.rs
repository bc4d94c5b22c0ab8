//! Who may do what.

mod browser;
mod clock;
mod contract;
mod coverage;
mod every_endpoint;
mod flood;
mod forge;
mod judge;
mod keyring;
mod keys;
mod matrix;
mod no_way_around;
mod private;
mod quarantine;
pub mod rows;
mod usage;
