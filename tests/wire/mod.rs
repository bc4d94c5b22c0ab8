//! What all surfaces say alike.

mod bodies;
mod faults;
mod forms;
mod idempotency;
mod location;
mod pages;
mod preconditions;
mod queries;
mod values;
mod whole_rows;
