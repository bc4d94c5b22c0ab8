//! The formats of all surfaces: problems, pages, patches, versions. Imports nothing above it.

pub mod body;
pub mod calendar;
pub mod civil;
pub mod code;
pub mod cors;
pub mod cursor;
pub mod etag;
pub mod fields;
pub mod form;
pub mod in_the_clear;
pub mod input;
pub mod json;
pub mod language;
pub mod mask;
pub mod money;
pub mod page;
pub mod problem;
pub mod query;
pub mod redirect;
pub mod request;
pub mod schema;
pub mod search;
pub mod text;
pub mod tls;
pub mod translated;
