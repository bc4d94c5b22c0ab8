//! Spreadsheets: whatever the bytes, each line is read or has its fault, and what is written is read back.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| flow_gateway::sheets::read(data));
