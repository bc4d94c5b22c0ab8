//! What the fuzz target of spreadsheets calls. It is built for that target alone.

use std::io::Cursor;

use super::{
    KINDS, Settings,
    read::{
        cells::{self, Cells},
        dates::DateFormats,
        encoding,
        headings::Mapping,
        sheet,
    },
};

/// Reads bytes as a spreadsheet of every kind of rows.
///
/// # Panics
/// When what was read and written is not read back, or lines are counted wrongly.
pub fn read(data: &[u8]) {
    for cells in Cells::new(data, b',', 1).filter_map(|(_, cells)| cells.ok()) {
        let mut written = Vec::new();
        cells::write(&mut written, cells.iter().map(String::as_str)).expect("memory takes it");
        let again = Cells::new(written.as_slice(), b',', 1).next().expect("a record").1.expect("it was written so");
        assert_eq!(again, cells);
    }
    let settings = Settings {
        tick: &|_| {},
        mapping: Mapping::default(),
        dates: DateFormats::read(&["dd/mm/yyyy".to_owned()]).expect("a format"),
    };
    for kind in KINDS {
        let text = encoding::utf8(Cursor::new(data.to_vec())).expect("memory is read");
        let opened = sheet::open(text, kind.name, &(kind.schema)(), &settings).expect("memory is read");
        for fault in &opened.wrong {
            assert!(!fault.detail.is_empty());
        }
        let mut last = 0;
        for (line, said) in opened.lines {
            assert!(line > last, "lines are told in order: {line} behind {last}");
            last = line;
            assert!(said.as_ref().map_or(true, serde_json::Value::is_object), "{said:?}");
        }
        let ends = data.iter().filter(|byte| b"\r\n".contains(byte)).count();
        assert!(usize::try_from(last).is_ok_and(|last| last <= ends + 1), "line {last} of {} at most", ends + 1);
    }
}
