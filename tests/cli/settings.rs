//! Settings: a flag goes before its variable, that before the file, that before the default.

use flow_gateway::{
    config::{Serving, SharedOptions},
    store::record,
};

use super::gateway::{Home, end};

#[test]
fn a_flag_goes_before_its_variable_and_that_before_the_file() {
    let home = Home::on_sqlite();
    let all = "storefront_addr = '127.0.0.1:0'\nmanagement_addr = '127.0.0.2:0'\nmembers_addr = '127.0.0.2:0'\n\
        studio_addr = '127.0.0.2:0'\nops_addr = '127.0.0.2:0'\nlog_format = 'json'\ntrusted_proxies = ['10.0.0.1']\n";
    let file = home.write("flow.toml", all);
    let mut command = home.command(&["serve", "--config", &file, "--studio-addr", "127.0.0.4:0"]);
    command.env("FLOW_MEMBERS_ADDR", "127.0.0.3:0").env("FLOW_STUDIO_ADDR", "127.0.0.3:0");
    let server = super::gateway::Running::start(&home, command);
    let host = |surface: &str| server.at[surface].trim_start_matches("http://").split(':').next().map(str::to_owned);
    assert_eq!(host("storefront").as_deref(), Some("127.0.0.1"));
    assert_eq!(host("management").as_deref(), Some("127.0.0.2"));
    assert_eq!(host("members").as_deref(), Some("127.0.0.3"));
    assert_eq!(host("studio").as_deref(), Some("127.0.0.4"));
    let (_, log) = server.stop();
    let first = log.lines().next().expect("a line");
    assert!(first.starts_with('{'), "{first}");
}

#[test]
fn the_database_is_named_before_or_after_the_command_or_in_the_file() {
    let home = Home::on_sqlite();
    home.studio("casa");
    let bare = |args: &[&str]| {
        let mut command = home.command(args);
        command.env("FLOW_DATABASE_URL", "sqlite://elsewhere.db");
        end(command, "").done()
    };
    bare(&["migrate"]);
    let file = home.write("flow.toml", &format!("database = '{}'\n", home.url));
    assert!(bare(&["--database", &home.url, "studio", "list"]).contains("casa"));
    assert!(bare(&["studio", "list", "--database", &home.url]).contains("casa"));
    assert!(!bare(&["studio", "list", "--config", &file]).contains("casa"), "the variable goes before the file");
    let mut from_file = home.command(&["studio", "list", "--config", &file]);
    from_file.env_remove("FLOW_DATABASE_URL");
    assert!(end(from_file, "").done().contains("casa"));
}

#[test]
fn a_file_with_anything_that_is_no_setting_is_refused_by_name() {
    let home = Home::on_sqlite();
    for (text, word) in [
        ("storefront_adr = '127.0.0.1:0'", "`storefront_adr`"),
        ("rate_limits = 'sometimes'", "`rate_limits`"),
        ("ops_addr = 'here'", "`ops_addr`"),
        ("a = 1\nsmtp_url = 'smtp://u:s3cretword@h", "line 2"),
        ("database = ['s3cretword']", "`database`"),
    ] {
        let file = home.write("flow.toml", text);
        let said = home.run(&["serve", "--config", &file]).fails(2);
        assert!(said.contains(word) && !said.contains("s3cretword"), "{said}");
    }
    assert!(home.run(&["serve", "--config", "nowhere.toml"]).fails(2).contains("nowhere.toml"));
}

#[test]
fn a_file_says_yes_and_no_as_toml_does_or_in_words() {
    let home = Home::on_sqlite();
    let addresses = "members_addr = '127.0.0.1:0'\nstudio_addr = '127.0.0.1:0'\nops_addr = '127.0.0.1:0'\n";
    for (yes, no) in [("true", "false"), ("'on'", "'off'"), ("'true'", "'false'")] {
        let text =
            format!("{addresses}api_addr = '0.0.0.0:0'\nplain_http = {yes}\nrate_limits = {no}\nno_migrate = {no}\n");
        let file = home.write("flow.toml", &text);
        let command = home.command(&["serve", "--config", &file]);
        assert_eq!(super::gateway::Running::start(&home, command).stop().0, Some(0));
    }
    for (setting, value) in [("plain_http", "1"), ("rate_limits", "'maybe'"), ("no_migrate", "[]")] {
        let file = home.write("flow.toml", &format!("{setting} = {value}\n"));
        let said = home.run(&["serve", "--config", &file]).fails(2);
        assert!(said.contains(&format!("`{setting}` is neither on nor off")), "{said}");
    }
}

#[test]
fn a_variable_that_is_set_to_nothing_is_not_set() {
    let home = Home::on_sqlite();
    let help = home.run(&["serve", "--help"]).done();
    let names: Vec<_> = help.split("[env:").skip(1).filter_map(|rest| rest.split([']', '=']).next()).collect();
    assert!(names.len() > 17, "{help}");
    let mut command = home.serving(&[]);
    for name in &names {
        command.env(name.trim(), "");
    }
    let server = super::gateway::Running::start(&home, command);
    assert_eq!(server.stop().0, Some(0));
    assert!(home.path("flow.db").exists(), "the default");
}

#[test]
fn flags_and_variables_name_the_same_things() {
    let home = Home::on_sqlite();
    for command in [&["serve", "--help"][..], &["studio", "list", "--help"]] {
        let help = home.run(command).done();
        for line in help.split("\n      --").skip(1) {
            let flag = line.split([' ', '[', '\n']).next().unwrap_or_default();
            let Some(variable) = line.split("[env:").nth(1).and_then(|rest| rest.split([']', '=']).next()) else {
                continue;
            };
            let variable = variable.trim();
            let named = format!("FLOW_{}", flag.replace('-', "_").to_uppercase());
            assert!(variable == named || (flag, variable) == ("database", "FLOW_DATABASE_URL"), "{flag}: {variable}");
        }
    }
    let mut command = home.command(&["migrate"]);
    command.env("FLOW_LOG_LEVEL", "no such=level=");
    assert!(end(command, "").fails(2).contains("filter"));
}

#[test]
fn help_lists_every_setting_with_its_variable_and_default_and_shows_no_value() {
    let home = Home::on_sqlite();
    let mut command = home.command(&["serve", "--help"]);
    command.env("FLOW_DATABASE_URL", "postgres://u:s3cretword@h/d").env("FLOW_SMTP_URL", "smtp://u:s3cretword@h");
    command.env("FLOW_REDIS_URL", "redis://u:s3cretword@h").env("FLOW_OTLP_ENDPOINT", "https://h/s3cretword");
    let help = end(command, "").done();
    let settings = help.matches("\n      --").count();
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut names = record::fields::<Serving>();
    names.extend(record::fields::<SharedOptions>());
    assert!(names.len() > 17, "{names:?}");
    for name in names {
        assert!(help.contains(&format!("--{}", name.replace('_', "-"))), "{name}");
    }
    assert_eq!(help.matches("[env: FLOW_").count(), settings, "{help}");
    assert_eq!(help.matches("[default: ").count(), settings, "{help}");
    assert!(!help.contains("s3cretword"), "{help}");
}

#[test]
fn a_database_that_cannot_be_opened_is_said_without_its_password() {
    let home = Home::on_sqlite();
    for (url, code) in [
        ("postgres://u:s3cretword@127.0.0.1:1/d", 1),
        ("mysql://u:s3cretword@127.0.0.1:1/d", 2),
        ("postgres://u:s3cretword@127.0.0.1:port/d", 2),
    ] {
        let said = home.run(&["--log-level", "trace", "--database", url, "studio", "list"]).fails(code);
        assert!(!said.contains("s3cretword"), "{said}");
    }
}

#[test]
fn what_is_wrong_is_named_as_it_was_given() {
    let home = Home::on_sqlite();
    for (setting, variable, value) in [
        ("ops-addr", "FLOW_OPS_ADDR", "here"),
        ("log-level", "FLOW_LOG_LEVEL", "verbose"),
        ("log-format", "FLOW_LOG_FORMAT", "xml"),
        ("rate-limits", "FLOW_RATE_LIMITS", "maybe"),
        ("trusted-proxies", "FLOW_TRUSTED_PROXIES", "10.0.0.1, nowhere"),
        ("database", "FLOW_DATABASE_URL", "mysql://h/d"),
        ("smtp-url", "FLOW_SMTP_URL", "gopher://h"),
        ("redis-url", "FLOW_REDIS_URL", "gopher://h"),
        ("otlp-endpoint", "FLOW_OTLP_ENDPOINT", "gopher://h"),
        ("otlp-sample", "FLOW_OTLP_SAMPLE", "2"),
    ] {
        let flag = format!("--{setting}");
        let mut by_variable = home.command(&["serve"]);
        by_variable.env(variable, value);
        let said = end(by_variable, "").fails(2);
        assert!(said.contains(variable) && !said.contains(&flag), "{said}");
        let mut by_flag = home.command(&["serve", &format!("{flag}={value}")]);
        by_flag.env_remove(variable);
        let said = end(by_flag, "").fails(2);
        assert!(said.contains(&flag) && !said.contains(variable), "{said}");
        let key = setting.replace('-', "_");
        let file = home.write("flow.toml", &format!("# Settings\n\n{key} = '{value}'\n"));
        let mut by_file = home.command(&["serve", "--config", &file]);
        by_file.env_remove(variable);
        let said = end(by_file, "").fails(2);
        assert!(said.contains(&format!("flow.toml, line 3: `{key}`")) && !said.contains(&flag), "{said}");
    }
}

#[test]
fn a_log_level_that_is_none_is_refused_and_filters_are_read() {
    let home = Home::on_sqlite();
    for wrong in ["verbose", "", "info,verbose", "flow_gateway=loud", "info,,debug"] {
        let said = home.run(&["--log-level", wrong, "migrate"]).fails(2);
        assert!(said.contains("--log-level") && said.contains("debug"), "{wrong}: {said}");
    }
    for fine in ["off", "WARN", "info, flow_gateway=debug", "info,sqlx=off"] {
        home.run(&["--log-level", fine, "migrate"]).done();
    }
}

#[test]
fn a_misspelt_variable_or_key_is_refused_with_the_one_that_was_meant() {
    let home = Home::on_sqlite();
    for (variable, meant) in [
        ("FLOW_OPS_ADR", "FLOW_OPS_ADDR"),
        ("FLOW_DATABASE", "FLOW_DATABASE_URL"),
        ("FLOW_NO_CRAETE", "FLOW_NO_CREATE"),
        ("FLOW_SOMETHING_ELSE_ALTOGETHER", "serve --help"),
    ] {
        for command in [&["serve"][..], &["migrate"], &["openapi", "storefront"]] {
            let mut misspelt = home.command(command);
            misspelt.env(variable, "127.0.0.1:0");
            let said = end(misspelt, "").fails(2);
            assert!(said.contains(variable) && said.contains(meant), "{said}");
        }
    }
    assert!(!home.path("flow.db").exists());
    let mut others = home.command(&["migrate"]);
    others.env("FLOW_OPS_ADR", "").env("FLOW_GATEWAY_SERVICE_HOST", "10.0.0.1").env("FLOW_SECRET_KEY", "x");
    end(others, "").done();
    let file = home.write("flow.toml", "log_level = 'info'\nstorefront_adr = '127.0.0.1:0'\n");
    let said = home.run(&["serve", "--config", &file]).fails(2);
    assert!(said.contains("line 2") && said.contains("`storefront_addr`"), "{said}");
}

#[test]
fn blanks_around_commas_say_nothing_in_a_list() {
    let home = Home::on_sqlite();
    home.studio("casa");
    let key = home.secret_key("instructors:read, instructors:write ,classes:read");
    assert_eq!(key["scopes"].as_array().map(Vec::len), Some(3), "{key}");
    let id = key["id"].as_str().expect("an id");
    let args = [
        "keys",
        "narrow",
        id,
        "--scopes",
        "instructors:read , classes:read",
        "--networks",
        "10.0.0.0/8, 192.0.2.7",
        "--json",
    ];
    let narrowed = home.run(&args).json();
    assert_eq!(narrowed["scopes"].as_array().map(Vec::len), Some(2), "{narrowed}");
    assert_eq!(narrowed["networks"].as_array().map(Vec::len), Some(2), "{narrowed}");
    let rotated = home.run(&["keys", "rotate", id, "--scopes", " classes:read, instructors:read", "--json"]).json();
    assert_eq!(rotated["scopes"].as_array().map(Vec::len), Some(2), "{rotated}");
    let args = ["keys", "create", "--studio", "casa", "--kind", "publishable", "--name", "X", "--json", "--origins"];
    let site = home.run(&[&args[..], &["https://a.example, https://b.example"]].concat()).json();
    assert_eq!(site["origins"].as_array().map(Vec::len), Some(2), "{site}");
    for written in ["'10.0.0.1, 10.0.0.2'", "['10.0.0.1', ' 10.0.0.2 ']"] {
        let file = home.write("flow.toml", &format!("trusted_proxies = {written}\n"));
        assert_eq!(home.serve(&["--config", &file]).stop().0, Some(0));
    }
    assert_eq!(home.serve(&["--trusted-proxies", "10.0.0.1, 10.0.0.2"]).stop().0, Some(0));
}
