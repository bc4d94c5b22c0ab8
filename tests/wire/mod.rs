//! What all surfaces say alike.

mod idempotency;
