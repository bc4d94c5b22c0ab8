//! E-mail, from the outbox to a mail server.

mod booking_languages;
mod email;
mod expiry;
mod exposure;
mod hostile;
mod languages;
mod quota;
pub mod sending;
mod tls;
