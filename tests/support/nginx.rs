//! nginx of a test's own, with the configuration that operators are shown: only addresses and files are the test's.

use std::path::{Path, PathBuf};

use super::{
    kept::Kept,
    needs::{Need, on_path},
    postgres::free_port,
};

const NEED: Need = Need { program: "nginx", variable: "FLOW_TEST_NGINX" };

/// The server, which ends with the test.
pub struct Nginx {
    pub port: u16,
    #[expect(dead_code, reason = "held, not read")]
    running: Kept,
    #[expect(dead_code, reason = "held, not read")]
    directory: tempfile::TempDir,
}

/// Where nginx is, or `None` where it is not.
pub fn program() -> Option<PathBuf> {
    // Debian keeps it where only root's `PATH` leads.
    let found = on_path("nginx").or_else(|| Some(PathBuf::from("/usr/sbin/nginx")).filter(|file| file.is_file()));
    if found.is_none() {
        NEED.is_missing();
    }
    found
}

impl Nginx {
    /// Starts it with this configuration, with a certificate and its key, and with other words for some of it.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start(program: &Path, shown: &str, [certificate, key]: [&str; 2], others: &[(String, String)]) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let at = |name: &str| directory.path().join(name).display().to_string();
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|what| format!("{what}_temp_path {};\n", at(what)))
            .concat();
        loop {
            let port = free_port();
            let mut text = shown.replace("\nhttp {", &format!("\nhttp {{\n{temporary}"));
            let own = [
                ("/etc/nginx/tls/fullchain.pem".to_owned(), certificate.to_owned()),
                ("/etc/nginx/tls/privkey.pem".to_owned(), key.to_owned()),
                ("listen 443 ssl".to_owned(), format!("listen 127.0.0.1:{port} ssl")),
            ];
            for (theirs, here) in own.iter().chain(others) {
                assert!(text.contains(theirs), "{theirs} is in the configuration");
                text = text.replace(theirs, here);
            }
            let file = at("nginx.conf");
            std::fs::write(&file, text).expect("the configuration is written");
            // One process, so that nothing is left when it is killed.
            let alone = format!("daemon off; master_process off; pid {}; error_log stderr notice;", at("pid"));
            let args = ["-p", &at(""), "-e", "stderr", "-c", &file, "-g", &alone].map(str::to_owned);
            let running = Kept::start(program, &args, directory.path().join("log"));
            if running.serves("using the \"epoll\" event method", "[emerg]") {
                return Self { port, running, directory };
            }
            assert!(running.log().contains("Address already in use"), "{}", running.log());
        }
    }
}
