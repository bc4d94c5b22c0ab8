//! E-mail, from the outbox to a mail server.

mod hostile;
mod letter;
mod pace;
pub mod sending;
mod tls;
