//! The documents that clients are generated from, and the pages that show them.

mod compatibility;
mod documents;
mod examples;
mod page;
mod released;
mod types;
