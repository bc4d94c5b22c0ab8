//! May this caller do this? Keys, scopes, and the judgement that stands before every handler.

pub mod admit;
pub mod call;
pub mod caller;
pub mod cost;
pub mod door;
pub mod exposure;
pub mod guard;
pub mod history;
pub mod home;
pub mod key;
pub mod keyring;
pub mod keys;
pub mod network;
pub mod origin;
pub mod page_signs;
pub mod rate;
pub mod scope;
pub mod stored;
mod suspect;
pub mod table;
pub mod terms;
pub mod unscoped;
pub mod usage;
pub mod watch;
