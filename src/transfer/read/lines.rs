//! JSON Lines: an object on each line. The length of a line is limited, so that a foreign file does not fill the memory.

use std::{
    fs::File,
    io::{self, BufRead, Read},
};

use serde_json::Value;

use super::ReadLine;
use crate::{
    transfer::Tick,
    wire::{
        json::{self, Unreadable},
        problem::Fault,
    },
};

/// Bytes of a line at the most: more than any row has.
pub const LONGEST: u64 = 1024 * 1024;
/// What is said of a line that is longer.
pub const TOO_LONG: &str = "is longer than a line may be, 1 MiB";

/// A file that counts the bytes that were read.
pub struct Counted<'t> {
    file: File,
    tick: Tick<'t>,
}

impl<'t> Counted<'t> {
    /// Tells `tick`.
    pub fn new(file: File, tick: Tick<'t>) -> Self {
        Self { file, tick }
    }
}

impl Read for Counted<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(into)?;
        (self.tick)(read as u64);
        Ok(read)
    }
}

/// The lines of a file.
pub struct JsonLines<R> {
    file: R,
    line: u64,
    ended: bool,
}

impl<R: BufRead> JsonLines<R> {
    /// Reads from here.
    pub fn new(file: R) -> Self {
        Self { file, line: 0, ended: false }
    }

    /// The next line, without its end; `None` behind the last.
    fn read(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut bytes = Vec::new();
        let read = self.file.by_ref().take(LONGEST + 1).read_until(b'\n', &mut bytes)?;
        Ok((read > 0).then_some(bytes))
    }

    fn parse(&mut self, bytes: &[u8]) -> Result<Value, Fault> {
        if bytes.len() as u64 > LONGEST {
            // What follows is the rest of this line.
            self.ended = true;
            return Err(Fault::at("", TOO_LONG));
        }
        let value = json::read(bytes).map_err(|unreadable| match unreadable {
            Unreadable::NotJson(error) => {
                Fault::at("", format!("is not JSON, at column {}: a line holds one whole object", error.column()))
            }
            Unreadable::Twice(fault) => fault,
        })?;
        if matches!(value, Value::Object(_)) { Ok(value) } else { Err(Fault::at("", "is not a JSON object")) }
    }
}

impl<R: BufRead> Iterator for JsonLines<R> {
    type Item = ReadLine;

    fn next(&mut self) -> Option<ReadLine> {
        while !self.ended {
            self.line += 1;
            let bytes = match self.read() {
                Ok(bytes) => bytes?,
                Err(error) => {
                    self.ended = true;
                    return Some((self.line, Err(Fault::at("", format!("cannot be read: {error}")))));
                }
            };
            if !bytes.trim_ascii().is_empty() {
                return Some((self.line, self.parse(&bytes)));
            }
        }
        None
    }
}
