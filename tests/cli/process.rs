//! The server as a process: its ports, its signals, its limits.

use std::{fs, net::TcpListener, process::Command};

use super::gateway::{Home, Running, call, end};

/// The server's command below a limit of the shell's.
fn limited(home: &Home, limit: &str) -> Command {
    let serving = home.serving(&[]);
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{limit}; exec \"$0\" \"$@\"")]).arg(serving.get_program()).args(serving.get_args());
    shell.env_clear().envs(serving.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.current_dir(home.directory.path());
    shell
}

#[test]
fn a_port_that_is_taken_is_named_with_its_setting_and_who_may_have_it() {
    let home = Home::on_sqlite();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("its address").to_string();
    let said = home.run(&["serve", "--storefront-addr", "127.0.0.1:0", "--management-addr", &address]).fails(1);
    assert!(said.contains(&address) && said.contains("--management-addr") && said.contains("Another server"), "{said}");
    let mut by_variable = home.command(&["serve", "--storefront-addr", "127.0.0.1:0"]);
    by_variable.env("FLOW_MANAGEMENT_ADDR", &address);
    let said = end(by_variable, "").fails(1);
    assert!(said.contains("FLOW_MANAGEMENT_ADDR"), "{said}");
}

#[test]
fn a_server_outlives_its_terminal() {
    let home = Home::on_sqlite();
    let server = home.serve(&[]);
    for _ in 0..2 {
        let sent = Command::new("kill").args(["-HUP", &server.pid().to_string()]).status().expect("kill runs");
        assert!(sent.success());
    }
    server.has_logged("SIGHUP ignored");
    assert_eq!(call("GET", &format!("{}/readyz", server.at["ops"]), "", &[], None).0, 200);
    assert_eq!(server.stop().0, Some(0));
}

#[test]
fn a_server_that_could_accept_nobody_does_not_start_and_one_that_can_serves() {
    let home = Home::on_sqlite();
    for files in [40, 64, 100] {
        let said = end(limited(&home, &format!("ulimit -n {files}")), "").fails(1);
        assert!(said.contains(&files.to_string()) && said.contains("ulimit -n"), "{said}");
    }
    let server = Running::start(&home, limited(&home, "ulimit -n 128"));
    for surface in ["storefront", "management", "members", "studio", "ops"] {
        assert_ne!(call("GET", &format!("{}/v1/x", server.at[surface]), "", &[], None).0, 503, "{surface}");
    }
    let (code, log) = server.stop();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("the open-file limit lowers"), "{log}");
}

#[test]
fn an_ordinary_file_limit_is_not_remarked() {
    let home = Home::on_sqlite();
    let (_, log) = Running::start(&home, limited(&home, "ulimit -n 16384")).stop();
    assert!(!log.contains("file limit"), "{log}");
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_in_memory_is_written_into_no_core_file() {
    let home = Home::on_sqlite();
    let server = home.serve(&[]);
    let limits = fs::read_to_string(format!("/proc/{}/limits", server.pid())).expect("its limits");
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).expect("a line");
    let numbers: Vec<_> = core.split_whitespace().skip(4).take(2).collect();
    assert_eq!(numbers, ["0", "0"], "{core}");
}

#[test]
fn browsers_are_kept_at_https_by_the_surfaces_whose_public_address_is_https() {
    let home = Home::on_sqlite();
    let server = home.serve(&["--public-storefront-url", "https://api.studio.example"]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    for (surface, wanted) in [("storefront", true), ("management", false), ("studio", false)] {
        for path in ["/v1/classes", "/docs", "/nothing"] {
            let url = format!("{}{path}", server.at[surface]);
            let answer = runtime.block_on(reqwest::get(&url)).expect("an answer");
            assert_eq!(answer.headers().contains_key("strict-transport-security"), wanted, "{url}");
        }
    }
}
