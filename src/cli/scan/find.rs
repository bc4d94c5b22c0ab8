//! Finds secret keys in a stream of bytes: in ASCII, in UTF-8 and in both orders of UTF-16. Called for every file, every
//! entry of an archive and every object of a repository. It promises that only what has the right checksum is found, that
//! no more than a mask of it leaves here, and that a stream of any length takes one buffer.

use std::io::{self, Read};

use memchr::{
    memchr_iter,
    memmem::{Finder, FinderRev},
};

use crate::access::key::{KeyKind, LENGTH, PresentedKey, masked};

/// Bytes that are looked at together. Most files fit in.
const BUFFER_BYTES: usize = 256 * 1024;
/// Bytes that are looked at again with what follows, since a key may begin in them: one in UTF-16 has two for each letter.
const OVERLAP_BYTES: usize = 2 * LENGTH;

/// A secret key that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The key, masked.
    pub masked: String,
    /// The line, from 1.
    pub line: u64,
    /// The character in the line, from 1.
    pub column: u64,
}

/// How a key's letters are written.
#[derive(Clone, Copy)]
enum Encoding {
    OneByte,
    Utf16 { first: usize },
}

/// Finds keys. Made once for each thread.
pub struct KeyFinder {
    buffer: Vec<u8>,
    finders: [(Finder<'static>, Encoding); 3],
}

impl KeyFinder {
    /// A finder with its buffer.
    pub fn new() -> Self {
        let prefix = KeyKind::Secret.prefix().as_bytes();
        let low_first: Vec<u8> = prefix.iter().flat_map(|byte| [*byte, 0]).collect();
        let high_first: Vec<u8> = prefix.iter().flat_map(|byte| [0, *byte]).collect();
        let finder = |needle: &[u8]| Finder::new(needle).into_owned();
        Self {
            buffer: vec![0; BUFFER_BYTES],
            finders: [
                (finder(prefix), Encoding::OneByte),
                (finder(&low_first), Encoding::Utf16 { first: 0 }),
                (finder(&high_first), Encoding::Utf16 { first: 1 }),
            ],
        }
    }

    /// Reads the beginning of a stream into the buffer, for [`Self::find_on`]; shorter than the buffer only at its end.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn begin(&mut self, stream: &mut dyn Read) -> io::Result<&[u8]> {
        let read = fill(stream, &mut self.buffer)?;
        Ok(&self.buffer[..read])
    }

    /// Finds the keys of a stream that [`Self::begin`] has read so many bytes of.
    ///
    /// # Errors
    /// When it cannot be read to its end; what was found before is reported.
    pub fn find_on(&mut self, held: usize, stream: &mut dyn Read, mut tell: impl FnMut(Hit)) -> io::Result<()> {
        let (mut end, mut before) = (held, Position::START);
        loop {
            let is_last = end < self.buffer.len();
            let next = if is_last { end } else { end - OVERLAP_BYTES };
            find_in(&self.finders, &self.buffer[..end], next, before, &mut tell);
            if is_last {
                return Ok(());
            }
            before = before.after(&self.buffer[..next]);
            self.buffer.copy_within(next..end, 0);
            let kept = end - next;
            end = kept + fill(stream, &mut self.buffer[kept..])?;
        }
    }

    /// Finds the keys of a stream.
    ///
    /// # Errors
    /// As [`Self::find_on`].
    pub fn find(&mut self, stream: &mut dyn Read, tell: impl FnMut(Hit)) -> io::Result<()> {
        let held = self.begin(stream)?.len();
        self.find_on(held, stream, tell)
    }

    /// Finds the keys of bytes that are in memory.
    pub fn find_in_memory(&self, bytes: &[u8], mut tell: impl FnMut(Hit)) {
        find_in(&self.finders, bytes, bytes.len(), Position::START, &mut tell);
    }
}

/// Finds the keys that begin in the first so many bytes.
fn find_in(
    finders: &[(Finder<'static>, Encoding)],
    bytes: &[u8],
    beginnings: usize,
    before: Position,
    tell: &mut impl FnMut(Hit),
) {
    for (finder, encoding) in finders {
        for at in finder.find_iter(bytes).take_while(|at| *at < beginnings) {
            // The zeros around a key in UTF-16 may fit both orders: it is reported as low byte first, once.
            let fits_both = matches!(encoding, Encoding::Utf16 { first: 1 })
                && key_at(&bytes[at + 1..], Encoding::Utf16 { first: 0 }).is_some();
            if let Some(masked) = key_at(&bytes[at..], *encoding).filter(|_| !fits_both) {
                let Position { line, column } = before.after(&bytes[..at]);
                tell(Hit { masked, line, column });
            }
        }
    }
}

/// The key that bytes begin with, masked, if its checksum is right.
fn key_at(bytes: &[u8], encoding: Encoding) -> Option<String> {
    let mut letters = [0; LENGTH];
    match encoding {
        Encoding::OneByte => letters.copy_from_slice(bytes.get(..LENGTH)?),
        Encoding::Utf16 { first } => {
            let units = bytes.get(..2 * LENGTH)?.chunks_exact(2);
            for (letter, unit) in letters.iter_mut().zip(units) {
                *letter = if unit[1 - first] == 0 { unit[first] } else { 0 };
            }
        }
    }
    let text = str::from_utf8(&letters).ok()?;
    PresentedKey::parse(text).ok().map(|key| masked(key.kind(), &text[LENGTH - 4..]))
}

fn fill(stream: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut read = 0;
    while read < buffer.len() {
        match stream.read(&mut buffer[read..]) {
            Ok(0) => break,
            Ok(more) => read += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(read)
}

/// A place in a text.
#[derive(Clone, Copy)]
struct Position {
    line: u64,
    column: u64,
}

impl Position {
    const START: Self = Self { line: 1, column: 1 };

    /// The place behind these bytes.
    fn after(self, bytes: &[u8]) -> Self {
        let lines = memchr_iter(b'\n', bytes).count() as u64;
        let line_start = FinderRev::new("\n").rfind(bytes).map_or(0, |newline| newline + 1);
        let characters = bytes[line_start..].iter().filter(|byte| **byte & 0xC0 != 0x80).count() as u64;
        let column = if lines == 0 { self.column + characters } else { 1 + characters };
        Self { line: self.line + lines, column }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::key::mint;

    fn hits(bytes: &[u8]) -> Vec<(u64, u64)> {
        let mut found = Vec::new();
        KeyFinder::new().find(&mut &*bytes, |hit| found.push((hit.line, hit.column))).expect("it is read");
        let mut in_memory = Vec::new();
        KeyFinder::new().find_in_memory(bytes, |hit| in_memory.push((hit.line, hit.column)));
        assert_eq!(found, in_memory);
        found
    }

    #[test]
    fn a_key_is_found_wherever_it_stands_and_only_with_the_right_checksum() {
        let (key, other) = (mint(KeyKind::Secret), mint(KeyKind::Publishable));
        let key = key.reveal();
        let mut wrong = key.to_owned();
        let last = if wrong.pop() == Some('a') { 'b' } else { 'a' };
        wrong.push(last);
        assert_eq!(hits(key.as_bytes()), [(1, 1)]);
        assert_eq!(hits(format!("é = 1\nsecret: \"é{key}\"\n{key}").as_bytes()), [(2, 11), (3, 1)]);
        assert_eq!(hits(format!("flow_sk_{key}{key}x").as_bytes()), [(1, 9), (1, 67)]);
        for none in [wrong.as_str(), other.reveal(), &key[..57], "flow_sk_", ""] {
            assert_eq!(hits(none.as_bytes()), []);
        }
    }

    #[test]
    fn a_key_in_utf_16_is_found_in_both_orders() {
        let text = format!("key={}", mint(KeyKind::Secret).reveal());
        let units = || text.encode_utf16();
        assert_eq!(hits(&units().flat_map(u16::to_le_bytes).collect::<Vec<_>>()).len(), 1);
        assert_eq!(hits(&units().flat_map(u16::to_be_bytes).collect::<Vec<_>>()).len(), 1);
        let text = format!("{text} ");
        assert_eq!(hits(&text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>()).len(), 1);
    }

    #[test]
    fn a_key_across_the_end_of_the_buffer_is_found_once() {
        let key = mint(KeyKind::Secret);
        for shift in 0..2 * OVERLAP_BYTES + 2 {
            let before = BUFFER_BYTES - shift;
            let text = format!("{}{}{}", "\n".repeat(before), key.reveal(), " ".repeat(BUFFER_BYTES));
            assert_eq!(hits(text.as_bytes()), [(before as u64 + 1, 1)], "{shift}");
        }
    }
}
