//! Every sample of every guide is run as it stands, in the order of the guide, against surfaces that listen on this machine. A sample
//! that shows a refusal names in its fence what it prints.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use flow_gateway::{
    access::{scope::Scope, surface::Surface},
    surfaces::docs::guides,
};
use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};
use serde_json::json;

use crate::{
    members::{
        joined,
        tokens::{PAGE, token},
    },
    oracle::python_with,
    pages::serve_surface,
    support::{
        needs::{Need, on_path, search_path},
        studio::{Studio, publishable, secret},
    },
};

const PROGRAMS: Need = Need { program: "curl, Node or Python", variable: "FLOW_TEST_ORACLE" };
const PASSWORD: &str = "unlikely lantern orbit 47";
/// curl and fetch take a refusal for an answer. A sample that expects none fails by it.
const STRICT: &str = "const plain = globalThis.fetch;
globalThis.fetch = async (...call) => {
  const answer = await plain(...call);
  if (answer.status >= 400) throw new Error(`${answer.status}: ${await answer.text()}`);
  return answer;
};";

/// The guides with samples of calls. Those for who runs the gateway show commands of a whole machine, and `tests/clients/run` runs what
/// that on clients shows.
fn guides_of_calls() -> impl Iterator<Item = &'static guides::Guide> {
    let without = ["clients", "api-changelog", "running", "several-servers", "metrics"];
    guides::GUIDES.iter().filter(move |guide| !without.contains(&guide.slug))
}

/// A sample of a guide.
struct Fence {
    language: String,
    expects: Option<String>,
    text: String,
}

/// The blocks of code of a guide.
fn fences(markdown: &str) -> Vec<Fence> {
    let mut fences = Vec::new();
    let mut open: Option<Fence> = None;
    for event in Parser::new(markdown) {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                let mut words = info.split_whitespace();
                let language = words.next().unwrap_or_default().to_owned();
                let expects = words.find_map(|word| word.strip_prefix("expects=")).map(str::to_owned);
                open = Some(Fence { language, expects, text: String::new() });
            }
            Event::Text(text) => {
                if let Some(fence) = &mut open {
                    fence.text.push_str(&text);
                }
            }
            Event::End(TagEnd::CodeBlock) => fences.extend(open.take()),
            _ => {}
        }
    }
    fences
}

/// The programs that run samples.
struct Programs {
    node: PathBuf,
    python: PathBuf,
}

impl Programs {
    fn find() -> Option<Self> {
        let found = (on_path("curl"), on_path("node"), python_with("json"));
        let (Some(_), Some(node), Some(python)) = found else {
            PROGRAMS.is_missing();
            return None;
        };
        Some(Self { node, python })
    }

    /// Runs a sample in a directory.
    fn run(&self, fence: &Fence, home: &Path, environment: &[(&str, String)]) -> Output {
        let strict = fence.expects.is_none();
        fs::write(home.join(".curlrc"), if strict { "fail-with-body\nsilent\n" } else { "silent\n" }).expect("written");
        fs::write(home.join("strict.mjs"), if strict { STRICT } else { "" }).expect("written");
        let mut command = match fence.language.as_str() {
            "js" => {
                fs::write(home.join("sample.mjs"), &fence.text).expect("written");
                let mut node = Command::new(&self.node);
                node.args(["--import", "./strict.mjs", "sample.mjs"]);
                node
            }
            "python" => {
                let mut python = Command::new(&self.python);
                python.args(["-c", &fence.text]);
                python
            }
            _ => {
                let mut shell = Command::new("bash");
                shell.args(["-euo", "pipefail", "-c", &fence.text]);
                shell
            }
        };
        let program = Path::new(env!("CARGO_BIN_EXE_flow-gateway")).parent().expect("its directory").to_owned();
        let path = std::env::join_paths(std::iter::once(program).chain(search_path())).expect("a path");
        command.env_clear().env("PATH", path).env("CURL_HOME", home).env("HOME", home).current_dir(home);
        command.envs(environment.iter().map(|(name, value)| (name, value))).output().expect("it runs")
    }
}

/// What samples find in their environment.
async fn environment(studio: &Studio) -> Vec<(&'static str, String)> {
    let server = studio.server(Scope::ALL).await;
    for name in ["Anna Berg", "Rui Sousa"] {
        server.post("/v1/instructors", json!({"display_name": name})).await.expect(201);
        let recurrence = json!({"starts_on": "2026-01-05", "weekly": [{"weekday": "tuesday", "start_time": "07:30"}]});
        let class = json!({"name": format!("Yin with {name}"), "duration_minutes": 60, "recurrence": recurrence});
        server.post("/v1/classes", class).await.expect(201);
    }
    let (browser, _) = joined(studio).await;
    vec![
        ("STOREFRONT_URL", serve_surface(studio, Surface::Storefront)),
        ("MANAGEMENT_URL", serve_surface(studio, Surface::Management)),
        ("MEMBERS_URL", serve_surface(studio, Surface::Members)),
        ("STUDIO_URL", serve_surface(studio, Surface::Studio)),
        ("FLOW_PUBLISHABLE_KEY", studio.key(publishable()).await.minted.reveal().to_owned()),
        ("FLOW_SECRET_KEY", studio.key(secret(Scope::ALL)).await.minted.reveal().to_owned()),
        ("FOUND_KEY", studio.key(secret(&[Scope::PlansRead])).await.minted.reveal().to_owned()),
        ("MEMBER_TOKEN", token(studio, studio.id, &browser).await),
        ("SITE_ORIGIN", PAGE.to_owned()),
        ("FLOW_DATABASE_URL", studio.url().to_owned()),
    ]
}

/// The studio that commands in guides name.
fn casa(programs: &Programs, home: &Path, environment: &[(&str, String)]) {
    let text = format!(
        "echo '{PASSWORD}' | flow-gateway studio create --slug casa --name Casa --time-zone Europe/Lisbon --currency EUR \
        --owner-email owner@casa.example --owner-password-stdin"
    );
    let made = programs.run(&Fence { language: "bash".into(), expects: None, text }, home, environment);
    assert!(made.status.success(), "{made:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_sample_of_every_guide_does_what_it_says() {
    let Some(programs) = Programs::find() else { return };
    let studio = Studio::on_sqlite().await;
    let environment = environment(&studio).await;
    let directory = tempfile::tempdir().expect("a directory");
    tokio::task::block_in_place(|| {
        casa(&programs, directory.path(), &environment);
        let mut wrong = Vec::new();
        for guide in guides_of_calls() {
            for (at, fence) in fences(guide.markdown).into_iter().enumerate() {
                if !["sh", "js", "python", "bash"].contains(&fence.language.as_str()) {
                    continue;
                }
                let ended = programs.run(&fence, directory.path(), &environment);
                let said = String::from_utf8_lossy(&ended.stdout).into_owned();
                let has_said = fence.expects.as_ref().is_none_or(|expected| said.contains(expected.as_str()));
                if !ended.status.success() || !has_said || said.trim().is_empty() {
                    let errors = String::from_utf8_lossy(&ended.stderr).into_owned();
                    wrong.push(format!("{} {at} in {}:\n{}\n{said}\n{errors}", guide.slug, fence.language, fence.text));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    });
}

#[test]
fn every_sample_of_a_call_is_there_in_three_languages() {
    for guide in guides_of_calls() {
        let samples = fences(guide.markdown).into_iter().map(|fence| fence.language);
        let samples: Vec<_> = samples.filter(|language| ["sh", "js", "python"].contains(&language.as_str())).collect();
        for group in samples.chunks(3) {
            assert_eq!(group, ["sh", "js", "python"], "{}", guide.slug);
        }
    }
}
