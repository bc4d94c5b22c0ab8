//! The dashboard: pages for the people who run a studio, made on the server. Every control is a link or a form, and works
//! without a script. A handler takes a [`StaffCaller`], which only the judge of sessions makes; forms go through the same
//! rules as the command line.
//!
//! [`table`] is the one list of pages, with the role that each takes; router, judge and tests are folded from it.

mod account;
mod activity;
pub mod api_tables;
pub mod api_texts;
mod audit;
mod confirm;
mod content;
pub mod errors;
pub mod form;
mod frame;
mod key_names;
mod keyboard;
mod keys;
pub mod links;
mod list_page;
mod log_download;
mod log_page;
mod members;
pub mod page;
mod people;
mod row_form;
mod second_factor;
mod settings;
pub mod sign_in;
mod table;
pub mod texts;
mod time;
mod timetable;
mod turn;
mod vendors;

pub use table::{pages, rules};
