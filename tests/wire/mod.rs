//! What all surfaces say alike.

mod bodies;
mod faults;
mod idempotency;
mod pages;
mod preconditions;
mod queries;
mod whole_rows;
