//! Who may do what.

mod activity;
mod answer_cache;
mod browser;
mod clock;
mod contract;
mod cors;
mod coverage;
mod credential;
mod every_endpoint;
mod exposures;
mod flood;
mod forge;
mod github;
mod judge;
mod key_end;
mod key_networks;
mod key_rates;
mod key_secrecy;
mod key_text;
mod keyring;
mod matrix;
mod no_way_around;
mod private;
mod quarantine;
pub mod rows;
mod shared_rates;
mod usage;
