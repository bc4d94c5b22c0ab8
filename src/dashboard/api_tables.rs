//! The tables of the two APIs, as the pages that explain scopes read them. The surfaces hand them over; the pages call no API.

use std::sync::Arc;

use crate::access::table::Table;

/// Both tables. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ApiTables {
    /// What secret keys reach.
    pub management: Arc<Table>,
    /// What publishable keys reach.
    pub storefront: Arc<Table>,
}
