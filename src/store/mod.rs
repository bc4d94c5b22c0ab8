//! The database: one SQL text, two engines, and the small types that both keep alike.

pub mod admission;
pub mod backup;
pub mod bind;
pub mod clock;
mod columns;
pub mod db;
pub mod error;
pub mod fair;
mod filter;
pub mod fold;
pub mod haste;
pub mod id;
pub mod instant;
pub mod migrate;
pub mod moment;
pub mod open;
pub mod plans;
mod postgres;
pub mod postgres_url;
pub mod record;
pub mod row;
pub mod scrub;
mod search;
pub mod secret;
pub mod turns;
