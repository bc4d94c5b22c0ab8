//! E-mail: an outbox that is written in the same transaction as the change that a mail reports, and a task that sends what is in
//! it. A mail's words, and the token in its link, are made when it is sent or shown: neither is ever stored.

mod body;
pub mod booked;
mod booking;
mod connection;
pub mod email;
mod kind;
pub mod link;
pub mod mailer;
pub mod member_texts;
pub mod outbox;
pub mod quota;
mod recipient;
pub mod sender;
pub mod superseding;
mod template;
pub mod texts;
mod unscoped;
mod unsent;
pub mod unsent_mails;
pub mod wording;
pub mod words;

pub use unscoped::{holder, remove_expired};
