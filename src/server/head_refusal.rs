//! Our response in place of hyper's own when hyper cannot read a request head. Promises that it carries the same browser
//! headers as every other response.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::AsyncWrite;

/// Our own responses are longer: each has more headers.
const MAX_BYTES: usize = 256;

/// The replacement for hyper's response.
#[derive(Debug)]
pub(super) struct HeadRefusal {
    pub(super) status: u16,
    bytes: Vec<u8>,
    written: usize,
    /// The length of hyper's response.
    replaced_length: usize,
}

impl HeadRefusal {
    /// The replacement, if these bytes are hyper's error response: a status line and only the three headers that hyper adds.
    /// `lines` are the headers to add.
    pub(super) fn of(written: &[u8], lines: impl FnOnce() -> String) -> Option<Self> {
        let is_head = written.starts_with(b"HTTP/1.") && written.ends_with(b"\r\n\r\n");
        if !is_head || written.len() > MAX_BYTES {
            return None;
        }
        let text = std::str::from_utf8(written).ok()?;
        let (status_line, headers) = text.split_once("\r\n")?;
        let status = status_line.split(' ').nth(1)?.parse().ok().filter(|status| (400..500).contains(status))?;
        let is_own =
            |line: &str| ["connection: ", "content-length: 0", "date: "].iter().any(|own| line.starts_with(own));
        if !headers.trim_end().split("\r\n").all(is_own) {
            return None;
        }
        let bytes = [status_line, "\r\n", &lines(), headers].concat().into_bytes();
        Some(Self { status, bytes, written: 0, replaced_length: written.len() })
    }

    /// Writes it. Reports the length of hyper's response once all is written.
    pub(super) fn poll_write(
        &mut self,
        mut stream: Pin<&mut impl AsyncWrite>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        while self.written < self.bytes.len() {
            match ready!(stream.as_mut().poll_write(cx, &self.bytes[self.written..]))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                more => self.written += more,
            }
        }
        Poll::Ready(Ok(self.replaced_length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hyper_says_by_itself_is_told_from_every_answer_of_ours() {
        let of = |head: &str| {
            HeadRefusal::of(head.as_bytes(), || "x-content-type-options: nosniff\r\n".into()).map(|found| found.bytes)
        };
        let own = "connection: close\r\ncontent-length: 0\r\ndate: Sat, 28 Nov 2026 18:00:00 GMT\r\n\r\n";
        let refused = String::from_utf8(of(&format!("HTTP/1.1 431 Request Header Fields Too Large\r\n{own}")).unwrap());
        let refused = refused.unwrap();
        assert!(
            refused.starts_with("HTTP/1.1 431 Request Header Fields Too Large\r\nx-content-type-options: nosniff\r\n")
        );
        assert!(refused.ends_with(own), "{refused}");
        for other in [
            format!("HTTP/1.1 200 OK\r\n{own}"),
            format!("HTTP/1.1 400 Bad Request\r\nx-content-type-options: nosniff\r\n{own}"),
            format!("HTTP/1.1 400 Bad Request\r\n{own}{{}}"),
            "HTTP/1.1 100 Continue\r\n\r\n".to_owned(),
            "{\"title\": \"HTTP/1.1 400 Bad Request\"}".to_owned(),
        ] {
            assert_eq!(of(&other), None, "{other}");
        }
    }
}
