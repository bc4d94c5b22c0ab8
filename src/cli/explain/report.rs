//! The output of `explain`: the steps of authorization, or that the call needs no key.

use serde::Serialize;

use crate::{
    access::{
        call::{Decision, Step},
        caller::Caller,
    },
    cli::{Done, output},
    wire::problem::Problem,
};

/// The output.
#[derive(Serialize)]
pub struct Explanation {
    /// Whether a handler or a page would answer.
    pub admitted: bool,
    status: Option<u16>,
    code: Option<String>,
    detail: Option<String>,
    operation: Option<&'static str>,
    /// Empty for a call that needs no key.
    steps: Vec<ExplainedStep>,
}

#[derive(Serialize)]
pub struct ExplainedStep {
    step: &'static str,
    outcome: &'static str,
}

/// A call that needs no key: the status where it is known, and the operation where it is one.
pub fn without_key(status: Option<u16>, operation: Option<&'static str>) -> Explanation {
    let detail = Some("This call needs no key.".to_owned());
    Explanation { admitted: true, status, code: None, detail, operation, steps: vec![] }
}

/// A refusal.
pub fn refused(problem: &Problem, steps: Vec<ExplainedStep>) -> Explanation {
    Explanation {
        admitted: false,
        status: Some(problem.code().status()),
        code: Some(problem.code().name().to_owned()),
        detail: Some(problem.detail().to_owned()),
        operation: None,
        steps,
    }
}

/// A decision about a call with a key.
pub fn decided(decision: Decision) -> Explanation {
    match decision {
        Decision::Admitted { caller, .. } => Explanation {
            admitted: true,
            status: None,
            code: None,
            detail: None,
            operation: Some(caller.operation()),
            steps: steps(None),
        },
        Decision::Refused(refusal) => refused(&refusal.problem, steps(Some(refusal.step))),
        // The state has an answer for every key.
        Decision::NeedsLookup(_) | Decision::NeedsRate(..) => unreachable!("the key was looked up"),
    }
}

fn steps(refused_by: Option<Step>) -> Vec<ExplainedStep> {
    Step::ALL.map(|step| ExplainedStep { step: step.name(), outcome: step.result(refused_by).name() }).into()
}

/// Prints it as text.
pub fn print(explanation: &Explanation) -> Done {
    let steps: Vec<_> = explanation.steps.iter().map(|result| (result.step, result.outcome.to_owned())).collect();
    output::fields(&steps)?;
    let detail = explanation.detail.as_deref().unwrap_or_default();
    match (explanation.status, &explanation.code, explanation.operation) {
        (Some(status), Some(code), _) => output::line(&format!("refused: {status} {code}. {detail}")),
        (Some(status), None, _) => output::line(&format!("answered: {status}. {detail}")),
        (None, _, operation) => {
            output::line(format!("admitted to {}. {detail}", operation.unwrap_or_default()).trim_end())
        }
    }
}
