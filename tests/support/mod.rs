//! Shared by the tests: databases, gateways, clients, servers, a browser.

pub mod activity;
pub mod bless;
pub mod caddy;
pub mod certificates;
pub mod chromium;
pub mod client;
pub mod collector;
pub mod crowd;
pub mod dashboard;
pub mod devtools;
pub mod disk;
mod kept;
pub mod log_fields;
pub mod made;
pub mod needs;
pub mod nginx;
pub mod plans;
pub mod postgres;
mod postgres_home;
mod postgres_keeper;
pub mod redis;
pub mod second_factor;
pub mod smtp;
pub mod sources;
pub mod studio;
pub mod translated;
