//! One binary for all integration tests, so that the crate is linked once.

#[macro_use]
extern crate macro_rules_attribute;

mod access;
mod cli;
mod dashboard;
mod docs;
mod edge;
mod house;
mod mail;
mod members;
mod openapi;
mod oracle;
mod pages;
mod release;
mod resources;
mod running;
mod store;
mod support;
mod wire;
