//! `docs/asvs.md`: each requirement of the OWASP ASVS has its row, and what a row names is there. So a test that is renamed or removed is
//! noticed by who does it.

use std::{collections::BTreeSet, path::Path};

use crate::support::sources::rust_files;

const PAGE: &str = include_str!("../../docs/asvs.md");

/// The sections of ASVS 5.0.0, each with the number of its last requirement of level 1 or 2. All before it are of these levels.
const SECTIONS: [(&str, usize); 71] = [
    ("1.1", 2),
    ("1.2", 9),
    ("1.3", 11),
    ("1.4", 3),
    ("1.5", 2),
    ("2.1", 3),
    ("2.2", 3),
    ("2.3", 4),
    ("2.4", 1),
    ("3.2", 2),
    ("3.3", 4),
    ("3.4", 6),
    ("3.5", 5),
    ("3.7", 2),
    ("4.1", 3),
    ("4.2", 1),
    ("4.3", 2),
    ("4.4", 4),
    ("5.1", 1),
    ("5.2", 3),
    ("5.3", 2),
    ("5.4", 3),
    ("6.1", 3),
    ("6.2", 12),
    ("6.3", 4),
    ("6.4", 4),
    ("6.5", 5),
    ("6.6", 3),
    ("6.8", 4),
    ("7.1", 3),
    ("7.2", 4),
    ("7.3", 2),
    ("7.4", 5),
    ("7.5", 2),
    ("7.6", 2),
    ("8.1", 2),
    ("8.2", 3),
    ("8.3", 1),
    ("8.4", 1),
    ("9.1", 3),
    ("9.2", 4),
    ("10.1", 2),
    ("10.2", 2),
    ("10.3", 4),
    ("10.4", 11),
    ("10.5", 5),
    ("10.6", 2),
    ("10.7", 3),
    ("11.1", 2),
    ("11.2", 3),
    ("11.3", 3),
    ("11.4", 4),
    ("11.5", 1),
    ("11.6", 1),
    ("12.1", 3),
    ("12.2", 2),
    ("12.3", 4),
    ("13.1", 1),
    ("13.2", 5),
    ("13.3", 2),
    ("13.4", 5),
    ("14.1", 2),
    ("14.2", 4),
    ("14.3", 3),
    ("15.1", 3),
    ("15.2", 3),
    ("15.3", 7),
    ("16.1", 1),
    ("16.2", 5),
    ("16.3", 4),
    ("16.4", 3),
];
/// The sections behind these, one of which has requirements of level 3 between those of level 2.
const LAST_REQUIREMENTS: [&str; 11] =
    ["16.5.1", "16.5.2", "16.5.3", "17.1.1", "17.2.1", "17.2.2", "17.2.3", "17.2.4", "17.2.8", "17.3.1", "17.3.2"];

const STATES: [&str; 4] = ["Met", "Operator", "Does not apply", "Not met"];

fn requirements() -> Vec<String> {
    let numbered = SECTIONS.iter().flat_map(|(section, last)| (1..=*last).map(move |at| format!("{section}.{at}")));
    numbered.chain(LAST_REQUIREMENTS.map(str::to_owned)).collect()
}

/// The row of a requirement.
struct Row<'p> {
    /// The heading that it stands under.
    section: &'p str,
    number: &'p str,
    asks: &'p str,
    state: &'p str,
    shown_by: &'p str,
}

impl<'p> Row<'p> {
    /// The words that stand as code.
    fn codes(&self) -> impl Iterator<Item = &'p str> {
        self.shown_by.split('`').skip(1).step_by(2)
    }

    fn tests(&self) -> impl Iterator<Item = &'p str> {
        self.codes().filter(|code| code.contains("::"))
    }

    fn files(&self) -> impl Iterator<Item = &'p str> {
        const PLACES: [&str; 7] = ["src/", "tests/", "web/", "docs/", "examples/", "migrations/", "fuzz/"];
        let is_file = |code: &&str| {
            PLACES.iter().any(|place| code.starts_with(place))
                || ["md", "toml", "lock"].iter().any(|ending| is_a(code, ending))
        };
        self.codes().filter(is_file)
    }

    /// What is wrong with it.
    fn faults(&self, tests: &BTreeSet<String>) -> Vec<String> {
        let mut faults = Vec::new();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        faults
            .extend(self.tests().filter(|name| !tests.contains(*name)).map(|name| format!("there is no test {name}")));
        faults.extend(self.files().filter(|file| !root.join(file).exists()).map(|file| format!("there is no {file}")));
        if !self.number.starts_with(&format!("{}.", self.section)) {
            faults.push(format!("it stands in {}", self.section));
        }
        if self.asks.is_empty() || self.asks.split_whitespace().count() > 15 {
            faults.push("it does not say in a few words what is asked for".to_owned());
        }
        let is_on_this_page = self.shown_by.contains("on this page");
        let has_test = self.tests().next().is_some();
        let names_tests_of_another = self.shown_by.contains("held by the test");
        let is_told = match self.state {
            "Met" => {
                (self.files().next().is_some() || is_on_this_page)
                    && (has_test || self.shown_by.contains("No test") || names_tests_of_another)
            }
            // The page that says so to them.
            "Operator" => self.files().any(|file| is_a(file, "md") || file.starts_with("examples/")),
            "Does not apply" => !self.shown_by.is_empty() && !has_test,
            "Not met" => self.shown_by.len() > 40,
            _ => false,
        };
        if !is_told {
            faults.push(format!("“{}” is not told as this page tells it: {}", self.state, self.shown_by));
        }
        faults.into_iter().map(|fault| format!("{}: {fault}", self.number)).collect()
    }
}

/// Whether a file's name ends like this.
fn is_a(file: &str, ending: &str) -> bool {
    Path::new(file).extension().is_some_and(|found| found == ending)
}

fn cells(line: &str) -> Vec<&str> {
    line.trim_matches('|').split('|').map(str::trim).collect()
}

fn rows(page: &str) -> Vec<Row<'_>> {
    let mut section = "";
    let mut found = Vec::new();
    for line in page.lines() {
        if let Some(heading) = line.strip_prefix("### ") {
            section = heading.split(' ').next().unwrap_or_default();
        }
        let numbers: Vec<_> = line.strip_prefix("| ").unwrap_or_default().split([' ', '.']).take(3).collect();
        if numbers.len() == 3 && numbers.iter().all(|number| number.parse::<u8>().is_ok()) {
            let [number, asks, state, shown_by] = cells(line)[..] else { panic!("{line} has four cells") };
            found.push(Row { section, number, asks, state, shown_by });
        }
    }
    found
}

/// How many rows have each state, and all, as the summary tells it.
fn counts<'r>(rows: &(impl Iterator<Item = &'r Row<'r>> + Clone)) -> Vec<usize> {
    let of = |state: &str| rows.clone().filter(|row| row.state == state).count();
    STATES.iter().map(|state| of(state)).chain([rows.clone().count()]).collect()
}

/// The rows of the summary: chapter and numbers.
fn summary(page: &str) -> Vec<(&str, Vec<usize>)> {
    let table = page.split("## Summary").nth(1).and_then(|rest| rest.split("\n## ").next()).unwrap_or_default();
    let lines = table.lines().filter(|line| line.starts_with("| [V") || line.starts_with("| **all**"));
    lines
        .map(|line| {
            let (chapter, numbers) =
                cells(line).split_first().map(|(first, rest)| (*first, rest.to_vec())).expect("cells");
            let name = chapter.trim_start_matches("[V").split(' ').next().unwrap_or_default();
            (name, numbers.iter().map(|number| number.trim_matches('*').parse().expect("a number")).collect())
        })
        .collect()
}

/// The names of all tests, as `cargo test` takes them, without the engine.
fn tests() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for directory in ["src", "tests"] {
        for (path, text) in rust_files(directory) {
            let inside = path.trim_start_matches(directory).trim_start_matches('/').trim_end_matches(".rs");
            let module = inside.trim_end_matches("/mod").replace('/', "::");
            let mut is_test = false;
            for line in text.lines() {
                let line_of_code = line.trim_start();
                let function = line_of_code.strip_prefix("async ").unwrap_or(line_of_code).strip_prefix("fn ");
                if let Some(function) = function.filter(|_| is_test) {
                    let name = function.split('(').next().unwrap_or_default();
                    // A unit test stands in a module of its file.
                    let inner = if line.starts_with(' ') { "tests::" } else { "" };
                    names.insert(format!("{module}::{inner}{name}"));
                }
                let is_attribute = line_of_code.starts_with("#[") || line_of_code.starts_with("//");
                is_test = is_attribute
                    && (is_test
                        || line_of_code.contains("test]")
                        || line_of_code.contains("::test(")
                        || line_of_code.contains("on_both_engines!"));
            }
        }
    }
    names
}

/// The links that lead to no part of the page and to no file beside it. What is elsewhere is not asked.
fn broken_links(page: &str) -> Vec<String> {
    let headings = page.lines().filter(|line| line.starts_with('#'));
    let parts: Vec<_> = headings
        .map(|line| line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-").replace('.', ""))
        .collect();
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let links = page.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let is_broken = |link: &&str| match link.strip_prefix('#') {
        Some(part) => !parts.iter().any(|known| known == part),
        None => !link.starts_with("https://") && !docs.join(link).exists(),
    };
    links.filter(is_broken).map(|link| format!("{link} leads nowhere")).collect()
}

/// All that is wrong with the page.
fn faults(page: &str) -> Vec<String> {
    let (rows, tests) = (rows(page), tests());
    let numbers: Vec<_> = rows.iter().map(|row| row.number.to_owned()).collect();
    let mut faults: Vec<_> = rows.iter().flat_map(|row| row.faults(&tests)).chain(broken_links(page)).collect();
    if numbers != requirements() {
        let first =
            numbers.iter().zip(&requirements()).find(|(here, there)| here != there).map(|(here, _)| here.clone());
        faults.push(format!("the requirements are not there once and in order, from {first:?} on"));
    }
    let of_chapter = |chapter: &str| counts(&rows.iter().filter(|row| row.number.split('.').next() == Some(chapter)));
    let mut told: Vec<_> = (1..=17).map(|chapter| (chapter.to_string(), of_chapter(&chapter.to_string()))).collect();
    told.push(("**all**".to_owned(), counts(&rows.iter())));
    let shown: Vec<_> = summary(page).into_iter().map(|(chapter, counts)| (chapter.to_owned(), counts)).collect();
    if shown != told {
        faults.push(format!("the summary says {shown:?}, and the rows {told:?}"));
    }
    let listed = page.split("\nNot met: ").nth(1).and_then(|rest| rest.split("\n\n").next()).unwrap_or_default();
    let listed: Vec<_> = listed.trim_end_matches('.').split(',').map(str::trim).collect();
    let not_met: Vec<_> = rows.iter().filter(|row| row.state == "Not met").map(|row| row.number).collect();
    if listed != not_met {
        faults.push(format!("{listed:?} are said to be not met, and the rows say so of {not_met:?}"));
    }
    faults
}

#[test]
fn every_requirement_has_a_row_and_what_it_names_is_there() {
    assert_eq!(requirements().len(), 254, "70 of level 1, and 184 of level 2");
    assert_eq!(faults(PAGE), Vec::<String>::new());
}

#[test]
fn a_test_that_was_renamed_a_lost_row_and_a_wrong_count_are_noticed() {
    let row = PAGE.lines().find(|line| line.starts_with("| 9.1.2 ")).expect("a row");
    let count = PAGE.lines().find(|line| line.starts_with("| [V9 ")).expect("a row of the summary");
    for (there, wrong, fault) in [
        (
            "a_token_with_the_algorithm_none_is_refused",
            "a_token_without_an_algorithm_is_refused",
            "9.1.2: there is no test",
        ),
        ("src/access/member_tokens/jwt.rs", "src/access/member_tokens/token.rs", "there is no src/"),
        (row, "", "not there once"),
        (row, &format!("{row}\n{row}"), "not there once"),
        (row, &row.replace("| Met |", "| Nearly |"), "“Nearly”"),
        (row, &row.replace("| Met |", "| Not met |"), "the summary says"),
        (row, "| 9.1.2 | Only listed algorithms | Met | We think so. |", "“Met” is not told"),
        (count, &count.replace("| 0 |", "| 1 |"), "the summary says"),
        ("(#sessions)", "(#session)", "leads nowhere"),
        ("\nNot met: 3.3.4, ", "\nNot met: ", "are said to be not met"),
    ] {
        assert!(PAGE.contains(there), "{there}");
        let found = faults(&PAGE.replace(there, wrong));
        assert!(found.iter().any(|found| found.contains(fault)), "{there} → {wrong}: {found:?}");
    }
}

#[test]
fn tests_are_found_by_the_names_that_cargo_knows() {
    let found = tests();
    assert!(found.len() > 1500, "{}", found.len());
    for name in [
        "docs::asvs::tests_are_found_by_the_names_that_cargo_knows",
        "access::cors::a_publishable_key_serves_the_origins_that_it_allows",
        "signin::password::tests::a_hash_is_of_its_password_alone_and_never_the_same_twice",
        "resources::schedule::fit::tests::rows_move_within_their_week",
        "house::imports_point_one_way",
    ] {
        assert!(found.contains(name), "{name}");
    }
    assert!(!found.contains("docs::asvs::requirements"), "what is no test");
}
