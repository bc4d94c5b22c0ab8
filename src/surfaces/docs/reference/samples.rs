//! A call of an operation in curl, JavaScript and Python, made from the document: its path with an example id, and an example body.
//! Addresses and keys come from the environment, as in the guides.

use std::fmt::Write;

use serde_json::Value;

use super::{Placed, example::example, resolve, text};
use crate::surfaces::docs::markdown::Sample;

/// What a call needs, by the document's credential.
struct SampleCaller {
    url: &'static str,
    credential: &'static str,
    /// The header of a page's origin, which a member's call brings.
    origin: Option<&'static str>,
}

impl SampleCaller {
    fn of(operation: &Value) -> Self {
        let scheme = operation["security"][0].as_object().and_then(|scheme| scheme.keys().next()).map(String::as_str);
        match scheme {
            Some("publishableKey") => Self { url: "STOREFRONT_URL", credential: "FLOW_PUBLISHABLE_KEY", origin: None },
            Some("memberToken") => Self { url: "MEMBERS_URL", credential: "MEMBER_TOKEN", origin: Some("SITE_ORIGIN") },
            _ => Self { url: "MANAGEMENT_URL", credential: "FLOW_SECRET_KEY", origin: None },
        }
    }
}

/// The samples of an operation.
pub fn of(document: &Value, placed: Placed<'_>) -> Vec<Sample> {
    let caller = SampleCaller::of(placed.operation);
    let path = path(document, placed);
    let schema = &placed.operation["requestBody"]["content"]["application/json"]["schema"];
    let body = (!schema.is_null()).then(|| example(document, schema));
    let (method, body) = (placed.method.to_uppercase(), body.as_ref());
    [("sh", curl as Writer), ("js", javascript), ("python", python)]
        .into_iter()
        .map(|(language, write)| Sample { language: language.to_owned(), text: write(&caller, &method, &path, body) })
        .collect()
}

type Writer = fn(&SampleCaller, &str, &str, Option<&Value>) -> String;

/// The path, with an example of each id in it.
fn path(document: &Value, placed: Placed<'_>) -> String {
    let parameters = placed.operation["parameters"].as_array().into_iter().flatten();
    let in_path =
        parameters.map(|parameter| resolve(document, parameter)).filter(|parameter| parameter["in"] == "path");
    in_path.fold(placed.path.to_owned(), |path, parameter| {
        let value = example(document, &parameter["schema"]);
        path.replace(&format!("{{{}}}", text(&parameter["name"])), value.as_str().unwrap_or("ID"))
    })
}

fn curl(caller: &SampleCaller, method: &str, path: &str, body: Option<&Value>) -> String {
    let SampleCaller { url, credential, origin } = caller;
    let verb = match (method, body.is_some()) {
        ("GET", _) | ("POST", true) => String::new(),
        (method, _) => format!("-X {method} "),
    };
    let mut text = format!("curl {verb}\"${url}{path}\" \\\n  -H \"Authorization: Bearer ${credential}\"");
    // Writing to a string cannot fail.
    if let Some(origin) = origin {
        write!(text, " \\\n  -H \"Origin: ${origin}\"").ok();
    }
    if let Some(body) = body {
        write!(text, " \\\n  --json '{}'", super::pretty(body).replace('\'', "'\\''")).ok();
    }
    text
}

fn javascript(caller: &SampleCaller, method: &str, path: &str, body: Option<&Value>) -> String {
    let SampleCaller { url, credential, origin } = caller;
    let mut names = vec![*url, credential];
    names.extend(origin);
    let mut headers = format!("Authorization: `Bearer ${{{credential}}}`");
    if let Some(origin) = origin {
        write!(headers, ", Origin: {origin}").ok();
    }
    if body.is_some() {
        headers.push_str(", \"Content-Type\": \"application/json\"");
    }
    let mut options = String::new();
    if method != "GET" {
        write!(options, "\n  method: \"{method}\",").ok();
    }
    write!(options, "\n  headers: {{ {headers} }},").ok();
    if let Some(body) = body {
        write!(options, "\n  body: JSON.stringify({}),", indented(&super::pretty(body))).ok();
    }
    format!(
        "const {{ {} }} = process.env;\n\nconst answer = await fetch(`${{{url}}}{path}`, {{{options}\n}});\n\
        console.log(answer.status, await answer.text());",
        names.join(", ")
    )
}

fn python(caller: &SampleCaller, method: &str, path: &str, body: Option<&Value>) -> String {
    let SampleCaller { url, credential, origin } = caller;
    let mut text = if body.is_some() { "import json, os\n" } else { "import os\n" }.to_owned();
    writeln!(text, "from urllib.request import Request, urlopen\n\nrequest = Request(").ok();
    writeln!(text, "    os.environ[\"{url}\"] + \"{path}\",").ok();
    if !matches!((method, body.is_some()), ("GET", _) | ("POST", true)) {
        writeln!(text, "    method=\"{method}\",").ok();
    }
    writeln!(text, "    headers={{\n        \"Authorization\": \"Bearer \" + os.environ[\"{credential}\"],").ok();
    if let Some(origin) = origin {
        writeln!(text, "        \"Origin\": os.environ[\"{origin}\"],").ok();
    }
    if body.is_some() {
        text.push_str("        \"Content-Type\": \"application/json\",\n");
    }
    text.push_str("    },\n");
    if let Some(body) = body {
        let mut literal = String::new();
        python_literal(body, 1, &mut literal);
        writeln!(text, "    data=json.dumps({literal}).encode(),").ok();
    }
    text.push_str(")\nwith urlopen(request) as answer:\n    print(answer.status, answer.read().decode())");
    text
}

fn indented(text: &str) -> String {
    text.replace('\n', "\n  ")
}

/// The value as Python writes it.
fn python_literal(value: &Value, depth: usize, out: &mut String) {
    let (inner, outer) = ("    ".repeat(depth + 1), "    ".repeat(depth));
    match value {
        Value::Null => out.push_str("None"),
        Value::Bool(yes) => out.push_str(if *yes { "True" } else { "False" }),
        Value::Array(items) if items.is_empty() => out.push_str("[]"),
        Value::Object(fields) if fields.is_empty() => out.push_str("{}"),
        Value::Array(items) => {
            out.push_str("[\n");
            for item in items {
                out.push_str(&inner);
                python_literal(item, depth + 1, out);
                out.push_str(",\n");
            }
            write!(out, "{outer}]").ok();
        }
        Value::Object(fields) => {
            out.push_str("{\n");
            for (name, field) in fields {
                write!(out, "{inner}{}: ", Value::from(name.as_str())).ok();
                python_literal(field, depth + 1, out);
                out.push_str(",\n");
            }
            write!(out, "{outer}}}").ok();
        }
        other => {
            write!(out, "{other}").ok();
        }
    }
}
