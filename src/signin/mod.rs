//! Who signs in with a password, and how passwords are kept.

pub mod password;
pub mod staff;
