//! The files of `examples/several-servers`, read as Docker and nginx would: nothing of them is outdated, open or secret.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

const COMPOSE: &str = include_str!("../../examples/several-servers/compose.yaml");
const CONTAINERFILE: &str = include_str!("../../examples/several-servers/Containerfile");
const NGINX: &str = include_str!("../../examples/several-servers/nginx.conf");
const GUIDE: &str = include_str!("../../docs/several-servers.md");
const GATEWAYS: [&str; 2] = ["gateway-1", "gateway-2"];

fn compose() -> Value {
    serde_saphyr::from_str(COMPOSE).expect("YAML")
}

/// The environment of a gateway; that of both is the same.
pub fn settings_of_a_gateway() -> BTreeMap<String, String> {
    let environment = compose()["services"]["gateway-1"]["environment"].take();
    serde_json::from_value(environment).expect("texts")
}

#[test]
fn two_gateways_stand_behind_the_one_port_that_is_published() {
    let all = compose();
    let services = all["services"].as_object().expect("services");
    let names: BTreeSet<_> = services.keys().map(String::as_str).collect();
    assert_eq!(names, BTreeSet::from(["nginx", "gateway-1", "gateway-2", "postgres", "redis"]));
    assert_eq!(services["gateway-1"], services["gateway-2"]);
    for (name, service) in services {
        let published = if name == "nginx" { json!(["443:443"]) } else { json!(null) };
        assert_eq!(service["ports"], published, "{name}");
        assert!(service["image"].is_string() && service["restart"] == "unless-stopped", "{name}");
    }
    let settings = settings_of_a_gateway();
    assert_eq!(settings["FLOW_TRUSTED_PROXIES"], services["nginx"]["networks"]["inside"]["ipv4_address"]);
    for (surface, port) in [("storefront", 7604), ("management", 7605), ("members", 7606), ("studio", 7607)] {
        let of = |what: &str| &settings[&what.replace("NAME", &surface.to_uppercase())];
        assert_eq!(*of("FLOW_NAME_ADDR"), format!("0.0.0.0:{port}"));
        let host = of("FLOW_PUBLIC_NAME_URL").strip_prefix("https://").expect("https");
        assert!(NGINX.contains(&format!("server_name {host};")), "{host}");
        for gateway in GATEWAYS {
            assert!(NGINX.contains(&format!("server {gateway}:{port} ")), "{gateway}:{port}");
        }
    }
}

#[test]
fn no_secret_stands_in_it_and_none_is_left_empty() {
    let secret = ["PASSWORD", "SECRET", "DATABASE_URL", "REDIS_URL"];
    for (name, service) in compose()["services"].as_object().expect("services") {
        for (variable, value) in service["environment"].as_object().into_iter().flatten() {
            if secret.iter().any(|word| variable.ends_with(word)) {
                let value = value.as_str().expect("a text");
                // A `:?` without a value is an error of `docker compose`.
                assert_eq!(value.matches(":?}").count(), 1, "{name}: {variable}");
            }
        }
    }
}

#[test]
fn a_gateway_in_a_container_has_no_rights_and_is_built_with_the_version_of_rust_that_it_needs() {
    let gateway = &compose()["services"]["gateway-1"];
    assert_eq!(gateway["build"]["dockerfile"], "examples/several-servers/Containerfile");
    assert_eq!(gateway["read_only"], true);
    assert_eq!(gateway["cap_drop"], json!(["ALL"]));
    let version = env!("CARGO_PKG_RUST_VERSION");
    let lines: Vec<_> = CONTAINERFILE.lines().collect();
    assert!(lines.contains(&format!("FROM docker.io/library/rust:{version}-bookworm AS build").as_str()));
    let last = lines.iter().rposition(|line| line.starts_with("FROM ")).expect("an image");
    let user = lines[last..].iter().find_map(|line| line.strip_prefix("USER ")).expect("a user");
    assert!(user.split(':').all(|id| id.parse::<u32>().is_ok_and(|id| id > 0)), "{user}");
    assert!(lines.contains(&"RUN cargo build --release --locked"));
    let notices =
        lines[last..].iter().find(|line| line.ends_with(" /usr/share/doc/flow-gateway/")).expect("the notices");
    assert!(
        notices.contains(" /source/LICENSE ") && notices.contains(" /source/THIRD-PARTY-NOTICES.txt "),
        "{notices}"
    );
}

#[test]
fn the_guide_sets_what_the_containers_are_set_to() {
    let variables: BTreeSet<_> =
        GUIDE.lines().filter_map(|line| Some(line.strip_prefix("FLOW_")?.split_once('=')?.0)).collect();
    let settings = settings_of_a_gateway();
    // Addresses stand in files of their own, and PostgreSQL on the same machine needs no word.
    let shared: BTreeSet<_> = settings
        .keys()
        .filter_map(|name| name.strip_prefix("FLOW_"))
        .filter(|name| !name.ends_with("_ADDR") && *name != "PLAIN_DATABASE")
        .collect();
    assert_eq!(variables, shared);
}
