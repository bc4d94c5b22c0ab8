//! The progress bar of a long command: on a terminal only, and never on standard output.

use indicatif::{ProgressBar, ProgressStyle};

/// For a known number of bytes.
pub fn of_bytes(all: u64, doing: &'static str) -> ProgressBar {
    shown(ProgressBar::new(all), "{msg} {wide_bar} {bytes}/{total_bytes} {eta}", doing)
}

/// For a number of rows that is set later.
pub fn of_counted_rows(doing: &'static str) -> ProgressBar {
    shown(ProgressBar::new(0), "{msg} {wide_bar} {human_pos}/{human_len} rows {eta}", doing)
}

/// For an unknown number of rows.
pub fn of_rows(doing: &'static str) -> ProgressBar {
    shown(ProgressBar::no_length(), "{spinner} {msg} {human_pos} rows", doing)
}

/// Of a number of files that is not.
pub fn of_files(doing: &'static str) -> ProgressBar {
    shown(ProgressBar::no_length(), "{spinner} {msg} {human_pos} files", doing)
}

/// Draws nothing if standard error is not a terminal.
fn shown(bar: ProgressBar, template: &str, doing: &'static str) -> ProgressBar {
    let bar = bar.with_message(doing);
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
