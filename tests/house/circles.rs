//! No two files import each other, however many others stand between them; a module and what is within it may.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::sources::{sources, without_comments};

/// Where a module stands: `["store", "db"]`.
type Module = Vec<String>;
/// What each module imports by which name, as paths from the crate.
type Names = BTreeMap<Module, BTreeMap<String, Vec<String>>>;

fn module_of(path: &str) -> Module {
    let inside = path.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
    inside.split('/').map(str::to_owned).collect()
}

/// Words, `::`, and all other signs one by one.
fn tokens(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
        let length = match first {
            first if is_word(first) => rest.find(|letter| !is_word(letter)).unwrap_or(rest.len()),
            _ if rest.starts_with("::") => 2,
            first => first.len_utf8(),
        };
        let (token, behind) = rest.split_at(length);
        if !token.trim().is_empty() {
            found.push(token);
        }
        rest = behind;
    }
    found
}

/// A path, and the name that it has here.
type Named = (Vec<String>, String);

/// Reads the paths that begin at a token, with the lists in braces; where they end.
fn paths(tokens: &[&str], mut at: usize, before: &[String], found: &mut Vec<Named>) -> usize {
    let mut path = before.to_vec();
    while let Some(token) = tokens.get(at) {
        match *token {
            "{" => {
                while tokens.get(at).is_some_and(|token| *token != "}") {
                    at = paths(tokens, at + 1, &path, found);
                }
                return at + 1;
            }
            word if word.chars().all(|letter| letter.is_alphanumeric() || letter == '_') => {
                // `db::{self, Db}` is `db` as well.
                if word != "self" || path.is_empty() {
                    path.push(word.to_owned());
                }
            }
            _ => break,
        }
        if tokens.get(at + 1) != Some(&"::") {
            at += 1;
            break;
        }
        at += 2;
    }
    let renamed = (tokens.get(at) == Some(&"as")).then(|| tokens[at + 1].to_owned());
    at += if renamed.is_some() { 2 } else { 0 };
    if path.len() > before.len() || !before.is_empty() {
        let name = renamed.or_else(|| path.last().cloned()).unwrap_or_default();
        found.push((path, name));
    }
    at
}

/// The paths in a source, and whether each is imported under its name.
fn imports(text: &str) -> Vec<(Named, bool)> {
    let tokens = tokens(text);
    let (mut all, mut at) = (Vec::new(), 0);
    while at < tokens.len() {
        let is_use = tokens[at] == "use";
        let begins = is_use || ["crate", "super", "self"].contains(&tokens[at]) && tokens.get(at + 1) == Some(&"::");
        if !begins {
            at += 1;
            continue;
        }
        let mut found = Vec::new();
        at = paths(&tokens, if is_use { at + 1 } else { at }, &[], &mut found).max(at + 1);
        all.extend(found.into_iter().map(|named| (named, is_use)));
    }
    all
}

/// A path as it is seen from the crate.
fn from_the_crate(module: &Module, path: &[String]) -> Vec<String> {
    let mut base = module.clone();
    let mut rest = path;
    while let [first, behind @ ..] = rest {
        match first.as_str() {
            "crate" => base.clear(),
            "super" => drop(base.pop()),
            "self" => {}
            _ => break,
        }
        rest = behind;
    }
    base.extend_from_slice(rest);
    base
}

/// The file in which something stands, through the names that others import it by.
fn file_of(path: &[String], names: &Names, depth: usize) -> Option<Module> {
    let length = (1..=path.len()).rev().find(|length| names.contains_key(&path[..*length]))?;
    let module = path[..length].to_vec();
    let imported = path.get(length).and_then(|name| names[&module].get(name));
    match imported {
        Some(imported) if depth < 8 => {
            let behind = path[length + 1..].iter().cloned();
            file_of(&imported.iter().cloned().chain(behind).collect::<Vec<_>>(), names, depth + 1).or(Some(module))
        }
        _ => Some(module),
    }
}

/// What each file imports of others, but for those that it is within, or that are within it.
fn edges(sources: &[(String, String)]) -> BTreeMap<Module, BTreeSet<Module>> {
    let mut paths_of = BTreeMap::new();
    let mut names = Names::new();
    for (path, text) in sources.iter().filter(|(path, _)| path != "src/main.rs" && path != "src/lib.rs") {
        let text = without_comments(text);
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned();
        let module = module_of(path);
        let found = imports(&text);
        let by_name = found.iter().filter(|(_, is_use)| *is_use);
        let by_name = by_name.map(|((path, name), _)| (name.clone(), from_the_crate(&module, path)));
        names.insert(module.clone(), by_name.collect());
        paths_of.insert(module, found);
    }
    let is_within = |one: &Module, other: &Module| one.starts_with(other) || other.starts_with(one);
    let mut edges = BTreeMap::new();
    for (module, found) in paths_of {
        let to = found.iter().filter_map(|((path, _), _)| file_of(&from_the_crate(&module, path), &names, 0));
        let to: BTreeSet<_> = to.filter(|to| !is_within(to, &module)).collect();
        edges.insert(module, to);
    }
    edges
}

/// All that a file imports, and all that those import.
fn reached(edges: &BTreeMap<Module, BTreeSet<Module>>, from: &Module) -> BTreeSet<Module> {
    let (mut reached, mut left) = (BTreeSet::new(), vec![from]);
    while let Some(next) = left.pop() {
        left.extend(edges[next].iter().filter(|to| reached.insert((*to).clone())));
    }
    reached
}

/// The files that import each other, circle by circle.
fn circles(sources: &[(String, String)]) -> BTreeSet<Vec<String>> {
    let edges = edges(sources);
    let reached: BTreeMap<_, _> = edges.keys().map(|module| (module, reached(&edges, module))).collect();
    let in_a_circle = edges.keys().filter(|module| reached[module].contains(*module));
    let circle = |one: &Module| {
        reached[one].iter().filter(|other| reached[*other].contains(one)).map(|it| it.join("::")).collect()
    };
    in_a_circle.map(circle).collect()
}

#[test]
fn no_two_files_import_each_other() {
    assert_eq!(circles(&sources()), BTreeSet::new());
}

#[test]
fn a_circle_is_found_through_other_files_and_other_names() {
    let source = |path: &str, text: &str| (path.to_owned(), text.to_owned());
    let of = |c: &str| {
        circles(&[
            source("src/a/mod.rs", "mod b;\nmod c;\npub use self::b::{B as Better};"),
            source("src/a/b.rs", "use super::c::C;"),
            source("src/a/c.rs", c),
            source("src/d.rs", "use crate::a::Better;\nuse std::fmt;"),
        ])
    };
    assert!(of("use super::Other;").is_empty(), "a module and what is within it may");
    assert!(of("// use super::b::B;").is_empty());
    for c in ["use super::b::B;", "use super::Better;", "use super::{b::{self, B}};", "fn x() -> crate::a::b::B {}"] {
        assert_eq!(of(c), BTreeSet::from([vec!["a::b".to_owned(), "a::c".to_owned()]]), "{c}");
    }
    let through = of("use crate::d::D;");
    assert_eq!(through, BTreeSet::from([["a::b", "a::c", "d"].map(str::to_owned).to_vec()]));
}
