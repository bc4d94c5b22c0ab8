//! `THIRD-PARTY-NOTICES.txt`: the crates of the program, their licences, and the texts that must go along with it.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use super::{
    crates::{Linked, linked},
    embedded::{bringer, embedded},
};

const FILE: &str = "THIRD-PARTY-NOTICES.txt";
const ANEW: &str = "FLOW_BLESS=1 cargo test --test main release::notices";
const LINE: &str = "================================================================================";

const INTRODUCTION: &str = "\
Third-party notices of Flow Gateway

Flow Gateway is under the Apache License 2.0, which is the file LICENSE. The program contains the works of others that
are listed here, each under its own terms. Listed is every crate that is linked into it on Linux. Not listed are crates that
only run while it is built or tested (build scripts, macros, tests), since nothing of them is in the program.

Where a crate offers a choice with MIT in it, MIT is taken, and the texts of the other licences are left out. The source of each
crate is at https://crates.io/crates/NAME/VERSION; none was changed. Styles, scripts and fonts of the pages are Flow Gateway's own.

Beside crates, the program contains the Rust standard library (MIT or Apache-2.0, https://rust-lang.org). Its notices come
with the compiler, share/doc/rust/COPYRIGHT-library.html, and with each release. zxcvbn's word lists, brotli's dictionary and the
tables of Unicode are under the licences of the crates that contain them.
";

/// Files that are not taken, with the reason.
const LEFT_OUT: [(&str, &str); 2] = [
    ("libsqlite3-sys/sqlcipher/LICENSE", "SQLCipher is in the package and not in the program"),
    ("zstd-sys/zstd/COPYING", "the GPL, of a choice with BSD-3-Clause"),
];

/// Crates without a file of their terms, and a crate of the same authors that has it.
const TEXT_OF: [(&str, &str); 5] = [
    ("alloc-stdlib", "alloc-no-stdlib"),
    ("jsonschema-regex", "jsonschema"),
    ("jsonschema-value", "jsonschema"),
    ("uuid-simd", "outref"),
    ("vsimd", "outref"),
];

/// Licences of which MIT is the other choice, as they stand in the names of files.
const OTHER_CHOICES: [&str; 8] = ["APACHE", "BOOST", "BSD", "BSL", "ISC", "LLVM", "UNLICENSE", "ZLIB"];

/// Whether a file says what may be done with the work.
fn states_terms(name: &str) -> bool {
    let name = name.to_lowercase();
    let begins = ["licen", "copying", "copyright", "notice", "unlicense"].iter().any(|word| name.starts_with(word));
    begins && ![".rs", ".c", ".h", ".yml"].iter().any(|kind| name.ends_with(kind))
}

/// Every file below a directory that does, or stands in a directory of such files, by its path.
fn files_of_terms(home: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut next = vec![home.to_owned()];
    while let Some(directory) = next.pop() {
        let is_of_terms =
            directory != home && directory.file_name().is_some_and(|name| states_terms(&name.to_string_lossy()));
        for entry in fs::read_dir(directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            if path.is_dir() {
                next.extend((!name.starts_with('.')).then_some(path));
            } else if states_terms(&name) || is_of_terms {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn offers_mit(license: &str) -> bool {
    !license.contains(" AND ") && license.split(" OR ").flat_map(|part| part.split('/')).any(|one| one.trim() == "MIT")
}

/// The texts that go along with a crate.
fn texts(one: &Linked) -> Vec<String> {
    let home = one.home();
    let left_out: Vec<_> =
        LEFT_OUT.iter().filter_map(|(path, _)| path.strip_prefix(&format!("{}/", one.name))).collect();
    let mut files = files_of_terms(&home);
    files.retain(|path| !left_out.iter().any(|known| path.ends_with(known)));
    let name = |path: &PathBuf| path.file_name().expect("a name").to_string_lossy().to_uppercase();
    let offers_mit = one.license.as_deref().is_some_and(offers_mit);
    if offers_mit && files.iter().any(|path| name(path).contains("MIT")) {
        files.retain(|path| !OTHER_CHOICES.iter().any(|other| name(path).contains(other)));
    }
    let tidy = |path: &PathBuf| {
        let text = String::from_utf8_lossy(&fs::read(path).expect("a file")).replace('\u{feff}', "");
        text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim_matches('\n').to_owned()
    };
    files.iter().map(tidy).collect()
}

/// The texts of a crate that brings none.
fn text_elsewhere(one: &Linked, crates: &BTreeMap<String, Linked>) -> Vec<String> {
    // It names nobody, so that it is the same in each work: also in ours.
    if one.license.as_deref() == Some("Apache-2.0") {
        return vec![include_str!("../../LICENSE").trim_matches('\n').to_owned()];
    }
    let kin = TEXT_OF.iter().find(|(name, _)| *name == one.name).map(|(_, kin)| kin);
    let kin = kin.unwrap_or_else(|| panic!("{} has no text of its licence: name a crate that has it", one.id()));
    let kin = crates.values().find(|other| other.name == *kin).expect("it is linked");
    assert_eq!(kin.license, one.license, "{}", one.id());
    texts(kin)
}

/// What SQLite's authors say of it, as its header does.
fn blessing(sqlite: &Linked) -> String {
    let header = fs::read_to_string(sqlite.home().join("sqlite3/sqlite3.h")).expect("the header");
    let lines = header.lines().skip_while(|line| !line.contains("disclaims copyright"));
    lines
        .map_while(|line| line.strip_prefix("**"))
        .take_while(|line| !line.starts_with("**"))
        .fold(String::new(), |text, line| text + line.trim() + "\n")
}

/// Texts, each once, with the crates that they belong to.
#[derive(Default)]
struct Texts {
    numbers: BTreeMap<String, usize>,
    all: Vec<(String, Vec<String>)>,
}

impl Texts {
    /// The number of a text; those that differ in white space alone are one.
    fn number(&mut self, text: String, of: String) -> usize {
        let key = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let next = self.all.len();
        let number = *self.numbers.entry(key).or_insert(next);
        if number == next {
            self.all.push((text, Vec::new()));
        }
        let users = &mut self.all[number].1;
        if !users.contains(&of) {
            users.push(of);
        }
        number + 1
    }
}

/// The whole file.
fn notices() -> String {
    let crates = linked();
    let mut all = Texts::default();
    let mut list = String::new();
    for one in crates.values() {
        let license = one.license.as_deref().unwrap_or_else(|| panic!("{} states no licence", one.id()));
        let mut own = texts(one);
        if own.is_empty() {
            own = text_elsewhere(one, &crates);
        }
        let numbers: BTreeSet<_> = own.into_iter().map(|text| all.number(text, one.id())).collect();
        let numbers: Vec<_> = numbers.iter().map(ToString::to_string).collect();
        writeln!(list, "{} | {license} | {}", one.id(), numbers.join(", ")).expect("a line");
    }
    let mut works = String::new();
    for work in embedded() {
        let inside = bringer(&work, &crates);
        let (name, version, terms, website) = (&work.name, &work.version, &work.terms, &work.website);
        write!(works, "{name} {version} | {terms} | {website} | inside of {}", inside.id()).expect("a line");
        if work.name == "SQLite" {
            write!(works, " | {}", all.number(blessing(inside), format!("{name} {version}"))).expect("a number");
        }
        works.push('\n');
    }
    let mut file = format!(
        "{INTRODUCTION}\nCrates: name and version | licence | texts below\n{LINE}\n{list}\nOther works inside of these \
         crates\n{LINE}\n{works}\nTexts\n"
    );
    for (at, (text, users)) in all.all.iter().enumerate() {
        write!(file, "{LINE}\nText {}, of {}\n{LINE}\n{text}\n\n", at + 1, users.join(", ")).expect("a text");
    }
    format!("{}\n", file.trim_end())
}

/// The names and versions that the file lists.
pub fn listed(file: &str) -> BTreeSet<String> {
    let rows = file.lines().skip_while(|line| !line.starts_with("Crates:")).skip(2).take_while(|line| !line.is_empty());
    rows.map(|row| row.split(" | ").next().expect("a crate").to_owned()).collect()
}

#[test]
fn the_notices_are_those_of_the_crates_that_are_linked() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    let made = notices();
    if env::var_os("FLOW_BLESS").is_some_and(|value| value == "1") {
        return fs::write(path, made).expect("the file, written");
    }
    let kept = fs::read_to_string(path).unwrap_or_default();
    let (listed, linked) = (listed(&kept), linked().into_keys().collect());
    let missing: Vec<_> = BTreeSet::difference(&linked, &listed).collect();
    let gone: Vec<_> = listed.difference(&linked).collect();
    assert!(missing.is_empty() && gone.is_empty(), "{FILE} lacks {missing:?} and still has {gone:?}: {ANEW}");
    assert!(kept == made, "{FILE} has another text than the crates: {ANEW}");
}

#[test]
fn the_notices_name_what_is_not_linked_nowhere_and_what_is_there_beside_crates() {
    let kept = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE)).expect("the file");
    let listed = listed(&kept);
    assert!(listed.len() > 300, "{}", listed.len());
    let has = |name: &str| listed.iter().any(|id| id.starts_with(&format!("{name} ")));
    assert!(has("tokio") && has("libsqlite3-sys") && has("gix"));
    // Of the tests, of the build, of macros, and of other systems.
    assert!(!["proptest", "reqwest", "cc", "syn", "serde_derive", "windows-sys", "js-sys"].into_iter().any(has));
    for work in embedded() {
        assert!(kept.contains(&format!("\n{} {} | ", work.name, work.version)), "{}", work.name);
    }
    for words in [
        "The author disclaims copyright",
        "Rust standard library",
        "Mozilla Public License",
        "Meta Platforms",
        "BoringSSL",
    ] {
        assert!(kept.contains(words), "{words}");
    }
}

#[test]
fn a_choice_with_mit_is_seen_and_what_must_be_kept_together_is_not_one() {
    for choice in ["MIT", "MIT OR Apache-2.0", "Apache-2.0/MIT", "Unlicense OR MIT", "BSD-3-Clause / MIT"] {
        assert!(offers_mit(choice), "{choice}");
    }
    for other in ["MIT-0", "MIT AND BSD-3-Clause", "(MIT OR Apache-2.0) AND Unicode-3.0", "ISC"] {
        assert!(!offers_mit(other), "{other}");
    }
}
