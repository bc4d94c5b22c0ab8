//! The encodings of files: UTF-8, with or without its mark, and UTF-16 by its mark, as Excel's "Unicode text" is.

use std::io::{self, BufRead, BufReader, Cursor, Read};

/// What UTF-16 begins with, in either order of its bytes, and what UTF-8 may.
const LITTLE_ENDIAN: [u8; 2] = [0xff, 0xfe];
const BIG_ENDIAN: [u8; 2] = [0xfe, 0xff];
/// The mark of UTF-8, which spreadsheets write before everything else.
pub const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The text of a file as UTF-8, without a mark.
///
/// # Errors
/// When it cannot be read.
pub fn utf8<'t>(mut file: impl BufRead + 't) -> io::Result<Box<dyn BufRead + 't>> {
    let mut start = Vec::new();
    file.by_ref().take(3).read_to_end(&mut start)?;
    if start == BYTE_ORDER_MARK {
        return Ok(Box::new(file));
    }
    let unit = match start.first_chunk::<2>() {
        Some(&LITTLE_ENDIAN) => u16::from_le_bytes,
        Some(&BIG_ENDIAN) => u16::from_be_bytes,
        _ => return Ok(Box::new(Cursor::new(start).chain(file))),
    };
    let units = Cursor::new(start.split_off(2)).chain(file);
    Ok(Box::new(BufReader::new(Utf16 { units, unit, high: None, left: Vec::new() })))
}

/// Text of UTF-16, read as UTF-8.
struct Utf16<R> {
    units: R,
    unit: fn([u8; 2]) -> u16,
    /// The first half of a pair.
    high: Option<u16>,
    /// Bytes that were not asked for yet.
    left: Vec<u8>,
}

impl<R: Read> Utf16<R> {
    /// The next unit; `None` at the end. What ends in the middle of one is cut off.
    fn next(&mut self) -> io::Result<Option<u16>> {
        let mut bytes = [0; 2];
        match self.units.read_exact(&mut bytes) {
            Ok(()) => Ok(Some((self.unit)(bytes))),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.left.len() < into.len() {
            let Some(unit) = self.next()? else { break };
            let units: Vec<_> = self.high.take().into_iter().chain([unit]).collect();
            if units.len() == 1 && (0xd800..0xdc00).contains(&unit) {
                self.high = Some(unit);
                continue;
            }
            let text: String =
                char::decode_utf16(units).map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
            self.left.extend(text.bytes());
        }
        let read = self.left.len().min(into.len());
        into[..read].copy_from_slice(&self.left[..read]);
        self.left.drain(..read);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> String {
        let mut text = String::new();
        utf8(bytes).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn text_is_read_by_its_mark() {
        let text = "Zoë, 🧘 Ávila\r\n";
        let units: Vec<u16> = text.encode_utf16().collect();
        let little: Vec<u8> = [0xfeff].iter().chain(&units).flat_map(|unit| unit.to_le_bytes()).collect();
        let big: Vec<u8> = [0xfeff].iter().chain(&units).flat_map(|unit| unit.to_be_bytes()).collect();
        assert_eq!((read(&little), read(&big)), (text.into(), text.into()));
        assert_eq!(read(&[BYTE_ORDER_MARK, text.as_bytes()].concat()), text);
        for text in ["", "a", "ab", "abc", "é"] {
            assert_eq!(read(text.as_bytes()), text);
        }
    }
}
