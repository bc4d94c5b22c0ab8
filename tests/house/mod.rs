//! The source keeps the order of its modules: what a newcomer reads in ARCHITECTURE.md is so.

mod circles;

use std::collections::{BTreeMap, BTreeSet};

use crate::support::sources::{sources, without_comments};

/// The modules, each above those that it may import.
const ORDER: [&str; 14] = [
    "cli",
    "server",
    "surfaces",
    "member_pages",
    "dashboard",
    "transfer",
    "resources",
    "signin",
    "operation",
    "mail",
    "config",
    "access",
    "wire",
    "store",
];

/// The two files that stand above all modules: they start the first, and list them.
const ROOTS: [&str; 2] = ["main", "lib"];

/// The module that a file belongs to.
fn module_of(path: &str) -> &str {
    let inside = path.trim_start_matches("src/");
    inside.split('/').next().unwrap_or(inside).trim_end_matches(".rs")
}

/// The modules that a file imports, or names by their path.
fn imports(text: &str) -> BTreeSet<String> {
    let word =
        |text: &str| text.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect::<String>();
    let mut found = BTreeSet::new();
    for (at, crate_) in text.match_indices("crate::") {
        let rest = &text[at + crate_.len()..];
        let Some(list) = rest.strip_prefix('{') else {
            found.insert(word(rest));
            continue;
        };
        let (mut depth, mut starts) = (0, true);
        for (at, letter) in list.char_indices() {
            match letter {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => starts = true,
                letter if depth == 0 && starts && !letter.is_whitespace() => {
                    found.insert(word(&list[at..]));
                    starts = false;
                }
                _ => {}
            }
        }
    }
    found
}

#[test]
fn imports_point_one_way() {
    let rank = |module: &str| ORDER.iter().position(|known| *known == module);
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let from = module_of(&path);
        if ROOTS.contains(&from) {
            continue;
        }
        let own = rank(from).unwrap_or_else(|| panic!("{path} has no place in the order"));
        for to in imports(&without_comments(&text)) {
            if rank(&to).is_none_or(|other| other < own) {
                wrong.push(format!("{path} imports {to}"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn an_import_is_read_wherever_it_stands() {
    let text = "use crate::{\n    store::{db::Db, id},\n    wire,\n};\nlet x = crate::mail::y();";
    assert_eq!(imports(text), BTreeSet::from(["mail", "store", "wire"].map(str::to_owned)));
}

/// The types that a file declares at its top level.
fn declared_types(text: &str) -> impl Iterator<Item = &str> {
    let name = |line| {
        let line: &str = line;
        let rest = line.strip_prefix("pub").map_or(line, |rest| match rest.strip_prefix('(') {
            Some(rest) => rest.split_once(')').map_or(rest, |(_, rest)| rest),
            None => rest,
        });
        let mut words = rest.split_whitespace();
        let declares = matches!(words.next()?, "struct" | "enum" | "trait" | "type");
        let end = |letter: char| !letter.is_alphanumeric();
        words.next().filter(|_| declares)?.split(end).next()
    };
    // What is indented belongs to an implementation of a trait, or to a test's module.
    text.lines().filter(|line| !line.starts_with(' ')).filter_map(name)
}

#[test]
fn a_type_name_stands_once() {
    let mut files_of: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (path, text) in sources() {
        for name in declared_types(&without_comments(&text)) {
            files_of.entry(name.to_owned()).or_default().push(path.clone());
        }
    }
    assert!(files_of.len() > 500, "they are found: {}", files_of.len());
    files_of.retain(|_, files| files.len() > 1);
    assert_eq!(files_of, BTreeMap::new());
}
