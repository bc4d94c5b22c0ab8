//! Classes: what is taught again and again, and when.

pub mod management;
mod model;
pub mod recurrence;
mod rules;
mod store;
pub mod storefront;

pub use model::{Class, ClassId, ClassStatus};
pub use rules::{change, create, create_bare};
pub use store::of_program;
