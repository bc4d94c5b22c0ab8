//! The dashboard: pages for the people who run a studio, made on the server. Every control is a link or a form, and works
//! without a script. A handler takes a [`StaffCaller`], which only the judge of sessions makes; forms go through the same
//! rules as the command line.
//!
//! [`table`] is the one list of pages, with the role that each takes; router, judge and tests are folded from it.

mod account;
mod activity;
pub mod api_tables;
mod audit;
pub mod errors;
pub mod form;
mod frame;
mod key_names;
mod keys;
pub mod links;
mod log_download;
mod log_page;
pub mod page;
mod people;
pub mod sign_in;
mod table;
pub mod texts;
mod time;

pub use table::{pages, rules};
