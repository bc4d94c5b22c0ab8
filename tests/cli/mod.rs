//! The command line, driven as scripts drive it: the real binary, its exit codes, and what it prints where.

mod activity;
mod audit;
mod backup;
mod demo;
mod encryption;
mod explain;
mod faults;
mod file_watch;
mod files;
pub mod gateway;
mod keys;
mod outbox;
mod people;
mod process;
mod refusals;
mod restore;
mod scan;
mod second_factor;
mod secrets;
mod serving;
mod settings;
mod signing_keys;
mod studios;
mod token_canaries;
mod transfer;
mod visitor;
