//! Staff accounts, passwords, how a session begins, and what the links in mails to the staff open.

pub mod links;
pub mod password;
pub mod people;
pub mod sign_in;
pub mod staff;
pub mod unscoped;
