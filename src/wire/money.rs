//! Money: whole minor units and an ISO 4217 code, so that no price is ever rounded.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::text::Currency;

/// An amount of money: `{"amount": 1800, "currency": "EUR"}` is 18 euros.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// In the currency's minor units.
    #[schema(minimum = 0, maximum = 100_000_000_000_i64, example = 1800)]
    pub amount: i64,
    /// The currency.
    pub currency: Currency,
}
