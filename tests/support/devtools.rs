//! A real browser that a test drives: it opens pages, fills in fields by their labels and presses buttons by their names, as
//! people do. It is spoken to by Chromium's protocol for developer tools, over two pipes.
//!
//! Each has a fresh profile, and ends with its value; no wait takes longer than a minute.

use std::{
    fs::{File, OpenOptions},
    io::{BufRead, BufReader, Write},
    os::unix::process::CommandExt,
    process::{Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::chromium::{FLAGS, Group, browser};

const PATIENCE: Duration = Duration::from_mins(1);

/// The browser, with one page.
pub struct Page {
    commands: File,
    answers: Receiver<Value>,
    /// Events that came while something else was waited for.
    seen: Vec<Value>,
    session: String,
    next: u64,
    _group: Group,
    _profile: tempfile::TempDir,
}

impl Page {
    /// An empty page. `None` where there is no browser.
    pub fn open() -> Option<Self> {
        let program = browser()?;
        let profile = tempfile::Builder::new().prefix("flow-devtools-").tempdir().expect("a directory");
        let pipes = ["in", "out"].map(|name| profile.path().join(name));
        assert!(Command::new("mkfifo").args(&pipes).status().expect("mkfifo runs").success());
        let child = Command::new("sh")
            .args(["-c", r#"in=$1 out=$2; shift 2; exec "$@" 3<"$in" 4>"$out""#, "sh"])
            .args(&pipes)
            .arg(program)
            .args(FLAGS)
            .arg("--remote-debugging-pipe")
            .arg(format!("--user-data-dir={}", profile.path().join("profile").display()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("the browser starts");
        let group = Group(child);
        let commands = OpenOptions::new().write(true).open(&pipes[0]).expect("a pipe");
        let answers = listen(File::open(&pipes[1]).expect("a pipe"));
        let mut page =
            Self { commands, answers, seen: vec![], session: String::new(), next: 0, _group: group, _profile: profile };
        let target = page.command("Target.createTarget", &json!({"url": "about:blank"}))["targetId"].clone();
        let attached = page.command("Target.attachToTarget", &json!({"targetId": target, "flatten": true}));
        attached["sessionId"].as_str().expect("a session").clone_into(&mut page.session);
        page.command("Page.enable", &json!({}));
        Some(page)
    }

    /// Goes to an address.
    pub fn go(&mut self, url: &str) {
        self.seen.clear();
        self.command("Page.navigate", &json!({"url": url}));
        self.wait_for("Page.loadEventFired");
    }

    /// Has the page run without scripts of its own from now on.
    pub fn without_scripts(&mut self) {
        self.command("Emulation.setScriptExecutionDisabled", &json!({"value": true}));
    }

    /// Shows pages in this colour scheme from now on.
    pub fn in_scheme(&mut self, scheme: &str) {
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.command("Emulation.setEmulatedMedia", &json!({"features": features}));
    }

    /// Shows pages on a screen that is 360 pixels wide from now on.
    pub fn on_a_phone(&mut self) {
        let screen = json!({"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": true});
        self.command("Emulation.setDeviceMetricsOverride", &screen);
    }

    /// Types into the field with this label; a check box or a radio button is chosen.
    pub fn fill(&mut self, label: &str, text: &str) {
        let found = self.run(&format!(
            "(() => {{ const label = [...document.querySelectorAll('label')].find(label => label.textContent.trim() === {label});
            const field = label && label.control; if (!field) return false;
            if (field.type === 'checkbox' || field.type === 'radio') field.checked = true; else field.value = {text};
            return true }})()",
            label = json!(label),
            text = json!(text)
        ));
        assert_eq!(found, true, "a field named {label}: {}", self.html());
    }

    /// Presses the button with this name, and waits for the page that comes of it.
    pub fn press(&mut self, name: &str) {
        self.seen.clear();
        let found = self.run(&format!(
            "(() => {{ const button = [...document.querySelectorAll('button')].find(button => button.textContent.trim() === {name});
            if (!button) return false; button.click(); return true }})()",
            name = json!(name)
        ));
        assert_eq!(found, true, "a button named {name}: {}", self.html());
        self.wait_for("Page.loadEventFired");
    }

    /// Follows the link with this name, and waits for the page.
    pub fn follow(&mut self, name: &str) {
        let link = self.run(&format!(
            "[...document.querySelectorAll('main a')].find(link => link.textContent.trim() === {})?.href",
            json!(name)
        ));
        let link = link.as_str().map(str::to_owned);
        let link = link.unwrap_or_else(|| panic!("a link named {name}: {}", self.html()));
        self.go(&link);
    }

    /// What an expression says in the page.
    pub fn run(&mut self, expression: &str) -> Value {
        let arguments = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        self.command("Runtime.evaluate", &arguments)["result"]["value"].clone()
    }

    /// Waits until an expression is true in the page.
    #[track_caller]
    pub fn wait_until(&mut self, expression: &str) {
        let deadline = Instant::now() + PATIENCE;
        while self.run(expression) != true {
            assert!(Instant::now() < deadline, "{expression} is not so in {}", self.html());
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// The document.
    pub fn html(&mut self) -> String {
        self.run("document.documentElement.outerHTML").as_str().unwrap_or_default().to_owned()
    }

    /// The path that it shows.
    pub fn path(&mut self) -> String {
        self.run("location.pathname").as_str().unwrap_or_default().to_owned()
    }

    fn command(&mut self, method: &str, params: &Value) -> Value {
        self.next += 1;
        let mut command = json!({"id": self.next, "method": method, "params": params});
        if !self.session.is_empty() {
            command["sessionId"] = json!(self.session);
        }
        self.commands.write_all(format!("{command}\0").as_bytes()).expect("the browser listens");
        let id = self.next;
        let answer = self.wait(|message| message["id"] == id);
        assert!(answer["error"].is_null(), "{method}: {answer}");
        answer["result"].clone()
    }

    fn wait_for(&mut self, event: &str) {
        if !self.seen.iter().any(|message| message["method"] == event) {
            self.wait(|message| message["method"] == event);
        }
    }

    fn wait(&mut self, is_it: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let message = self.answers.recv_timeout(left).expect("the browser answers within a minute");
            if is_it(&message) {
                return message;
            }
            self.seen.push(message);
        }
    }
}

/// What the browser says, message by message.
fn listen(pipe: File) -> Receiver<Value> {
    let (tell, told) = channel();
    thread::spawn(move || {
        for message in BufReader::new(pipe).split(0) {
            let Ok(message) = message else { break };
            let Ok(message) = serde_json::from_slice(&message) else { continue };
            if tell.send(message).is_err() {
                break;
            }
        }
    });
    told
}
