//! Instructors: the people who teach.

pub mod management;
mod model;
mod rules;
pub mod storefront;

pub use model::{Instructor, InstructorId, InstructorStatus};
