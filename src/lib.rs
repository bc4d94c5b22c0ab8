//! Flow Gateway: the server that yoga and fitness studios run their back office and websites on.
//!
//! The modules below are in the order in which a request passes them, and imports point one way: [`server`] accepts the
//! connection, [`surfaces`] names the handler in [`resources`] or the page of the [`dashboard`] or of the [`member_pages`], [`access`] authorizes the call, the handler uses [`operation`]
//! and the formats of [`wire`], and [`store`] reads and writes.

pub mod cli;

pub mod server;

pub mod surfaces;

pub mod member_pages;

pub mod dashboard;

mod transfer;
#[cfg(fuzzing)]
#[doc(hidden)]
pub use transfer::fuzzing as sheets;

pub mod resources;

pub mod signin;

pub mod operation;

pub mod mail;

pub mod config;

pub mod access;

pub mod wire;

pub mod store;
