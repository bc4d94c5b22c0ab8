//! Studios: the tenants. Every other row belongs to one; only the command line and the dashboard make or change them.

mod model;
mod queries;
mod rules;
pub mod storefront;
mod unscoped;

pub use model::{Contact, Policies, Studio};
pub use queries::find;
pub use rules::{change, create, edit};
pub use unscoped::{find_by_slug, list};
