//! Finds PostgreSQL's programs, a directory for its data, and the user to run it as.

use std::{
    env, fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::Command,
};

use super::needs::search_path;

/// Each test's database needs space. Smaller memory disks, such as the 64 MB of containers, would fill up.
const MEMORY_NEEDED_KB: u64 = 2 << 20;

/// Directories with one subdirectory per version, as on Debian, Red Hat, Homebrew and Postgres.app.
const VERSIONED: [&str; 5] = [
    "/usr/lib/postgresql",
    "/usr",
    "/opt/homebrew/opt",
    "/usr/local/opt",
    "/Applications/Postgres.app/Contents/Versions",
];

/// What is needed to start a server.
pub struct Home {
    /// The directory of `initdb`, `pg_ctl` and `postgres`.
    pub binaries: PathBuf,
    /// The parent of its data directory: in memory if there is enough.
    pub parent: PathBuf,
    /// User and group to run as. PostgreSQL refuses to run as root; `None` means the current user.
    pub run_as: Option<(u32, u32)>,
}

impl Home {
    /// `None` when PostgreSQL is not installed.
    pub fn find() -> Option<Self> {
        let mut places = search_path();
        for parent in VERSIONED {
            places.extend(versions_in(Path::new(parent)));
        }
        let binaries = places.iter().find_map(|place| complete(place))?;
        let memory = PathBuf::from("/dev/shm");
        let parent = if has_room(&memory) { memory } else { env::temp_dir() };
        Some(Self { binaries, parent, run_as: unprivileged() })
    }
}

/// `PATH` often has links to some of the programs: find the directory that has all of them.
fn complete(place: &Path) -> Option<PathBuf> {
    let initdb = place.join("initdb").canonicalize().ok()?;
    let directory = initdb.parent()?;
    let all_there = ["pg_ctl", "postgres"].iter().all(|program| directory.join(program).is_file());
    all_there.then(|| directory.to_path_buf())
}

fn versions_in(parent: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let number = name.trim_start_matches("postgresql@").trim_start_matches("pgsql-").parse().ok()?;
            Some((number, entry.path().join("bin")))
        })
        .collect();
    found.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
    found.into_iter().map(|(_, bin)| bin).collect()
}

fn unprivileged() -> Option<(u32, u32)> {
    if number(Command::new("id").arg("-u"))? != 0 {
        return None;
    }
    ["postgres", "nobody"].iter().find_map(|name| {
        let user = number(Command::new("id").args(["-u", name]))?;
        let group = number(Command::new("id").args(["-g", name]))?;
        Some((user, group))
    })
}

fn number(command: &mut Command) -> Option<u32> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

/// Writable by everyone (mode 1777), and large enough.
fn has_room(disk: &Path) -> bool {
    let open_to_all = fs::metadata(disk).is_ok_and(|disk| disk.is_dir() && disk.mode() & 0o002 != 0);
    let report = Command::new("df").arg("-Pk").arg(disk).output().map(|output| output.stdout).unwrap_or_default();
    let report = String::from_utf8_lossy(&report);
    let free = report.lines().nth(1).and_then(|line| line.split_whitespace().nth(3)?.parse::<u64>().ok());
    open_to_all && free.is_some_and(|free| free >= MEMORY_NEEDED_KB)
}
