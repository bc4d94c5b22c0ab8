//! E-mail, from the outbox to a mail server.

mod letter;
mod pace;
mod sending;
mod tls;
