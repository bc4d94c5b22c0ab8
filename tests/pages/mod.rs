//! Pages, as a real browser shows them.

mod accessibility;
mod dashboard;
mod keys;
mod members;
mod people;
mod roster;
mod second_factor;
mod views;
mod website;
mod widget;

pub use dashboard::serve_surface;
