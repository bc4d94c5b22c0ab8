//! The rules that the judgement reads: which operation a method and a path name. Folded from a surface's rows by
//! `endpoint`; nothing else makes a table.

use std::collections::BTreeMap;

use matchit::Router;

use super::scope::Scope;

/// One operation, as the judgement knows it.
#[derive(Clone, Debug)]
pub struct Rule {
    /// `GET`, `POST`, `PATCH` or `DELETE`.
    pub method: &'static str,
    /// The path, with `{name}` for a parameter.
    pub path: &'static str,
    /// What a secret key needs; nothing on the Storefront.
    pub scope: Option<Scope>,
    /// The operation's id.
    pub id: &'static str,
}

/// Every operation of one surface, and no other.
#[derive(Debug, Default)]
pub struct Table {
    paths: Router<Vec<Rule>>,
    rules: Vec<Rule>,
}

/// What a method and a path name.
#[derive(Debug)]
pub enum Lookup<'t> {
    /// An operation.
    Operation(&'t Rule),
    /// A path that takes other methods.
    OtherMethods {
        /// These.
        allow: String,
        /// The list that reads such a row by `?id=`, where the path itself cannot be read.
        list: Option<&'static str>,
    },
    /// Nothing.
    Nothing,
}

impl Table {
    /// A table of these rules.
    ///
    /// # Panics
    /// When two rules contradict each other: the tables are constants, so this shows at the first start.
    pub fn new(rules: Vec<Rule>) -> Self {
        // By the very words of the path: one that is spelled out may fit another's `{name}`.
        let mut by_path: BTreeMap<&str, Vec<Rule>> = BTreeMap::new();
        for rule in &rules {
            by_path.entry(rule.path).or_default().push(rule.clone());
        }
        let mut paths = Router::new();
        for (path, rules) in by_path {
            paths.insert(path, rules).expect("the paths of a surface do not contradict each other");
        }
        Self { paths, rules }
    }

    /// All rules, in the surface's order.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Finds the operation. `HEAD` works wherever `GET` does.
    pub fn find(&self, method: &str, path: &str) -> Lookup<'_> {
        let Ok(at) = self.paths.at(path) else { return Lookup::Nothing };
        let wanted = if method == "HEAD" { "GET" } else { method };
        at.value
            .iter()
            .find(|rule| rule.method == wanted)
            .map_or_else(|| self.other_methods(wanted, at.value), Lookup::Operation)
    }

    fn other_methods(&self, wanted: &str, rules: &[Rule]) -> Lookup<'_> {
        let list_of = |rule: &Rule| rule.path.strip_suffix('}')?.rsplit_once("/{").map(|(list, _)| list);
        let list = rules.first().filter(|_| wanted == "GET").and_then(list_of);
        let is_read = |list: &&str| self.rules.iter().any(|rule| rule.method == "GET" && rule.path == *list);
        Lookup::OtherMethods { allow: allow(rules), list: list.filter(is_read) }
    }
}

fn allow(rules: &[Rule]) -> String {
    let mut methods: Vec<_> = rules.iter().map(|rule| rule.method).collect();
    if methods.contains(&"GET") {
        methods.push("HEAD");
    }
    methods.sort_unstable();
    methods.join(", ")
}
