//! Programs: courses, series, workshops and retreats, each of classes that belong together.

mod embedded;
pub mod management;
mod model;
mod queries;
mod rules;
pub mod storefront;

pub use model::{Program, ProgramId, ProgramStatus};
