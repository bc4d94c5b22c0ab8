//! Staff accounts, passwords, how a session begins, what the links in mails to the staff open, and the mails that tell owners of
//! their keys.

pub mod links;
pub mod owner_mails;
pub mod password;
pub mod people;
pub mod sign_in;
pub mod staff;
pub mod unscoped;
