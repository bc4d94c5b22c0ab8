//! Staff accounts, passwords, and how a session begins.

pub mod password;
pub mod sign_in;
pub mod staff;
pub mod unscoped;
