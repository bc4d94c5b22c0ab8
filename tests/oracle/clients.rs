//! A client that others' generator makes of the Management document, and that goes every resource's way.

use std::process::Command;

use flow_gateway::access::scope::Scope;

use super::python_with;
use crate::{cli::gateway::on_both_engines, support::needs::Need};

const GENERATOR: Need = Need { program: "python3 with openapi-python-client", variable: "FLOW_TEST_ORACLE" };
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/generated_client.py");

#[apply(on_both_engines!)]
fn a_generated_client_is_whole_and_sends_back_what_it_has_read(home: Home) {
    let Some(python) = python_with("openapi_python_client") else { return GENERATOR.is_missing() };
    let demo = home.demo_here(&["--rate-limits", "off"]);
    let scopes = Scope::ALL.iter().map(|scope| scope.name()).collect::<Vec<_>>().join(",");
    let create = ["keys", "create", "--studio", "casa-prana", "--kind", "secret", "--name", "Generated", "--json"];
    let key = home.run(&[&create[..], &["--scopes", &scopes]].concat()).json();
    let mut run = Command::new(python);
    run.args([SCRIPT, &demo.at["management"], &home.directory.path().display().to_string()])
        .env("FLOW_KEY", key["key"].as_str().expect("a key"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(home.directory.path());
    let ended = run.output().expect("python runs");
    let told = [ended.stdout, ended.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(ended.status.success(), "{told}\n{}", demo.log());
}
