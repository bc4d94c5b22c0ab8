//! Examples at the end of each command's help, and of its manual page. A test has every command here, and reads each example as the
//! command line does.

use clap::Command;

/// A key's id, as all ids of keys look.
macro_rules! key {
    ($before:literal, $after:literal) => {
        concat!("flow-gateway keys ", $before, " key_01jdc9x0aetqt8q3yv0gcm1v5k", $after)
    };
}

/// Each command with its examples. Words after `<`, `>` or `|` are the shell's.
const EXAMPLES: &[(&str, &[&str])] = &[
    (
        "serve",
        &[
            "flow-gateway serve",
            "flow-gateway serve --config /etc/flow-gateway/flow-gateway.toml",
            "flow-gateway serve --management-addr 10.0.0.5:7605 --trusted-proxies 10.0.0.1",
        ],
    ),
    ("demo", &["flow-gateway demo", "flow-gateway demo --website-addr 127.0.0.1:8080"]),
    (
        "studio create",
        &["flow-gateway studio create --slug casa --name Casa --time-zone Europe/Lisbon --currency EUR \\
    --owner-email owner@casa.example --owner-password-stdin < password.txt"],
    ),
    ("studio list", &["flow-gateway studio list", "flow-gateway studio list --json | jq -r '.[].slug'"]),
    ("studio show", &["flow-gateway studio show casa"]),
    (
        "studio change",
        &[
            "flow-gateway studio change casa --file policies.json",
            "flow-gateway studio change casa --file - < policies.json",
        ],
    ),
    (
        "studio reset-owner-password",
        &["flow-gateway studio reset-owner-password casa --owner-password-stdin < password.txt"],
    ),
    ("studio remove-second-factor", &["flow-gateway studio remove-second-factor casa --email rita@casa.example"]),
    (
        "keys create",
        &[
            "flow-gateway keys create --studio casa --kind publishable --name Website \\\n    --origins https://casa.example",
            "flow-gateway keys create --studio casa --kind secret --name CRM --scopes members:read,plans:read",
            "flow-gateway keys create --like key_01jdc9x0aetqt8q3yv0gcm1v5k",
        ],
    ),
    (
        "keys suggest",
        &["flow-gateway keys suggest --studio casa access.log", "flow-gateway keys suggest --studio casa - < flow.log"],
    ),
    ("keys list", &["flow-gateway keys list --studio casa", "flow-gateway keys list --studio casa --json"]),
    ("keys show", &[key!("show", "")]),
    ("keys rotate", &[key!("rotate", ""), key!("rotate", " --end-old-after 7")]),
    ("keys end-old", &[key!("end-old", " --after 7"), key!("end-old", " --cancel")]),
    ("keys rename", &[key!("rename", " 'Back office'")]),
    ("keys narrow", &[key!("narrow", " --scopes instructors:read")]),
    ("keys revoke", &[key!("revoke", " --reason rotated"), key!("revoke", " --yes --json")]),
    ("keys usage", &[key!("usage", "")]),
    ("keys coverage", &[key!("coverage", "")]),
    ("members erase", &["flow-gateway members erase clara@member.example --studio casa"]),
    ("members export", &["flow-gateway members export clara@member.example --studio casa > clara.json"]),
    ("members readmit", &["flow-gateway members readmit clara@member.example --studio casa"]),
    ("signing-keys list", &["flow-gateway signing-keys list"]),
    ("signing-keys rotate", &["flow-gateway signing-keys rotate --yes"]),
    ("outbox list", &["flow-gateway outbox list", "flow-gateway outbox list --studio casa --json"]),
    ("outbox show", &["flow-gateway outbox show eml_01jdc9x0aetqt8q3yv0gcm1v5k"]),
    ("outbox retry", &["flow-gateway outbox retry --all-dead --studio casa"]),
    ("migrate", &["flow-gateway migrate", "flow-gateway --database postgres://flow@db.internal/flow migrate"]),
    ("backup", &["flow-gateway backup flow-2026-11-30.db", "flow-gateway backup - | gzip > flow.db.gz"]),
    ("restore", &["flow-gateway restore flow-2026-11-30.db", "flow-gateway restore - < flow-2026-11-30.db"]),
    ("copy", &["flow-gateway copy sqlite://./flow.db postgres://flow@db.internal/flow"]),
    (
        "activity",
        &[
            "flow-gateway activity --studio casa --refused",
            "flow-gateway activity --studio casa --limit 1000 | jq -r .operation | sort | uniq -c",
        ],
    ),
    ("audit", &["flow-gateway audit --studio casa", "flow-gateway audit --studio casa --action restore"]),
    (
        "export",
        &[
            "flow-gateway export --studio casa casa/",
            "flow-gateway export --studio casa --format csv casa/",
            "flow-gateway export --studio casa - | ssh new.example flow-gateway import --studio casa -",
        ],
    ),
    (
        "import",
        &[
            "flow-gateway import --studio casa --dry-run members.csv",
            "flow-gateway import --studio casa --date-format dd/mm/yyyy members.csv",
            "flow-gateway import --studio casa --as members - < members.csv",
            "flow-gateway import --studio casa - < casa.tar",
        ],
    ),
    (
        "openapi",
        &[
            "flow-gateway openapi management > management.json",
            "flow-gateway openapi management --version 3.0 > management-3.0.json",
        ],
    ),
    (
        "scan",
        &[
            "flow-gateway scan .",
            "flow-gateway scan --staged",
            "flow-gateway scan - < website.log",
            "flow-gateway scan --history --format sarif . > keys.sarif",
        ],
    ),
    ("completions", &["flow-gateway completions bash > /etc/bash_completion.d/flow-gateway"]),
    ("man", &["flow-gateway man | man -l -", "flow-gateway man --directory /usr/local/share/man/man1"]),
    ("explain", &["flow-gateway explain --key-stdin --surface management GET /v1/classes < key.txt"]),
];

/// The commands, with their examples.
pub fn with_examples(command: Command) -> Command {
    let mut command = command;
    for (path, examples) in EXAMPLES {
        let lines: Vec<_> = examples.iter().map(|example| format!("  {example}")).collect();
        let text = format!("Examples:\n{}", lines.join("\n"));
        let names: Vec<_> = path.split(' ').collect();
        command = at(command, &names, text);
    }
    command
}

/// Puts a text at the end of the help of the command of these names.
fn at(command: Command, names: &[&str], text: String) -> Command {
    match names.split_first() {
        None => command.after_help(text),
        Some((name, rest)) => command.mut_subcommand(name, |inner| at(inner, rest, text)),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::{super::Cli, *};

    fn leaves(command: &Command, path: &str, found: &mut Vec<String>) {
        for inner in command.get_subcommands() {
            let path = format!("{path} {}", inner.get_name());
            if inner.has_subcommands() {
                leaves(inner, &path, found);
            } else {
                found.push(path.trim().to_owned());
            }
        }
    }

    /// The words of an example, up to what is the shell's.
    fn words(example: &str) -> Vec<String> {
        let mut words = Vec::new();
        for (at, part) in example.split('\'').enumerate() {
            if at % 2 == 1 {
                words.push(part.to_owned());
            } else {
                words.extend(part.split_whitespace().filter(|word| *word != "\\").map(str::to_owned));
            }
        }
        words.into_iter().take_while(|word| !["<", ">", "|"].contains(&word.as_str())).collect()
    }

    #[test]
    fn every_command_has_examples_that_it_reads() {
        let (mut all, listed) = (Vec::new(), EXAMPLES.iter().map(|(path, _)| (*path).to_owned()).collect::<Vec<_>>());
        leaves(&Cli::command(), "", &mut all);
        all.sort();
        let mut sorted = listed;
        sorted.sort();
        assert_eq!(sorted, all);
        for (path, examples) in EXAMPLES {
            for example in *examples {
                let words = words(example);
                assert!(words.join(" ").contains(path), "{example} is one of {path}");
                let read = with_examples(Cli::command()).try_get_matches_from(&words);
                assert!(read.is_ok(), "{example}: {}", read.unwrap_err());
                assert!(example.lines().all(|line| line.chars().count() <= 96), "{example} fits on a line");
            }
        }
    }
}
