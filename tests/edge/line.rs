//! A raw HTTP/1.1 client: sends exactly the bytes it is told to, reads one answer at a time.

use std::{io, net::SocketAddr, time::Duration};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

/// Far more than anything here should take; it only keeps a broken test from hanging.
const PATIENCE: Duration = Duration::from_secs(20);

/// One connection.
#[derive(Debug)]
pub struct Line {
    stream: TcpStream,
    read: Vec<u8>,
}

/// One answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    head: String,
    pub body: String,
}

impl Line {
    pub async fn to(addr: SocketAddr) -> Self {
        Self::try_to(addr).await.expect("a connection")
    }

    /// From this address of the machine's own.
    pub async fn from(client: [u8; 4], addr: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind((client, 0).into()).expect("an address of this machine");
        Self { stream: socket.connect(addr).await.expect("a connection"), read: Vec::new() }
    }

    pub async fn try_to(addr: SocketAddr) -> io::Result<Self> {
        Ok(Self { stream: TcpStream::connect(addr).await?, read: Vec::new() })
    }

    /// Sends bytes as they are.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_send(bytes).await.expect("sent");
    }

    pub async fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        timeout(PATIENCE, self.stream.write_all(bytes.as_ref())).await.expect("in time")
    }

    /// Reads on and on, a little at a time, until the connection ends; then for ever.
    pub async fn reads_slowly(&mut self) {
        let mut some = [0; 4096];
        while self.stream.read(&mut some).await.is_ok_and(|read| read > 0) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        std::future::pending::<()>().await;
    }

    /// Sends a request without a body, and reads its answer.
    pub async fn get(&mut self, path: &str) -> Answer {
        self.ask("GET", path, "").await
    }

    /// Sends a request without a body but with more header lines, and reads its answer.
    pub async fn ask(&mut self, method: &str, path: &str, headers: &str) -> Answer {
        self.send(format!("{method} {path} HTTP/1.1\r\nHost: test\r\n{headers}\r\n")).await;
        self.answer_to(method).await
    }

    /// Reads one answer.
    pub async fn answer(&mut self) -> Answer {
        self.answer_to("GET").await
    }

    async fn answer_to(&mut self, method: &str) -> Answer {
        let head = loop {
            if let Some(end) = self.read.windows(4).position(|four| four == b"\r\n\r\n") {
                break String::from_utf8(self.read.drain(..end + 4).collect()).expect("a head");
            }
            assert!(self.more().await.expect("an answer") > 0, "closed before an answer");
        };
        let status = head[9..12].parse().expect("a status");
        let mut answer = Answer { status, head, body: String::new() };
        let length = answer.header("content-length").map_or(0, |length| length.parse().expect("a length"));
        if method != "HEAD" {
            while self.read.len() < length {
                assert!(self.more().await.expect("a body") > 0, "closed within a body");
            }
            answer.body = String::from_utf8(self.read.drain(..length).collect()).expect("text");
        }
        answer
    }

    /// Returns once the other side has closed, whatever it sent before.
    pub async fn closed(&mut self) {
        while matches!(self.more().await, Ok(read) if read > 0) {}
    }

    /// What the other side sent until it closed.
    pub async fn rest(&mut self) -> String {
        self.closed().await;
        String::from_utf8_lossy(&self.read).into_owned()
    }

    async fn more(&mut self) -> io::Result<usize> {
        timeout(PATIENCE, self.stream.read_buf(&mut self.read)).await.expect("in time")
    }
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    #[track_caller]
    pub fn is_problem(&self, status: u16, code: &str) {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let body: Value = serde_json::from_str(&self.body).expect("JSON");
        assert_eq!((body["code"].as_str(), body["status"].as_u64()), (Some(code), Some(status.into())), "{self:?}");
        assert_eq!(body["request_id"].as_str(), self.header("x-request-id"), "{self:?}");
        assert!(body["type"].as_str().is_some_and(|link| link.starts_with(super::gate::DOCS)), "{self:?}");
    }
}
