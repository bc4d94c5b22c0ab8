//! What members see under axe-core, in both colour schemes and on a phone: `widget/axe.py`, which opens the demo's website, the widget in
//! its frame, its window, and each page for members. The table of pages says which there are, so that a new page is looked at as well.

use std::{path::PathBuf, process::Command};

use flow_gateway::{access::member_sessions::pages::MemberReach, member_pages::rules};

use crate::{
    oracle::python_with,
    support::{chromium::browser, needs::Need},
};

const AXE: Need = Need { program: "python3 with axe-playwright-python", variable: "FLOW_TEST_ORACLE" };
/// Looks at the website, the widget, its window, and the sign-in after a wrong password.
const LOOKS: usize = 8;

fn paths(needs: MemberReach) -> Vec<&'static str> {
    rules().iter().filter(|rule| rule.method == "GET" && rule.needs == needs).map(|rule| rule.path).collect()
}

#[test]
fn axe_finds_nothing_serious_on_what_members_see_and_nothing_is_wider_than_a_phone() {
    let Some(python) = python_with("axe_playwright_python") else { return AXE.is_missing() };
    let Some(chromium) = browser() else { return };
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/pages/widget/axe.py");
    let (anyone, signed_in) = (paths(MemberReach::Anyone), paths(MemberReach::SignedIn));
    let mut command = Command::new(python);
    command.arg("-B").arg(script).arg(env!("CARGO_BIN_EXE_flow-gateway")).arg(chromium);
    let ended = command.args([anyone.join(","), signed_in.join(",")]).output().expect("it runs");
    let said = String::from_utf8_lossy(&ended.stdout);
    assert!(ended.status.success(), "{said}\n{}", String::from_utf8_lossy(&ended.stderr));
    let looked = said.lines().filter(|line| line.starts_with("ok ")).count();
    assert_eq!(looked, LOOKS + anyone.len() + signed_in.len(), "{said}");
}
