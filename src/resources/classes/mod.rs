//! Classes: what is taught again and again, and when.

pub mod management;
mod model;
mod queries;
pub mod recurrence;
mod rules;
pub mod storefront;

pub use model::{BookingWindow, Class, ClassId, ClassStatus};
pub use queries::of_program;
pub use rules::{change, create};
