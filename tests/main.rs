//! One binary for all integration tests, so that the crate is linked once.

mod access;
mod cli;
mod edge;
mod house;
mod mail;
mod openapi;
mod oracle;
mod pages;
mod resources;
mod store;
mod support;
mod wire;
