//! What a row of a table is, and what handlers are made of. A row's handler takes extractors and gives back an answer; each
//! is here, together with what it adds to its operation in the OpenAPI document.

pub mod app;
pub mod describe;
pub mod document;
pub mod endpoint;
pub mod list;
pub mod path;
pub mod shown;
pub mod task_runs;
pub mod whole;
pub mod write;
