//! The reference: every operation is on the page of its tag, with what its document says, and its samples are programs.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use flow_gateway::surfaces::{management, members, storefront};
use serde_json::Value;

use crate::{
    oracle::python_with,
    support::{
        needs::on_path,
        studio::{Client, Studio},
    },
};

/// The operations of a document: tag, id and the operation.
fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().expect("paths").values();
    let all = paths.flat_map(|methods| methods.as_object().expect("methods").values());
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    all.map(|operation| (text(&operation["tags"][0]), text(&operation["operationId"]), operation.clone())).collect()
}

fn documents(studio: &Studio) -> [(Client, Value); 3] {
    [
        (studio.storefront_client(), storefront::document()),
        (studio.management_client(), management::document()),
        (studio.members_client(), members::document()),
    ]
}

async fn chapter(client: &Client, tag: &str) -> String {
    let reply = client.get(&format!("/docs/reference/{}", tag.to_lowercase())).await;
    assert_eq!(reply.status, 200, "{tag}");
    String::from_utf8(reply.body.to_vec()).expect("text")
}

/// The part of a page that is about an operation.
fn section<'p>(page: &'p str, id: &str) -> &'p str {
    let rest = page
        .split_once(&format!("<section class=\"operation\" id=\"{id}\""))
        .unwrap_or_else(|| panic!("{id} is missing"))
        .1;
    rest.split_once("</section>").expect("its end").0
}

#[tokio::test]
async fn every_operation_shows_its_parameters_its_fields_and_its_answers() {
    let studio = Studio::on_sqlite().await;
    for (client, document) in documents(&studio) {
        for (tag, id, operation) in operations(&document) {
            let page = chapter(&client, &tag).await;
            let shown = section(&page, &id);
            for parameter in operation["parameters"].as_array().expect("parameters") {
                let name = parameter["name"].as_str().expect("a name");
                assert!(shown.contains(&format!("<code class=\"name\">{name}</code>")), "{id}: {name}");
            }
            let body = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
            let body = body.as_str().and_then(|name| document.pointer(name.trim_start_matches('#')));
            for name in
                body.and_then(|body| body["properties"].as_object()).into_iter().flat_map(|fields| fields.keys())
            {
                assert!(shown.contains(&format!("<code class=\"name\">{name}</code>")), "{id}: {name}");
            }
            for status in
                operation["responses"].as_object().expect("responses").keys().filter(|status| status.starts_with('2'))
            {
                assert!(shown.contains(&format!("<span class=\"status\">{status}</span>")), "{id}: {status}");
            }
            if let (Some(created), Some(dry)) = (shown.find("\"status\">201<"), shown.find("\"status\">200<")) {
                assert!(created < dry || id == "managementInviteMember", "{id}: what a dry run answers comes second");
            }
            for language in ["sh", "js", "python"] {
                assert!(shown.contains(&format!("data-language=\"{language}\"")), "{id}: {language}");
            }
        }
    }
}

#[tokio::test]
async fn a_body_lists_the_fields_that_may_be_written_first_and_marks_the_others() {
    let studio = Studio::on_sqlite().await;
    let page = chapter(&studio.management_client(), "Schedule").await;
    let body = section(&page, "managementRescheduleOccurrence").split_once("<h3>Body</h3>").expect("a body").1;
    let body = body.split_once("<h3>Answers</h3>").expect("its end").0;
    let field = |name: &str| {
        let (before, rest) = body.split_once(&format!("<code class=\"name\">{name}</code>")).expect("a field");
        (before.len(), rest.split_once("</div>").expect("its end").0)
    };
    let marked = |name: &str| field(name).1.contains("read-only");
    assert!(marked("id") && marked("local_start"), "{body}");
    assert!(!marked("starts_at") && !marked("status"), "{body}");
    assert!(field("status").0 < field("id").0, "{body}");
    let text = studio.management_client().get("/docs/reference/schedule.md").await;
    let text = String::from_utf8(text.body.to_vec()).expect("text");
    assert!(text.contains("- `local_start` (string, read-only)"), "{text}");
}

#[test]
fn every_operation_of_the_storefront_and_every_tag_is_described() {
    for (surface, document) in [
        ("storefront", storefront::document()),
        ("members", members::document()),
        ("management", management::document()),
    ] {
        for tag in document["tags"].as_array().expect("tags") {
            assert!(tag["description"].as_str().is_some_and(|says| says.len() > 40), "{surface}: {tag}");
        }
        for (_, id, operation) in operations(&document) {
            assert!(
                operation["description"].as_str().is_some_and(|says| says.len() > 20) || surface == "members",
                "{id}"
            );
        }
    }
}

/// The samples of a page in one language, as they were before they became HTML.
fn samples(page: &str, language: &str) -> Vec<String> {
    let begin = format!("<figure data-language=\"{language}\">");
    let parts = page
        .split(&begin)
        .skip(1)
        .map(|rest| rest.split_once("<code>").expect("code").1.split_once("</code>").expect("its end").0);
    let plain = |html: &str| {
        let spans = html.split('<').map(|part| {
            part.split_once('>').map_or(part, |(tag, text)| if tag.contains("span") { text } else { part })
        });
        spans
            .collect::<String>()
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"")
            .replace("&amp;", "&")
    };
    parts.map(plain).collect()
}

/// Gives programs to an interpreter that reads them from its input, one JSON text a line, and says which are none.
fn refused(checker: &mut Command, programs: &[String]) -> String {
    let mut child = checker.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
    let mut input = child.stdin.take().expect("its input");
    for program in programs {
        writeln!(input, "{}", Value::from(program.as_str())).expect("written");
    }
    drop(input);
    let ended = child.wait_with_output().expect("it ends");
    assert!(ended.status.success(), "{ended:?}");
    String::from_utf8(ended.stdout).expect("text")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_sample_of_the_reference_is_a_program() {
    let studio = Studio::on_sqlite().await;
    let (mut javascript, mut python, mut shell) = (vec![], vec![], vec![]);
    for (client, document) in documents(&studio) {
        for tag in document["tags"].as_array().expect("tags") {
            let page = chapter(&client, tag["name"].as_str().expect("a name")).await;
            javascript.extend(samples(&page, "js"));
            python.extend(samples(&page, "python"));
            shell.extend(samples(&page, "sh"));
        }
    }
    assert!(javascript.len() == python.len() && python.len() == shell.len() && shell.len() > 50, "{}", shell.len());
    tokio::task::block_in_place(|| {
        if let Some(program) = python_with("json") {
            let mut checker = Command::new(program);
            checker
                .args(["-c", "import json, sys\nfor line in sys.stdin: compile(json.loads(line), 'sample', 'exec')"]);
            assert_eq!(refused(&mut checker, &python), "");
        }
        if let Some(node) = on_path("node") {
            let mut checker = Command::new(node);
            let check = "for (const line of require('fs').readFileSync(0, 'utf8').trim().split('\\n')) {
                const AsyncFunction = (async () => {}).constructor;
                try { new AsyncFunction(JSON.parse(line)) } catch (error) { console.log(error.message, line) } }";
            checker.args(["-e", check]);
            assert_eq!(refused(&mut checker, &javascript), "");
        }
        for text in shell {
            let checked = Command::new("bash").args(["-n", "-c", &text]).output().expect("bash runs");
            assert!(checked.status.success(), "{text}: {checked:?}");
        }
    });
}
