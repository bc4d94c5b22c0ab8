//! The limits of connections, requests and bodies. The defaults suit a public server; tests use smaller ones.

use std::time::Duration;

use crate::wire::body;

/// Limits of connections, requests and bodies.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Open connections on all surfaces except ops. The file limit may lower it.
    pub connections: usize,
    /// Open connections of one client network. Trusted proxies are exempt.
    pub connections_per_network: usize,
    /// Open connections on the ops listener.
    pub ops_connections: usize,
    /// Requests that run at once on all surfaces except ops, including those that wait for the database. Larger than the
    /// queues there ([`crate::store::admission`]), so that waiting requests do not block the others.
    pub requests: usize,
    /// Requests whose body has not arrived. They do not count as running; beyond this limit they do.
    pub awaiting_body: usize,
    /// The largest request head, in bytes.
    pub head_bytes: usize,
    /// The most header fields of one request.
    pub head_fields: usize,
    /// Timeout for a request head, and for an idle connection between two requests.
    pub head_timeout: Duration,
    /// The largest body that a request may announce. Handlers may have smaller limits.
    pub body_bytes: usize,
    /// Timeout for handling one request.
    pub request_timeout: Duration,
    /// Timeout for a write to a client that does not read.
    pub write_timeout: Duration,
    /// The lowest average speed at which a slow client must read a response, in bytes a second.
    pub min_bytes_per_second: u64,
    /// Response bytes that wait for slow clients. Beyond it, slow responses are cut and new requests are refused.
    pub unsent_bytes: usize,
    /// The same for one client network.
    pub unsent_bytes_per_network: usize,
    /// How many bytes of an unread request body are discarded after the response.
    pub unread_bytes: usize,
    /// How long a connection with an unread body stays open, so that the client can read the response.
    pub unread_timeout: Duration,
    /// How long a stopping server waits for running requests.
    pub drain_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 20_000,
            connections_per_network: network_part_of(20_000),
            ops_connections: 64,
            requests: 1600,
            awaiting_body: 8192,
            head_bytes: 16 * 1024,
            head_fields: 64,
            head_timeout: Duration::from_secs(10),
            body_bytes: body::MAX_BODY_BYTES,
            request_timeout: Duration::from_secs(15),
            write_timeout: Duration::from_secs(15),
            min_bytes_per_second: 8 * 1024,
            unsent_bytes: 256 * 1024 * 1024,
            unsent_bytes_per_network: 64 * 1024 * 1024,
            unread_bytes: 64 * 1024,
            unread_timeout: Duration::from_secs(2),
            drain_timeout: Duration::from_secs(20),
        }
    }
}

/// The connection limit of one client network. It is large, since many visitors may share one address.
const fn network_part_of(connections: usize) -> usize {
    connections / 5 * 3
}

/// Files that are not client connections: database, log, listeners, ops connections, refusals. At most half of all.
const OTHER_FILES: usize = 256;

/// The fewest open files that a server can work with.
pub const MIN_OPEN_FILES: usize = 128;
/// Warn when the file limit lowers the connection limit below a quarter of the configured one.
const WARN_BELOW_PART: usize = 4;

/// Raises the process's file limit as far as possible, and returns it.
pub fn raise_file_limit() -> usize {
    let files = rlimit::increase_nofile_limit(u64::MAX).unwrap_or(1024);
    usize::try_from(files).unwrap_or(usize::MAX)
}

impl Limits {
    /// Raises the process's file limit as far as possible, and lowers the connection limits to fit it.
    pub(super) fn within_file_limit(mut self) -> Self {
        let files = raise_file_limit();
        let room = files - OTHER_FILES.min(files / 2);
        if room < self.connections {
            if room < self.connections / WARN_BELOW_PART {
                tracing::warn!(
                    files,
                    connections = room,
                    "the open-file limit lowers the connection limit; raise it, for example with `ulimit -n`"
                );
            }
            self.connections = room;
            self.connections_per_network = self.connections_per_network.min(network_part_of(room));
        }
        self
    }
}
