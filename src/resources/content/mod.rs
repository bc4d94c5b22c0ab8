//! Content: what members watch, hear and read at any time. It is made by import and in the dashboard; Management
//! changes and removes it.

pub mod management;
mod model;
mod queries;
mod rules;
pub mod storefront;

pub use model::{Content, ContentAccess, ContentId, ContentKind, ContentStatus};
pub use queries::{ContentFilter, list};
