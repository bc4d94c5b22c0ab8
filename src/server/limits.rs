//! How much of everything a client may take: the numbers the whole edge works by.
//!
//! Called where a server is made; tests make small ones. Promises that the defaults suit a public server.

use std::time::Duration;

use crate::wire::body;

/// The bounds of connections, requests and bodies.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Open connections over all surfaces (operators' probes not counted). The file limit may lower it.
    pub connections: usize,
    /// Open connections of one client network, over the same surfaces; a trusted proxy has no bound of its own.
    pub connections_of_one: usize,
    /// Open connections of operators, beside those.
    pub probes: usize,
    /// Requests at work over all surfaces (operators' probes not counted), those that wait for the database among them.
    /// More than wait there ([`crate::store::admission`]), so that one who waits takes no other's place.
    pub requests: usize,
    /// Requests whose body is still awaited, over all surfaces. They are not at work; beyond this they count as if.
    pub awaiting_body: usize,
    /// The largest head of a request, in bytes.
    pub head_bytes: usize,
    /// The most header fields in one request.
    pub head_fields: usize,
    /// How long a head may take to arrive; a connection may stay silent as long between two requests.
    pub head_time: Duration,
    /// The largest body that a request may announce. Handlers read within bounds of their own, which may be smaller.
    pub body_bytes: usize,
    /// How long a request may be worked on.
    pub request_time: Duration,
    /// How long a write may wait for a client that does not read.
    pub write_time: Duration,
    /// The bytes a second at which a client that is slow to read has to read an answer, over its whole length.
    pub least_speed: u64,
    /// Bytes of answers that wait for slow clients. A slow answer beyond it is cut, and the next request is refused.
    pub unsent_bytes: usize,
    /// The same, of one client network.
    pub unsent_bytes_of_one: usize,
    /// How much of a body that nobody read is discarded after the answer.
    pub unread_bytes: usize,
    /// How long a connection with such a body stays open, so that the client can read the answer.
    pub unread_time: Duration,
    /// How long a stopping server waits for requests at work.
    pub drain_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 20_000,
            connections_of_one: share_of(20_000),
            probes: 64,
            requests: 1600,
            awaiting_body: 8192,
            head_bytes: 16 * 1024,
            head_fields: 64,
            head_time: Duration::from_secs(10),
            body_bytes: body::MOST_BYTES,
            request_time: Duration::from_secs(15),
            write_time: Duration::from_secs(15),
            least_speed: 8 * 1024,
            unsent_bytes: 256 * 1024 * 1024,
            unsent_bytes_of_one: 64 * 1024 * 1024,
            unread_bytes: 64 * 1024,
            unread_time: Duration::from_secs(2),
            drain_time: Duration::from_secs(20),
        }
    }
}

/// What one client network may take of so many connections. It is no small part, since many visitors may stand behind one
/// address; what is left is for all others.
const fn share_of(connections: usize) -> usize {
    connections / 5 * 3
}

/// Files that are not connections: the database, the log, listeners, probes, refusals under way. At most half of all.
const OTHER_FILES: usize = 256;

/// The fewest files that a server works with: what it opens itself, and a few connections.
pub const FEWEST_FILES: usize = 128;
/// A cap below this part of the one that was asked for is remarked: it is soon felt.
const FELT_BELOW: usize = 4;

/// Raises the process's file limit as far as it goes; how many files it may open then.
pub fn raise_file_limit() -> usize {
    let files = rlimit::increase_nofile_limit(u64::MAX).unwrap_or(1024);
    usize::try_from(files).unwrap_or(usize::MAX)
}

impl Limits {
    /// Raises the process's file limit as far as it goes, and lowers the connection cap to what it allows.
    pub(super) fn within_file_limit(mut self) -> Self {
        let files = raise_file_limit();
        let room = files - OTHER_FILES.min(files / 2);
        if room < self.connections {
            if room < self.connections / FELT_BELOW {
                tracing::warn!(
                    files,
                    connections = room,
                    "the file limit lowers the connection cap; raise it, as with `ulimit -n`"
                );
            }
            self.connections = room;
            self.connections_of_one = self.connections_of_one.min(share_of(room));
        }
        self
    }
}
