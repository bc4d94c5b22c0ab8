//! The source keeps the order of its modules: what a newcomer reads in ARCHITECTURE.md is so.

use std::collections::BTreeSet;

use crate::support::sources::{sources, without_comments};

/// The modules, each above those that it may import.
const ORDER: [&str; 12] = [
    "cli",
    "surfaces",
    "server",
    "transfer",
    "resources",
    "signin",
    "mail",
    "config",
    "endpoint",
    "access",
    "wire",
    "store",
];

/// The imports that point up, each with its reason.
const UP: [(&str, &str, &str); 1] =
    [("wire", "access", "the extractors of handlers take the Caller that the gate makes")];

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
    let (mut wrong, mut up) = (Vec::new(), BTreeSet::new());
    for (path, text) in sources() {
        let from = module_of(&path);
        let Some(own) = rank(from) else { continue };
        for to in imports(&without_comments(&text)) {
            if let Some(excuse) = UP.iter().find(|(below, above, _)| *below == from && *above == to) {
                up.insert(*excuse);
            } else if rank(&to).is_some_and(|other| other < own) {
                wrong.push(format!("{path} imports {to}"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(up, BTreeSet::from(UP), "an excuse that nobody needs");
}

#[test]
fn an_import_is_read_wherever_it_stands() {
    let text = "use crate::{\n    store::{db::Db, id},\n    wire,\n};\nlet x = crate::mail::y();";
    assert_eq!(imports(text), BTreeSet::from(["mail", "store", "wire"].map(str::to_owned)));
}
