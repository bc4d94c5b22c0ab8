//! The sign-in widget and `flow.js` in a real Chromium: `widget/rows.py`, which drives the binary and a browser with Playwright. Each of
//! its rows is a promise, printed by its name; they share one gateway.

use std::{path::PathBuf, process::Command};

use crate::{
    oracle::python_with,
    support::{chromium::browser, needs::Need},
};

const PLAYWRIGHT: Need = Need { program: "python3 with playwright", variable: "FLOW_TEST_ORACLE" };
/// The promises of `rows.py`.
const ROWS: usize = 28;

#[test]
fn the_widget_keeps_each_of_its_promises_in_a_browser() {
    let Some(python) = python_with("playwright") else { return PLAYWRIGHT.is_missing() };
    let Some(chromium) = browser() else { return };
    let rows = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/pages/widget/rows.py");
    let mut command = Command::new(python);
    command.arg("-B").arg(rows).arg(env!("CARGO_BIN_EXE_flow-gateway")).arg(chromium);
    let ended = command.output().expect("it runs");
    let said = String::from_utf8_lossy(&ended.stdout);
    let kept = said.lines().filter(|line| line.starts_with("ok ")).count();
    assert!(ended.status.success(), "{said}\n{}", String::from_utf8_lossy(&ended.stderr));
    assert_eq!(kept, ROWS, "{said}");
}
