//! What guides say that the code knows: the scopes, the problem codes, and the example that verifies a member token. A guide has a
//! comment in its place, so that nothing is written down twice.

use std::fmt::Write;

use crate::{access::scope::Scope, surfaces::management, wire::problem::Code};

/// The text with the tables in place of the comments.
pub fn unfold(markdown: &str) -> String {
    let fold = |text: String, mark: &str, folded: fn() -> String| {
        if text.contains(mark) { text.replace(mark, folded().trim_end()) } else { text }
    };
    let text = fold(markdown.to_owned(), "<!-- table: scopes -->", scopes);
    let text = fold(text, "<!-- table: problems -->", problems);
    fold(text, "<!-- files: verify-token -->", verify_token)
}

fn scopes() -> String {
    let rules: Vec<_> = management::endpoints().into_iter().map(|endpoint| endpoint.rule).collect();
    let mut table = "| scope | allows | calls |\n|---|---|---|\n".to_owned();
    for scope in Scope::ALL {
        let calls = rules.iter().filter(|rule| rule.needs == Some(*scope));
        let calls: Vec<_> = calls.map(|rule| format!("`{} {}`", rule.method, rule.path)).collect();
        // Writing to a string cannot fail.
        writeln!(table, "| `{}` | {} | {} |", scope.name(), scope.meaning(), calls.join(" ")).ok();
    }
    table
}

fn problems() -> String {
    let mut table = "| code | status | what it says, and what to do |\n|---|---|---|\n".to_owned();
    for code in Code::ALL {
        writeln!(table, "| `{}` | {} | {}. {} |", code.name(), code.status(), code.title(), code.advice()).ok();
    }
    table
}

fn verify_token() -> String {
    let (node, python) = (
        include_str!("../../../examples/verify-token/verify.mjs"),
        include_str!("../../../examples/verify-token/verify.py"),
    );
    format!("```js\n{}\n```\n\n```python\n{}\n```", node.trim_end(), python.trim_end())
}
