//! Pages, as a real browser shows them.

mod accessibility;
mod dashboard;
mod findings;
mod keys;
mod member_accessibility;
mod members;
mod names;
mod people;
mod roster;
mod second_factor;
mod tail;
mod views;
mod website;
mod widget;

pub use accessibility::{axe, look};
pub use dashboard::serve_surface;
