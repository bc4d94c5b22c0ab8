//! Flow Gateway: the server that yoga and fitness studios run their back office and websites on.
//!
//! A request comes in at the top and goes down, once; imports point the same way. The modules below stand in that order:
//! a connection is accepted by [`server`], which a command of [`cli`] runs; the tables in [`surfaces`] say which handler of
//! [`resources`] it may reach, [`access`] whether it may; the handler is made of what is in [`operation`], speaks as
//! [`wire`] has it, and reads and writes through [`store`].

pub mod cli;

pub mod server;

pub mod surfaces;

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
