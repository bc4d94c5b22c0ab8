//! Plans: what members pay for, and how often.

pub mod management;
mod model;
mod queries;
mod rules;
pub mod storefront;

pub use model::{BillingInterval, Plan, PlanId, PlanKind, PlanStatus};
