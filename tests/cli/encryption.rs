//! The connection to PostgreSQL as operators set it up: every way there is encrypted, and what is not said is refused.

use crate::{
    cli::gateway::{Home, call, end},
    support::{certificates::Authority, postgres},
};

/// A home whose database stands on a server with TLS, with a certificate for what stands for another machine here.
fn encrypted(authority: &Authority) -> Option<(postgres::Server, Home)> {
    let server = postgres::start_private()?;
    server.execute("create role flow login password 's3cretword'");
    server.execute("create database flow owner flow");
    let certified = authority.sign("0.0.0.0");
    server.encrypt(&certified.certificate, &certified.key);
    server.stop();
    server.start();
    let mut home = Home::on_sqlite();
    home.url = format!("postgres://flow:s3cretword@0.0.0.0:{}/flow", server.port());
    Some((server, home))
}

#[test]
fn every_way_to_the_database_is_encrypted() {
    let authority = Authority::new();
    let Some((server, home)) = encrypted(&authority) else { return };
    let file = home.write("authority.pem", &authority.pem());
    let said = home.run(&["studio", "list"]).fails(1);
    assert!(said.contains("--database-ca") && said.contains("0.0.0.0") && !said.contains("s3cretword"), "{said}");
    home.run(&["--database-ca", &file, "migrate"]).done();
    // The variable that is heeded for mail, too.
    let mut command = home.command(&["studio", "list"]);
    command.env("SSL_CERT_FILE", &file);
    assert_eq!(end(command, "").code, Some(0));
    let config = home.write("flow.toml", &format!("database_ca = '{file}'\n"));
    let gateway = home.serve(&["--config", &config]);
    assert_eq!(call("GET", &format!("{}/readyz", gateway.at["ops"]), "", &[], None).0, 200);
    let count = |which: &str| {
        format!(
            "select count(*) from pg_stat_ssl join pg_stat_activity a using (pid) where a.usename = 'flow' and {which}"
        )
    };
    // Those that are opened ahead, the two of the watcher of keys, and that of /readyz.
    server.execute(&format!(
        "do $$ begin
            for tried in 1..600 loop
                exit when ({encrypted}) >= 15;
                perform pg_sleep(0.05), pg_stat_clear_snapshot();
            end loop;
            assert ({encrypted}) >= 15 and ({clear}) = 0;
        end $$",
        encrypted = count("ssl"),
        clear = count("not ssl")
    ));
    assert_eq!(gateway.stop().0, Some(0));
}

#[test]
fn clear_text_to_another_machine_is_a_setting_and_never_a_guess() {
    let Some(server) = postgres::start_private() else { return };
    let mut home = Home::on_sqlite();
    home.url = format!("postgres://postgres:s3cretword@0.0.0.0:{}/postgres", server.port());
    let said = home.run(&["migrate"]).fails(1);
    assert!(said.contains("--plain-database") && !said.contains("s3cretword"), "{said}");
    let mut command = home.command(&["migrate"]);
    command.env("PGSSLMODE", "disable");
    assert_eq!(end(command, "").code, Some(1), "a variable of another program allows nothing");
    home.run(&["--plain-database", "migrate"]).done();
    let config = home.write("flow.toml", "plain_database = true\n");
    home.run(&["--config", &config, "studio", "list"]).done();
    let mut command = home.command(&["studio", "list"]);
    command.env("FLOW_PLAIN_DATABASE", "1");
    assert_eq!(end(command, "").code, Some(0));
}

#[test]
fn a_database_that_is_not_well_is_one_line_for_a_state_and_one_when_it_works_again() {
    let authority = Authority::new();
    let Some((server, mut home)) = encrypted(&authority) else { return };
    home.url = format!("{}?sslrootcert={}", home.url, home.write("authority.pem", &authority.pem()));
    home.studio("casa");
    let key = home.secret_key("instructors:read")["key"].clone();
    let gateway = home.serve(&[]);
    let read = || gateway.call("management", "/v1/instructors", &key, &[]).0;
    assert_eq!(read(), 200);
    server.execute("alter role flow password 'another'");
    // One that was being opened outlives the others.
    let cuts = (1..20).find(|_| {
        server.cut_off("flow");
        while read() == 200 {
            server.cut_off("flow");
        }
        (0..30).all(|_| read() == 503)
    });
    let cuts = cuts.expect("no connection is left");
    server.execute("alter role flow password 's3cretword'");
    while read() != 200 {}
    gateway.has_logged("the database works again");
    let (_, log) = gateway.stop();
    let count = |words: &str| log.lines().filter(|line| line.contains(words)).count();
    for words in ["the database refuses access", "password authentication failed"] {
        assert!((1..=cuts).contains(&count(words)), "{log}");
    }
    // Those that were cut off are another state, and so may be a machine that is slow.
    assert!(count("is answered 503 until it works again") <= 2 * cuts + 1, "{log}");
    assert!(!log.contains("s3cretword"));
}
