//! The pages of the Members surface, for the people who train at a studio: accepting an invitation, signing in and out, a new
//! password, and another address. Made on the server like the dashboard's; each works without a script. A password is typed here and nowhere else.
//!
//! [`pages`] is folded from the one list of pages, with who reaches each; router, judge and tests follow it.

mod account;
mod calendar;
mod change;
pub mod errors;
mod links;
mod sign_in;
mod table;
pub mod texts;
mod widget;

pub use table::{pages, rules};
