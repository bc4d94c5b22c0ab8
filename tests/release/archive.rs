//! `release/build` with the program of the tests: what it packs, that others can check it, and when it refuses.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::{self, Command, Output, Stdio},
    sync::OnceLock,
    thread::{scope, sleep},
    time::{Duration, Instant},
};

use tempfile::TempDir;

use super::bill;
use crate::{
    oracle::python_with,
    support::needs::{Need, on_path},
};

const TOOLS: Need = Need { program: "What release/build needs", variable: "FLOW_TEST_RELEASE" };
const GUIDE: &str = include_str!("../../docs/verifying.md");
/// What `release/build` reads, and what cargo needs to know the crates.
const READ: [&str; 14] = [
    ".gitignore",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "SECURITY.md",
    "THIRD-PARTY-NOTICES.txt",
    "benches",
    "docs",
    "examples",
    "release",
    "src",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[track_caller]
fn run(command: &mut Command) -> String {
    let output = command.output().expect("it runs");
    assert!(output.status.success(), "{command:?}: {}", said(&output));
    String::from_utf8(output.stdout).expect("text")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// The directories of the tools, if all of them are there.
fn tools() -> Option<String> {
    let python = python_with("cyclonedx.validation.json");
    let ours = root().join("target/tools/bin");
    let sbom = ours.join("cargo-cyclonedx").is_file() || on_path("cargo-cyclonedx").is_some();
    let others = ["git", "ssh-keygen", "zstd", "curl", "strip"].iter().all(|name| on_path(name).is_some());
    let sysroot = run(Command::new("rustc").args(["--print", "sysroot"]));
    let notices = Path::new(sysroot.trim()).join("share/doc/rust/COPYRIGHT-library.html");
    let Some(python) = python.filter(|_| sbom && others && notices.is_file()) else {
        TOOLS.is_missing();
        return None;
    };
    let path = env::var_os("PATH").unwrap_or_default();
    Some(format!("{}:{}:{}", python.parent().expect("a directory").display(), path.display(), ours.display()))
}

/// The program of the tests without what only a debugger reads: small enough to be packed in a second.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("flow-gateway-stripped");
        let half = path.with_extension(process::id().to_string());
        run(Command::new("strip").arg("-o").arg(&half).arg(env!("CARGO_BIN_EXE_flow-gateway")));
        fs::rename(half, &path).expect("it is renamed");
        path
    })
}

/// A copy of the repository.
struct Checkout {
    home: TempDir,
    tools: String,
}

impl Checkout {
    /// None if a tool is missing.
    fn new() -> Option<Self> {
        let checkout = Self { tools: tools()?, home: tempfile::tempdir().expect("a directory") };
        let source = checkout.source();
        fs::create_dir(&source).expect("a directory");
        for name in READ {
            run(Command::new("cp").arg("-r").arg(root().join(name)).arg(&source));
        }
        Some(checkout)
    }

    /// With a key that may sign, and everything committed. The same content is the same commit.
    fn committed(self, key: &Key) -> Self {
        let line = format!("releases@flow-gateway namespaces=\"flow-gateway\" {}", key.public());
        fs::write(self.source().join("release/allowed_signers"), line).expect("it is written");
        for args in [&["init", "--quiet"][..], &["add", "--all"], &["commit", "--quiet", "--message", "All"]] {
            self.git(args);
        }
        self
    }

    fn source(&self) -> PathBuf {
        self.home.path().join("source")
    }

    fn git(&self, args: &[&str]) -> String {
        let mut git = Command::new("git");
        git.args(args).current_dir(self.source()).env("GIT_CONFIG_GLOBAL", "/dev/null");
        for who in ["AUTHOR", "COMMITTER"] {
            git.env(format!("GIT_{who}_NAME"), "A").env(format!("GIT_{who}_EMAIL"), "a@flow.example");
            git.env(format!("GIT_{who}_DATE"), "2026-03-01T12:00:00Z");
        }
        run(&mut git)
    }

    fn out(&self) -> PathBuf {
        self.home.path().join("out")
    }

    /// The script, which packs the program of the tests.
    fn build(&self, args: &[&str]) -> Command {
        let mut build = Command::new(self.source().join("release/build"));
        build.args(["--fast", "--binary"]).arg(program()).arg("--out").arg(self.out()).args(args);
        build.env("PATH", &self.tools).stdin(Stdio::null()).env("GIT_CONFIG_GLOBAL", "/dev/null");
        build
    }

    /// What the script says when it refuses; nothing is left of what it made.
    #[track_caller]
    fn refusal(&self, code: i32, args: &[&str]) -> String {
        let output = self.build(args).output().expect("it runs");
        assert_eq!(output.status.code(), Some(code), "{}", said(&output));
        self.has_made_nothing();
        said(&output)
    }

    #[track_caller]
    fn has_made_nothing(&self) {
        let names: Vec<_> = fs::read_dir(self.home.path())
            .expect("a directory")
            .map(|one| one.expect("an entry").file_name())
            .collect();
        assert_eq!(names, ["source"]);
    }
}

/// A key of SSH that is thrown away.
struct Key {
    home: TempDir,
}

impl Key {
    fn new() -> Self {
        let key = Self { home: tempfile::tempdir().expect("a directory") };
        run(Command::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-C", "", "-f"])
            .arg(key.home.path().join("key")));
        key
    }

    fn path(&self) -> String {
        self.home.path().join("key").display().to_string()
    }

    fn public(&self) -> String {
        fs::read_to_string(self.home.path().join("key.pub")).expect("the public key")
    }
}

fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let entry = |path: PathBuf| {
        (path.file_name().expect("a name").to_string_lossy().into_owned(), fs::read(path).expect("a file"))
    };
    fs::read_dir(directory).expect("a directory").map(|one| entry(one.expect("an entry").path())).collect()
}

/// Checks a release with the commands of the guide.
fn verified(release: &Path) -> bool {
    let commands =
        GUIDE.split("```sh\n").find(|block| block.starts_with("ssh-keygen -Y verify")).expect("the commands");
    let commands = commands.split("```").next().expect("its end");
    assert_eq!(commands.lines().count(), 2, "the signature, and the sums: {commands}");
    let mut shell = Command::new("sh");
    shell.args(["-ec", commands]).current_dir(release).stdout(Stdio::null()).stderr(Stdio::null());
    shell.status().expect("sh runs").success()
}

#[test]
fn a_release_is_whole_and_signed_and_of_the_same_bytes_in_another_directory() {
    let Some((one, other)) = Checkout::new().zip(Checkout::new()) else { return };
    let key = Key::new();
    let (one, other) = (one.committed(&key), other.committed(&key));
    assert_eq!(one.git(&["rev-parse", "HEAD"]), other.git(&["rev-parse", "HEAD"]));
    let make = |checkout: &Checkout| {
        checkout.git(&["tag", "v0.1.0"]);
        run(&mut checkout.build(&["--key", &key.path()]))
    };
    let told = scope(|scope| {
        let first = scope.spawn(|| make(&one));
        make(&other);
        first.join().expect("it ends")
    });
    let name = format!("flow-gateway-{}-", env!("CARGO_PKG_VERSION"));
    assert!(
        told.contains(&name) && told.contains("releases@flow-gateway") && told.contains(" bytes  SHA256SUMS"),
        "{told}"
    );
    let (first, again) = (files(&one.out()), files(&other.out()));
    assert_eq!(first.len(), 5, "{:?}", first.keys());
    for (name, bytes) in &first {
        assert!(again.get(name) == Some(bytes), "{name} differs");
    }
    is_whole(&one);
    is_refused_when_it_was_changed(&one, &key);
}

/// Every file that a release promises is in its archive.
fn is_whole(checkout: &Checkout) {
    let tar = files(&checkout.out()).into_keys().find(|name| name.ends_with(".tar.gz")).expect("an archive");
    run(Command::new("tar").arg("-xzf").arg(checkout.out().join(&tar)).arg("-C").arg(checkout.home.path()));
    let tree = checkout.home.path().join(tar.trim_end_matches(".tar.gz"));
    for file in [
        "flow-gateway",
        "LICENSE",
        "README.md",
        "THIRD-PARTY-NOTICES.txt",
        "RUST-STANDARD-LIBRARY-NOTICES.html",
        "completions/flow-gateway.bash",
        "completions/_flow-gateway",
        "completions/flow-gateway.fish",
        "man/man1/flow-gateway.1",
        "man/man1/flow-gateway-serve.1",
        "openapi/storefront-3.1.json",
        "openapi/management-3.0.json",
        "openapi/members-3.1.json",
        "examples/flow-gateway.toml",
        "examples/one-server/flow-gateway.service",
        "examples/several-servers/flow-gateway@.service",
        "docs/running.md",
    ] {
        assert!(fs::metadata(tree.join(file)).is_ok_and(|about| about.len() > 0), "{file}");
    }
    let build = fs::read_to_string(tree.join("BUILD")).expect("the commit");
    assert_eq!(build, format!("commit {}", checkout.git(&["rev-parse", "HEAD"])));
    bill::is_of_the_linked_crates(&tree.join("flow-gateway.cdx.json"));
}

/// Changed, it does not pass the commands of the guide.
fn is_refused_when_it_was_changed(checkout: &Checkout, key: &Key) {
    let out = checkout.out();
    fs::copy(checkout.source().join("release/allowed_signers"), out.join("allowed_signers")).expect("a copy");
    assert!(verified(&out));
    let good = files(&out);
    for name in good.keys().filter(|name| *name != "allowed_signers") {
        let mut bytes = good[name].clone();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(out.join(name), bytes).expect("it is written");
        assert!(!verified(&out), "{name}");
        fs::write(out.join(name), &good[name]).expect("it is written");
    }
    assert!(verified(&out));
    // Another's signature, with right sums.
    let stranger = Key::new();
    assert_ne!(stranger.public(), key.public());
    fs::remove_file(out.join("SHA256SUMS.sig")).expect("it is removed");
    run(Command::new("ssh-keygen")
        .args(["-q", "-Y", "sign", "-n", "flow-gateway", "-f", &stranger.path()])
        .arg(out.join("SHA256SUMS")));
    assert!(!verified(&out));
}

#[test]
fn a_release_without_a_key_or_of_uncommitted_changes_is_refused() {
    let Some(checkout) = Checkout::new() else { return };
    let key = Key::new();
    let checkout = checkout.committed(&key);
    assert!(checkout.refusal(2, &[]).contains("--unsigned"));
    assert!(checkout.refusal(2, &["--unsigned", "--key", &key.path()]).contains("not both"));
    assert!(checkout.refusal(1, &["--key", "/nowhere/key"]).contains("/nowhere/key"));
    assert!(checkout.refusal(1, &["--key", &Key::new().path()]).contains("release/allowed_signers"));
    assert!(checkout.refusal(2, &["--unsigned", "--key"]).contains("--key needs a value"));
    let unknown = checkout.refusal(2, &["--sign"]);
    assert!(unknown.contains("--sign") && unknown.contains("--help"), "{unknown}");

    let stray = checkout.source().join("stray.txt");
    fs::write(&stray, "not committed").expect("it is written");
    assert!(checkout.refusal(1, &["--unsigned"]).contains("stray.txt"));
    fs::remove_file(stray).expect("it is removed");
    fs::write(checkout.source().join("LICENSE"), "Do what you like.").expect("it is written");
    assert!(checkout.refusal(1, &["--key", &key.path()]).contains("LICENSE"));
    checkout.git(&["checkout", "--quiet", "LICENSE"]);

    // Another version of the program than that of the commit.
    assert!(checkout.refusal(1, &["--unsigned", "--binary", "/bin/true"]).contains("is not version"));
}

#[test]
fn an_interrupted_release_leaves_nothing_and_a_finished_one_is_kept() {
    let Some(checkout) = Checkout::new() else { return };
    let checkout = checkout.committed(&Key::new());
    let mut build =
        checkout.build(&["--unsigned"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it runs");
    let began = Instant::now();
    let is_at_work = || fs::read_dir(checkout.home.path()).expect("a directory").count() > 1;
    while !is_at_work() {
        assert!(began.elapsed() < Duration::from_mins(1) && build.try_wait().expect("it is asked").is_none());
        sleep(Duration::from_millis(5));
    }
    run(Command::new("kill").args(["-TERM", &build.id().to_string()]));
    assert_eq!(build.wait().expect("it ends").code(), Some(143));
    checkout.has_made_nothing();

    fs::create_dir(checkout.out()).expect("a directory");
    fs::write(checkout.out().join("SHA256SUMS"), "of an earlier release").expect("it is written");
    let output = checkout.build(&["--unsigned"]).output().expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("is there already"), "{}", said(&output));
    assert_eq!(files(&checkout.out()).len(), 1);
}
