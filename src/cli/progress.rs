//! How far a long command has come, for a person who waits. On a terminal alone, and never on standard output.

use indicatif::{ProgressBar, ProgressStyle};

/// Of a number of bytes that is known.
pub fn of_bytes(all: u64, doing: &'static str) -> ProgressBar {
    shown(ProgressBar::new(all), "{msg} {wide_bar} {bytes}/{total_bytes} {eta}", doing)
}

/// Of a number of rows that is not.
pub fn of_rows(doing: &'static str) -> ProgressBar {
    shown(ProgressBar::no_length(), "{spinner} {msg} {human_pos} rows", doing)
}

/// Where standard error is no terminal, nothing is drawn.
fn shown(bar: ProgressBar, template: &str, doing: &'static str) -> ProgressBar {
    let bar = bar.with_message(doing);
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
