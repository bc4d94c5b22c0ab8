//! Staff accounts and passwords.

pub mod password;
pub mod staff;
