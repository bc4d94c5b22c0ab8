//! What `explain` tells of a call: the steps of the judgement, or that it needs no key.

use serde::Serialize;
use serde_json::Value;

use crate::{
    access::{
        call::{Decision, Step},
        caller::Caller,
    },
    cli::{Done, output},
    wire::problem::Problem,
};

/// What is told.
#[derive(Serialize)]
pub struct Explanation {
    /// Whether a handler, or a page, would answer.
    pub admitted: bool,
    status: Option<u16>,
    code: Option<String>,
    detail: Option<String>,
    operation: Option<&'static str>,
    /// Empty for a call that is not judged.
    steps: Vec<Judged>,
}

#[derive(Serialize)]
pub struct Judged {
    step: &'static str,
    outcome: &'static str,
}

/// What stands outside the tables: it is answered with this status, and where that is an error, with this problem.
pub fn outside(status: u16, body: &Value) -> Explanation {
    let said = |field: &str| body[field].as_str().map(str::to_owned);
    let refused = status >= 400;
    let needs_no_key = || "This stands outside the tables, and needs no key.".to_owned();
    Explanation {
        admitted: !refused,
        status: Some(status),
        code: refused.then(|| said("code")).flatten(),
        detail: refused.then(|| said("detail")).flatten().or_else(|| Some(needs_no_key())),
        operation: None,
        steps: vec![],
    }
}

/// A refusal.
pub fn refused(problem: &Problem, steps: Vec<Judged>) -> Explanation {
    Explanation {
        admitted: false,
        status: Some(problem.code().status()),
        code: Some(problem.code().name().to_owned()),
        detail: Some(problem.detail().to_owned()),
        operation: None,
        steps,
    }
}

/// A judgement.
pub fn judged(verdict: Decision) -> Explanation {
    match verdict {
        Decision::Admitted { caller, .. } => Explanation {
            admitted: true,
            status: None,
            code: None,
            detail: None,
            operation: Some(caller.operation()),
            steps: Step::ALL.map(|step| Judged { step: name(step), outcome: "passed" }).into(),
        },
        Decision::Refused(refusal) => {
            let steps = Step::ALL.map(|step| Judged { step: name(step), outcome: outcome(step, refusal.step) });
            refused(&refusal.problem, steps.into())
        }
        // The facts above hold an answer for every key.
        Decision::NeedsLookup(_) => unreachable!("the key was looked up"),
    }
}

fn outcome(step: Step, decisive: Step) -> &'static str {
    match step.cmp(&decisive) {
        std::cmp::Ordering::Less => "passed",
        std::cmp::Ordering::Equal => "refused",
        std::cmp::Ordering::Greater => "not reached",
    }
}

fn name(step: Step) -> &'static str {
    match step {
        Step::Credential => "credential",
        Step::Form => "form",
        Step::Browser => "browser",
        Step::Surface => "surface",
        Step::Stored => "stored key",
        Step::Bounds => "bounds",
        Step::Rate => "rate",
        Step::Operation => "operation",
        Step::Scope => "scope",
    }
}

/// Tells it to people.
pub fn tell(told: &Explanation) -> Done {
    let steps: Vec<_> = told.steps.iter().map(|judged| (judged.step, judged.outcome.to_owned())).collect();
    output::fields(&steps)?;
    let detail = told.detail.as_deref().unwrap_or_default();
    match (told.status, &told.code, told.operation) {
        (Some(status), Some(code), _) => output::line(&format!("refused: {status} {code}. {detail}")),
        (Some(status), None, _) => output::line(&format!("answered: {status}. {detail}")),
        (None, _, operation) => output::line(&format!("admitted to {}", operation.unwrap_or_default())),
    }
}
