//! The dashboard, as a browser without a script gets it.

mod every_page;
mod keys;
mod logs;
mod sign_in;
