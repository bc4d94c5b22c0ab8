//! Flow Gateway: the server that yoga and fitness studios run their back office and websites on.
//!
//! A request comes in at the top and goes down, once, through rooms whose names say what happens there.

pub mod access;
pub mod app;
pub mod cli;
pub mod config;
pub mod endpoint;
pub mod mail;
pub mod resources;
pub mod server;
pub mod signin;
pub mod store;
pub mod surfaces;
mod transfer;
pub mod wire;
