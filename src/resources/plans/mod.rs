//! Plans: what members pay for, and how often.

pub mod management;
mod model;
mod rules;
pub mod storefront;

pub use model::{BillingInterval, Plan, PlanId, PlanKind, PlanStatus};
