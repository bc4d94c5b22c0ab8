//! The dashboard, as a browser without a script gets it.

mod activity;
mod attendance;
mod audit;
mod confirm;
mod content;
mod day_chart;
mod every_page;
mod findings;
pub mod key_use;
mod keys;
mod language;
mod links;
mod members;
mod new_key;
mod people;
mod promises;
mod refused_calls;
mod renaming;
mod required_factor;
mod revocation;
pub mod roster;
mod rotation_end;
mod second_factor;
mod sessions;
mod settings;
mod sign_in;
mod sign_in_code;
mod timetable;
mod translated;

use serde_json::Value;

use crate::support::studio::Reply;

/// The lines of a download.
fn lines(reply: &Reply) -> Vec<Value> {
    assert_eq!((reply.status.as_u16(), reply.header("content-type")), (200, "application/jsonl"), "{reply:?}");
    let text = String::from_utf8(reply.body.to_vec()).expect("text");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}
