//! E-mail, from the outbox to a mail server.

mod letter;
mod sending;
mod tls;
