//! What all surfaces say alike: problems, pages, patches, versions, replays.

pub mod at;
pub mod body;
pub mod civil;
pub mod code;
pub mod cors;
pub mod etag;
pub mod fields;
pub mod idempotency;
pub mod input;
pub mod json;
pub mod mask;
pub mod money;
pub mod page;
pub mod problem;
pub mod request;
pub mod schema;
pub mod search;
pub mod shown;
pub mod text;
pub mod write;
