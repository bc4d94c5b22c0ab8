//! The authorization rules: which operation a method and a path name, and what it needs of its caller. Made from a surface's
//! rows, by `operation::endpoint` and `dashboard::table` only.

use std::collections::BTreeMap;

use matchit::Router;

use super::scope::Scope;
use crate::store::answer_versions::SourceTable;

/// One operation. `N` is what it needs of its caller: see [`super::caller::Audience`].
#[derive(Clone, Copy, Debug)]
pub struct Rule<N = Option<Scope>> {
    /// `GET`, `POST`, `PATCH` or `DELETE`.
    pub method: &'static str,
    /// The path, with `{name}` for a parameter.
    pub path: &'static str,
    /// What it needs of its caller.
    pub needs: N,
    /// The operation's id.
    pub id: &'static str,
    /// The tables that its answers are read from, if they may be kept for who asks the same; else none.
    pub sources: &'static [SourceTable],
}

impl<N> Rule<N> {
    /// An operation whose answers are not kept.
    pub fn new(method: &'static str, path: &'static str, needs: N, id: &'static str) -> Self {
        Self { method, path, needs, id, sources: &[] }
    }
}

/// All operations of one audience.
#[derive(Debug)]
pub struct Table<N = Option<Scope>> {
    paths: Router<Vec<Rule<N>>>,
    rules: Vec<Rule<N>>,
}

/// The result of looking up a method and a path.
#[derive(Debug)]
pub enum Lookup<'t, N = Option<Scope>> {
    /// An operation.
    Operation(&'t Rule<N>),
    /// The path exists, with other methods.
    OtherMethods {
        /// Those methods.
        allow: String,
        /// The list that reads such a row by `?id=`, if the path itself cannot be read.
        list: Option<&'static str>,
    },
    /// No such path.
    Nothing,
}

impl<N: Copy> Table<N> {
    /// A table of these rules.
    ///
    /// # Panics
    /// When two rules conflict. The tables are constants, so this shows at the first start.
    pub fn new(rules: Vec<Rule<N>>) -> Self {
        // Grouped by the exact path: a literal path may also match another's `{name}`.
        let mut by_path: BTreeMap<&str, Vec<Rule<N>>> = BTreeMap::new();
        for rule in &rules {
            by_path.entry(rule.path).or_default().push(*rule);
        }
        let mut paths = Router::new();
        for (path, rules) in by_path {
            paths.insert(path, rules).expect("the paths of a surface do not contradict each other");
        }
        Self { paths, rules }
    }

    /// All rules, in the surface's order.
    pub fn rules(&self) -> &[Rule<N>] {
        &self.rules
    }

    /// The path of the rules that a path names, whatever the method.
    pub fn template(&self, path: &str) -> Option<&'static str> {
        self.paths.at(path).ok()?.value.first().map(|rule| rule.path)
    }

    /// Finds the operation. `HEAD` is allowed wherever `GET` is.
    pub fn find(&self, method: &str, path: &str) -> Lookup<'_, N> {
        let Ok(at) = self.paths.at(path) else { return Lookup::Nothing };
        let wanted = if method == "HEAD" { "GET" } else { method };
        at.value
            .iter()
            .find(|rule| rule.method == wanted)
            .map_or_else(|| self.other_methods(wanted, at.value), Lookup::Operation)
    }

    fn other_methods(&self, wanted: &str, rules: &[Rule<N>]) -> Lookup<'_, N> {
        let list_of = |rule: &Rule<N>| rule.path.strip_suffix('}')?.rsplit_once("/{").map(|(list, _)| list);
        let list = rules.first().filter(|_| wanted == "GET").and_then(list_of);
        let is_read = |list: &&str| self.rules.iter().any(|rule| rule.method == "GET" && rule.path == *list);
        Lookup::OtherMethods { allow: allow(rules), list: list.filter(is_read) }
    }
}

fn allow<N>(rules: &[Rule<N>]) -> String {
    let mut methods: Vec<_> = rules.iter().map(|rule| rule.method).collect();
    if methods.contains(&"GET") {
        methods.push("HEAD");
    }
    methods.sort_unstable();
    methods.join(", ")
}
