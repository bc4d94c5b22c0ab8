//! Staff accounts, passwords, second factors, how a session begins and ends, what the links in mails to the staff open, and the mails
//! that tell owners of their keys.

mod compare;
pub mod language;
pub mod links;
pub mod owner_mails;
pub mod password;
pub mod people;
mod refusal;
pub mod second_factor;
pub mod sessions;
pub mod sign_in;
pub mod staff;
pub mod unscoped;
