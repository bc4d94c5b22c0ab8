//! What all surfaces say alike.

mod faults;
mod idempotency;
