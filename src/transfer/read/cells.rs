//! The cells of a spreadsheet's lines (RFC 4180), read strictly: a quoted cell ends where its line or its cell does, so that
//! a quote which is never closed swallows no lines. Every record knows the line that it begins on.

use std::io::{self, BufRead};

use super::lines::{LONGEST, TOO_LONG};

/// What is said of a quote that swallows the rest of the file.
const UNCLOSED: &str = "has a quote that is never closed: everything behind it would be one cell";
/// What is said of a cell that goes on behind its quotes.
const BEHIND: &str = "has text behind a closing quote: within quotes, a quote is written twice";
/// Cells of a line at the most: more than any platform's spreadsheet has.
const MOST_CELLS: usize = 400;
/// Bytes of a cell at the most: more than any field takes.
const LONGEST_CELL: usize = 256 * 1024;
/// What is said of a line with more cells.
const TOO_MANY: &str = "has more than 400 cells";
/// What is said of a cell that is longer.
const TOO_LONG_A_CELL: &str = "has a cell that is longer than a cell may be, 256 KiB";
/// What is said of other encodings.
const NOT_UTF8: &str = "is not UTF-8: save the spreadsheet as \"CSV UTF-8\"";

/// A line's cells, or what is wrong with it.
pub type CsvRecord = (u64, Result<Vec<String>, String>);

/// Reads records.
pub struct Cells<R> {
    file: R,
    separator: u8,
    line: u64,
    ended: bool,
}

/// The position of a record while it is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Start,
    Plain,
    Quoted,
    /// Behind a quote within quotes: it closes them, or is the first of two.
    Quote,
}

/// A record while it is read.
struct RecordInProgress {
    at: At,
    cells: Vec<Vec<u8>>,
    bytes: u64,
    wrong: Option<&'static str>,
}

impl<R: BufRead> Cells<R> {
    /// Reads from here, which is this line of the file.
    pub fn new(file: R, separator: u8, line: u64) -> Self {
        Self { file, separator, line, ended: false }
    }

    /// Reads to the end of a record; whether it ended with a line. Lines are counted as editors count them.
    fn read(&mut self, reading: &mut RecordInProgress) -> io::Result<bool> {
        loop {
            let chunk = self.file.fill_buf()?;
            let Some(&byte) = chunk.first() else { return Ok(false) };
            self.file.consume(1);
            reading.bytes += 1;
            if reading.bytes > LONGEST {
                return Err(io::Error::other(TOO_LONG));
            }
            if byte == b'\n' || byte == b'\r' && self.file.fill_buf()?.first() != Some(&b'\n') {
                self.line += 1;
                if reading.at != At::Quoted {
                    return Ok(true);
                }
            }
            reading.take(byte, self.separator);
        }
    }
}

impl RecordInProgress {
    fn new() -> Self {
        Self { at: At::Start, cells: vec![Vec::new()], bytes: 0, wrong: None }
    }

    fn take(&mut self, byte: u8, separator: u8) {
        let (at, keep) = match (self.at, byte) {
            (At::Start, b'"') => (At::Quoted, false),
            (At::Quoted, b'"') => (At::Quote, false),
            (At::Quote, b'"') | (At::Quoted, _) => (At::Quoted, true),
            // The first half of a line's end.
            (_, b'\r') => (self.at, false),
            (_, byte) if byte == separator => {
                if self.cells.len() < MOST_CELLS {
                    self.cells.push(Vec::new());
                } else {
                    self.wrong.get_or_insert(TOO_MANY);
                }
                (At::Start, false)
            }
            (At::Quote, _) => {
                self.wrong = Some(BEHIND);
                (At::Plain, true)
            }
            (At::Start | At::Plain, _) => (At::Plain, true),
        };
        self.at = at;
        if keep && let Some(cell) = self.cells.last_mut() {
            if cell.len() < LONGEST_CELL {
                cell.push(byte);
            } else {
                self.wrong.get_or_insert(TOO_LONG_A_CELL);
            }
        }
    }

    fn end(self) -> Result<Vec<String>, String> {
        if let Some(wrong) = self.wrong {
            return Err(wrong.to_owned());
        }
        let cells = self.cells.into_iter().map(String::from_utf8).collect::<Result<_, _>>();
        cells.map_err(|_| NOT_UTF8.to_owned())
    }
}

impl<R: BufRead> Iterator for Cells<R> {
    type Item = CsvRecord;

    fn next(&mut self) -> Option<CsvRecord> {
        if self.ended {
            return None;
        }
        let (line, mut reading) = (self.line, RecordInProgress::new());
        match self.read(&mut reading) {
            Ok(true) => return Some((line, reading.end())),
            Ok(false) if reading.bytes == 0 => {}
            Ok(false) if reading.at == At::Quoted => reading.wrong = Some(UNCLOSED),
            Ok(false) => {}
            Err(error) => {
                self.ended = true;
                let said = error.to_string();
                return Some((line, Err(if said == TOO_LONG { said } else { format!("cannot be read: {said}") })));
            }
        }
        self.ended = true;
        (reading.bytes > 0).then(|| (line, reading.end()))
    }
}

/// Writes a record.
///
/// # Errors
/// When it cannot be written.
pub fn write<'c>(out: &mut (impl io::Write + ?Sized), cells: impl Iterator<Item = &'c str>) -> io::Result<()> {
    let quoted = |cell: &str| {
        let needs = cell.contains(['"', ',', ';', '\t', '\n', '\r']) || cell.trim() != cell;
        if needs { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
    };
    let line: Vec<_> = cells.map(quoted).collect();
    write!(out, "{}\r\n", line.join(","))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Vec<CsvRecord> {
        Cells::new(text.as_bytes(), b',', 1).collect()
    }

    fn row(line: u64, cells: &[&str]) -> CsvRecord {
        (line, Ok(cells.iter().map(|cell| (*cell).to_owned()).collect()))
    }

    #[test]
    fn cells_are_read_as_they_were_written() {
        assert_eq!(read("a,b\n1,\n"), [row(1, &["a", "b"]), row(2, &["1", ""])]);
        assert_eq!(
            read("a\r\n\"x\r\ny\"\"z\"\r\n\r\nb"),
            [row(1, &["a"]), row(2, &["x\r\ny\"z"]), row(4, &[""]), row(5, &["b"])]
        );
        assert_eq!(read("a\rb,\"c\"\r"), [row(1, &["a"]), row(2, &["b", "c"])]);
        assert_eq!(read("5\" nails, \"x\""), [row(1, &["5\" nails", " \"x\""])]);
        assert_eq!(read("\"\",\"\""), [row(1, &["", ""])]);
        assert_eq!(read(""), []);
    }

    #[test]
    fn a_quote_swallows_no_lines() {
        assert_eq!(read("a\n\"b\nc\n"), [row(1, &["a"]), (2, Err(UNCLOSED.into()))]);
        assert_eq!(read("\"a\"b,c\nd\n"), [(1, Err(BEHIND.into())), row(2, &["d"])]);
        assert_eq!(read("\"a\" ,c"), [(1, Err(BEHIND.into()))]);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(cells in prop::collection::vec("[a\",;\\t \\r\\n'=é]{0,6}", 1..5)) {
            let mut text = Vec::new();
            write(&mut text, cells.iter().map(String::as_str)).unwrap();
            let records: Vec<_> = Cells::new(&text[..], b',', 1).collect();
            prop_assert_eq!(records, vec![(1, Ok(cells))]);
        }
    }
}
