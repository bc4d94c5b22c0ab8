//! Pages, as a real browser shows them.

mod dashboard;
mod keys;
mod people;
mod website;
