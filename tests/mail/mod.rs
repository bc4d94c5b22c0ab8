//! E-mail, from the outbox to a mail server.

mod email;
mod hostile;
mod quota;
pub mod sending;
mod tls;
