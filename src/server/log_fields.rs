//! How the fields of a text log line are written; the log uses it for its text format.
//!
//! Promises the same bytes as `tracing_subscriber`'s own fields. Text that needs no escape is copied: to format it
//! character by character was the most expensive part of a request's log line.

use std::fmt::{self, Debug};

use tracing::field::{Field, Visit};
use tracing_subscriber::{
    field::{RecordFields, VisitOutput},
    fmt::{
        FormatFields,
        format::{DefaultVisitor, Writer},
    },
};

/// Writes `name="text"` and `name=value`, with spaces between.
#[derive(Debug)]
pub(super) struct TextFields;

impl<'w> FormatFields<'w> for TextFields {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'w>, fields: R) -> fmt::Result {
        let mut visitor = TextVisitor { writer, is_empty: true, result: Ok(()) };
        fields.record(&mut visitor);
        visitor.result
    }
}

struct TextVisitor<'w> {
    writer: Writer<'w>,
    is_empty: bool,
    result: fmt::Result,
}

impl TextVisitor<'_> {
    fn copy(&mut self, name: &str, text: &str) -> fmt::Result {
        if !self.is_empty {
            self.writer.write_char(' ')?;
        }
        for part in [name, "=\"", text, "\""] {
            self.writer.write_str(part)?;
        }
        Ok(())
    }

    /// Lets the library write what is not plain text.
    fn format(&mut self, record: impl FnOnce(&mut DefaultVisitor<'_>)) {
        if self.result.is_ok() {
            let mut visitor = DefaultVisitor::new(self.writer.by_ref(), self.is_empty);
            record(&mut visitor);
            self.result = visitor.finish();
            self.is_empty = false;
        }
    }
}

impl Visit for TextVisitor<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        let name = field.name();
        if name == "message" || name.starts_with("r#") || !value.bytes().all(needs_no_escape) {
            return self.format(|visitor| visitor.record_str(field, value));
        }
        if self.result.is_ok() {
            self.result = self.copy(name, value);
            self.is_empty = false;
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.format(|visitor| visitor.record_error(field, value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.format(|visitor| visitor.record_debug(field, value));
    }
}

fn needs_no_escape(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\')
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use tracing_subscriber::fmt::{self as lines, format::DefaultFields};

    use super::*;

    fn written(fields: impl for<'w> FormatFields<'w> + Send + Sync + 'static) -> String {
        let kept = Arc::new(Mutex::new(Vec::new()));
        let writer = Arc::clone(&kept);
        let subscriber = lines::fmt()
            .with_ansi(false)
            .without_time()
            .fmt_fields(fields)
            .with_writer(move || Kept(Arc::clone(&writer)))
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            let error = io::Error::other("a \"cause\"");
            let error: &dyn std::error::Error = &error;
            let _span = tracing::info_span!("request", request_id = "4f", studio = "a\tb").entered();
            for text in [
                "",
                "plain",
                "two words",
                "a \"quote\"",
                "a\\b",
                "line\nbreak",
                "\u{1b}[31mred",
                "Zürich 🧘",
                "a'b",
                "\u{7f}",
            ] {
                tracing::info!(
                    first = text,
                    status = 200,
                    r#type = text,
                    none = None::<&str>,
                    some = Some(text),
                    "told {text}"
                );
                tracing::info!(only = text);
                tracing::info!(%error, error, debug = ?text, display = %text, is_on = true, text);
                tracing::info!(message = text, after = text);
            }
        });
        String::from_utf8(kept.lock().unwrap().clone()).unwrap()
    }

    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_has_the_bytes_that_the_library_writes() {
        let (ours, theirs) = (written(TextFields), written(DefaultFields::new()));
        assert!(ours.contains("only=\"plain\""), "{ours}");
        assert_eq!(ours, theirs);
    }
}
