//! The authorization rules: which operation a method and a path name. Made from a surface's rows by `operation::endpoint` only.

use std::collections::BTreeMap;

use matchit::Router;

use super::scope::Scope;

/// One operation.
#[derive(Clone, Debug)]
pub struct Rule {
    /// `GET`, `POST`, `PATCH` or `DELETE`.
    pub method: &'static str,
    /// The path, with `{name}` for a parameter.
    pub path: &'static str,
    /// The scope that a secret key needs; none on the Storefront.
    pub scope: Option<Scope>,
    /// The operation's id.
    pub id: &'static str,
}

/// All operations of one surface.
#[derive(Debug, Default)]
pub struct Table {
    paths: Router<Vec<Rule>>,
    rules: Vec<Rule>,
}

/// The result of looking up a method and a path.
#[derive(Debug)]
pub enum Lookup<'t> {
    /// An operation.
    Operation(&'t Rule),
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

impl Table {
    /// A table of these rules.
    ///
    /// # Panics
    /// When two rules conflict. The tables are constants, so this shows at the first start.
    pub fn new(rules: Vec<Rule>) -> Self {
        // Grouped by the exact path: a literal path may also match another's `{name}`.
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

    /// Finds the operation. `HEAD` is allowed wherever `GET` is.
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
