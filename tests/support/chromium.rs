//! Runs Chromium for the tests of pages: opens a URL and returns the document after its scripts have run. Each run has a fresh
//! profile and ends within a minute, with all browser processes.

use std::{
    env,
    fs::{self, File},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
    thread,
    time::{Duration, Instant},
};

use super::needs::{Need, search_path};

const CHROMIUM: Need = Need { program: "Chromium", variable: "FLOW_TEST_CHROMIUM" };

const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const ON_MACOS: [&str; 2] = [
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/// No sandbox, since it cannot start as root and the pages are ours; no network traffic of the browser itself.
pub(super) const FLAGS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
];

/// How far the page's virtual clock advances before the document is read, so that timers need no waiting.
const PAGE_TIME: &str = "--virtual-time-budget=8000";
const PATIENCE: Duration = Duration::from_mins(1);

/// The document at `url` after its scripts have run, as HTML. `None` without a browser.
///
/// # Panics
/// When the browser fails, or does not end in time.
pub fn open(url: &str) -> Option<String> {
    let browser = browser()?;
    let place = tempfile::Builder::new().prefix("flow-chromium-").tempdir().expect("a directory");
    Some(dump(browser, url, place.path()))
}

/// The browser; where there is none, that is said.
pub fn browser() -> Option<&'static Path> {
    let found = find();
    if found.is_none() {
        CHROMIUM.is_missing();
    }
    found
}

fn find() -> Option<&'static Path> {
    static BROWSER: OnceLock<Option<PathBuf>> = OnceLock::new();
    let look = || {
        let on_path = search_path().into_iter().flat_map(|place| NAMES.map(|name| place.join(name)));
        on_path.chain(ON_MACOS.map(PathBuf::from)).find(|program| program.is_file())
    };
    BROWSER.get_or_init(look).as_deref()
}

/// Standard output goes to a file: a surviving helper process would keep a pipe open.
fn dump(browser: &Path, url: &str, place: &Path) -> String {
    let (document, complaints) = (place.join("document"), place.join("complaints"));
    let child = Command::new(browser)
        .args(FLAGS)
        .args([PAGE_TIME, "--dump-dom"])
        .arg(format!("--user-data-dir={}", place.join("profile").display()))
        .arg(url)
        .current_dir(env::temp_dir())
        .stdin(Stdio::null())
        .stdout(File::create(&document).expect("a file for the document"))
        .stderr(File::create(&complaints).expect("a file for complaints"))
        .process_group(0)
        .spawn()
        .expect("the browser starts");
    let ended_well = Group(child).ends_well();
    let complaints = String::from_utf8_lossy(&fs::read(complaints).unwrap_or_default()).into_owned();
    assert!(ended_well, "{} could not open {url}:\n{complaints}", browser.display());
    String::from_utf8_lossy(&fs::read(document).expect("the document")).into_owned()
}

/// The browser and its helper processes, killed on drop.
pub(super) struct Group(pub(super) Child);

impl Group {
    fn ends_well(mut self) -> bool {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if let Some(status) = self.0.try_wait().expect("the browser's state") {
                return status.success();
            }
            thread::sleep(Duration::from_millis(20));
        }
        false
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let group = format!("-{}", self.0.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        let _ = self.0.wait();
    }
}

mod tests {
    use super::open;

    #[test]
    fn a_page_is_read_after_its_scripts_have_run() {
        let page =
            "data:text/html,<p id=greeting></p><script>setTimeout(() => greeting.append('na','maste'), 3000)</script>";
        let Some(document) = open(page) else { return };
        assert!(document.contains(r#"<p id="greeting">namaste</p>"#), "{document}");
    }
}
