//! Instructors: the people who teach.

pub mod management;
mod model;
mod queries;
mod rules;
pub mod storefront;

pub use model::{Instructor, InstructorId, InstructorStatus};
