//! The table of the dashboard's pages: which role may see or send what, and what asks for the password anew. Router, judge
//! and the test that attacks every page are folded from it.

use super::stored::Role;
use crate::access::table::{Lookup, Rule, Table};

/// The page where staff sign in.
pub const SIGN_IN: &str = "/studio/sign-in";
/// What is added to the path that a sign-in leads to: where it comes back without a session, the browser kept no cookie.
pub const SIGNED_IN: &str = "signed_in=1";
/// The page that asks for the password anew.
pub const CONFIRM: &str = "/studio/confirm";

/// Who reaches a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Anybody.
    Anyone,
    /// Staff of this role, or of one that may do more.
    Staff(Role),
    /// The same, once they have typed their password a moment ago.
    Fresh(Role),
}

/// A page: its method, its path, who reaches it.
#[derive(Clone, Copy, Debug)]
pub struct PageRule {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The path, with `{name}` for a parameter.
    pub path: &'static str,
    /// Who reaches it.
    pub reach: Reach,
    /// What logs and metrics call it.
    pub id: &'static str,
}

/// Every page of the dashboard, and no other.
#[derive(Debug)]
pub struct PageTable {
    table: Table,
    rules: Vec<PageRule>,
}

/// What a method and a path name.
#[derive(Debug)]
pub enum FoundPage<'t> {
    /// A page.
    Page(&'t PageRule),
    /// A path that takes these methods.
    OtherMethods(String),
    /// Nothing.
    Nothing,
}

impl PageTable {
    /// A table of these pages.
    ///
    /// # Panics
    /// When two contradict each other, which shows at the first start.
    pub fn new(rules: Vec<PageRule>) -> Self {
        let as_rule = |page: &PageRule| Rule { method: page.method, path: page.path, scope: None, id: page.id };
        Self { table: Table::new(rules.iter().map(as_rule).collect()), rules }
    }

    /// All pages, in their order.
    pub fn rules(&self) -> &[PageRule] {
        &self.rules
    }

    /// Finds the page. `HEAD` works wherever `GET` does.
    pub fn find(&self, method: &str, path: &str) -> FoundPage<'_> {
        match self.table.find(method, path) {
            Lookup::Operation(rule) => {
                self.rules.iter().find(|page| page.id == rule.id).map_or(FoundPage::Nothing, FoundPage::Page)
            }
            Lookup::OtherMethods { allow, .. } => FoundPage::OtherMethods(allow),
            Lookup::Nothing => FoundPage::Nothing,
        }
    }
}
