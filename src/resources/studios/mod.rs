//! Studios: the tenants. Every other row belongs to one; only the command line and the dashboard make or change them.

mod model;
mod store;
pub mod storefront;
mod unscoped;

pub use model::{Contact, Policies, Studio};
pub use store::{change, create, find, lock};
pub use unscoped::{find_by_slug, list};
