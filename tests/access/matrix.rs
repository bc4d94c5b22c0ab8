//! `docs/scope-matrix.md`: which key opens which operation, as the judgement itself decides it, for people to read.

use std::fmt::Write;

use flow_gateway::access::{
    admit::admit,
    call::{Credential, Decision},
    key::KeyKind,
    listener::Listener,
    scope::Scope,
    table::Rule,
};
use flow_gateway::operation::app::App;

use super::{
    judge::{Known, Made, call, listeners, make},
    rows::{management_rules, storefront_rules},
};
use crate::support::bless;

#[test]
fn the_matrix_in_the_docs_is_what_the_judgement_decides() {
    bless::compare("docs/scope-matrix.md", &matrix());
}

fn matrix() -> String {
    let mut page = "# Which key opens what\n\n\
        Generated from the tables by asking the judgement; a test compares this page with them. Write it anew with\n\
        `FLOW_BLESS=1 cargo test --test main the_matrix`.\n"
        .to_owned();
    let [storefront, management, api] = listeners();
    writeln!(page, "\n## Keys and surfaces\n\nA call of the first operation of each surface. A code is a refusal.\n")
        .unwrap();
    kinds(&mut page, [&storefront, &management, &api]);
    writeln!(
        page,
        "\n## Management: operations and scopes\n\nA secret key with this scope alone; · is 403 `insufficient_scope`.\n"
    )
    .unwrap();
    scopes(&mut page, &management);
    writeln!(page, "\n## Storefront: operations\n\nA publishable key needs no scope.\n").unwrap();
    for rule in storefront_rules() {
        writeln!(
            page,
            "- {} `{} {}`",
            decided(&storefront, &rule, &make(KeyKind::Publishable, &[])),
            rule.method,
            rule.path
        )
        .unwrap();
    }
    page
}

fn kinds(page: &mut String, [storefront, management, api]: [&Listener<App>; 3]) {
    let (public, private) = (&storefront_rules()[0], &management_rules()[0]);
    let open =
        |listener: &Listener<App>, rule: &Rule, credential| verdict(listener, rule, credential, &Known::nothing());
    let keyed = |listener: &Listener<App>, rule: &Rule, kind| decided(listener, rule, &make(kind, Scope::ALL));
    writeln!(page, "| key | Storefront | Management | shared port |\n|---|---|---|---|").unwrap();
    for (name, credential) in [("none", Credential::Missing), ("mistyped", Credential::Bearer("flow_sk_1"))] {
        let [one, two, three] = [(storefront, public), (management, private), (api, private)]
            .map(|(listener, rule)| open(listener, rule, credential));
        writeln!(page, "| {name} | {one} | {two} | {three} |").unwrap();
    }
    for (name, kind, rule) in [("`flow_pk_…`", KeyKind::Publishable, public), ("`flow_sk_…`", KeyKind::Secret, private)]
    {
        let [one, two, three] = [storefront, management, api].map(|listener| keyed(listener, rule, kind));
        writeln!(page, "| {name} | {one} | {two} | {three} |").unwrap();
    }
}

fn scopes(page: &mut String, listener: &Listener<App>) {
    let names: Vec<_> = Scope::ALL.iter().map(|scope| scope.name().replace(':', "<br>")).collect();
    writeln!(page, "| operation | {} |\n|---|{}", names.join(" | "), ":-:|".repeat(names.len())).unwrap();
    let keys: Vec<Made> = Scope::ALL.iter().map(|scope| make(KeyKind::Secret, &[*scope])).collect();
    for rule in management_rules() {
        let cells = keys.iter().map(|key| decided(listener, &rule, key).replace("`insufficient_scope`", "·"));
        writeln!(page, "| `{} {}` | {} |", rule.method, rule.path, cells.collect::<Vec<_>>().join(" | ")).unwrap();
    }
}

fn decided(listener: &Listener<App>, rule: &Rule, key: &Made) -> String {
    verdict(listener, rule, Credential::Bearer(key.minted.reveal()), &Known::of(&key.stored))
}

fn verdict(listener: &Listener<App>, rule: &Rule, credential: Credential<'_>, known: &Known) -> String {
    let path = rule.path.replace(['{', '}'], "");
    match admit(&call(rule.method, &path, credential), listener, known) {
        Decision::Admitted { .. } => "✓".to_owned(),
        Decision::Refused(refusal) => format!("`{}`", refusal.problem.code().name()),
        Decision::NeedsLookup(_) | Decision::NeedsRate(..) => unreachable!("the memory of this test knows everything"),
    }
}
