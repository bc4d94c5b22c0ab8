//! Caddy of a test's own, with the configuration that operators are shown: only addresses and files are the test's.

use std::path::{Path, PathBuf};

use super::{
    kept::Kept,
    needs::{Need, on_path},
    postgres::free_port,
};

const NEED: Need = Need { program: "Caddy", variable: "FLOW_TEST_CADDY" };

/// The server, which ends with the test.
pub struct Caddy {
    pub port: u16,
    /// Where it is asked without TLS.
    pub plain_port: u16,
    #[expect(dead_code, reason = "held, not read")]
    running: Kept,
    #[expect(dead_code, reason = "held, not read")]
    directory: tempfile::TempDir,
}

/// Where Caddy is, or `None` where it is not.
pub fn program() -> Option<PathBuf> {
    let found = on_path("caddy");
    if found.is_none() {
        NEED.is_missing();
    }
    found
}

impl Caddy {
    /// Starts it with this configuration, with a certificate and its key, and with other words for some of it.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start(program: &Path, shown: &str, [certificate, key]: [&str; 2], others: &[(String, String)]) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let at = |name: &str| directory.path().join(name).display().to_string();
        loop {
            let (port, plain_port) = (free_port(), free_port());
            let options = format!(
                "\n{{\nadmin off\ndefault_bind 127.0.0.1\nhttps_port {port}\nhttp_port {plain_port}\n\
                storage file_system {}\n",
                at("kept")
            );
            let own = [
                ("\n{\n".to_owned(), options),
                ("(gateway) {".to_owned(), format!("(gateway) {{\ntls {certificate} {key}")),
            ];
            let mut text = shown.to_owned();
            for (theirs, here) in own.iter().chain(others) {
                assert!(text.contains(theirs), "{theirs} is in the configuration");
                text = text.replacen(theirs, here, 1);
            }
            let file = at("Caddyfile");
            std::fs::write(&file, text).expect("the configuration is written");
            let home = format!("XDG_CONFIG_HOME={}", at("settings"));
            let program = program.display().to_string();
            let args = [&home, &program, "run", "--adapter", "caddyfile", "--config", &file].map(str::to_owned);
            let running = Kept::start(Path::new("env"), &args, directory.path().join("log"));
            if running.serves("serving initial configuration", "Error: ") {
                return Self { port, plain_port, running, directory };
            }
            assert!(running.log().contains("address already in use"), "{}", running.log());
        }
    }
}
