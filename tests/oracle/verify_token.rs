//! The examples of `examples/verify-token`, with which a site's own server checks a token: in Node and in Python, each against tokens
//! that count and tokens that do not.

use std::{
    io::Write,
    path::PathBuf,
    process::{Command, Stdio},
};

use flow_gateway::{
    access::{
        member_tokens::jwt::{self, MemberClaims},
        surface::Surface,
    },
    store::id::StudioId,
};

use super::python_with;
use crate::{
    members::{
        joined,
        tokens::{PAGE, parts, token},
    },
    pages::serve_surface,
    support::{
        needs::{Need, on_path},
        studio::Studio,
    },
};

const NODE: Need = Need { program: "Node", variable: "FLOW_TEST_ORACLE" };
const CRYPTOGRAPHY: Need = Need { program: "python3 with cryptography", variable: "FLOW_TEST_ORACLE" };

/// The programs that are there, each with its example.
fn examples() -> Vec<(PathBuf, &'static str)> {
    let node = on_path("node");
    let python = python_with("cryptography");
    if node.is_none() {
        NODE.is_missing();
    }
    if python.is_none() {
        CRYPTOGRAPHY.is_missing();
    }
    node.map(|node| (node, "verify.mjs")).into_iter().chain(python.map(|python| (python, "verify.py"))).collect()
}

/// What an example says of a token: the claims, or why it refuses it.
fn judged(program: &PathBuf, example: &str, arguments: [&str; 3], token: &str) -> Result<String, String> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/verify-token").join(example);
    let mut command = Command::new(program);
    command.arg(file).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it runs");
    child.stdin.take().expect("a pipe").write_all(token.as_bytes()).expect("written");
    let ended = child.wait_with_output().expect("it ends");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    if ended.status.success() { Ok(text(ended.stdout)) } else { Err(text(ended.stderr)) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_examples_take_a_token_that_counts_and_refuse_all_others() {
    let studio = Studio::on_sqlite().await;
    let url = serve_surface(&studio, Surface::Members);
    let (browser, member) = joined(&studio).await;
    let issued = token(&studio, studio.id, &browser).await;
    let [_, claims] = parts(&issued);
    // Here the surface listens at another address than the one that it says.
    let claims = MemberClaims { iss: url.clone(), ..serde_json::from_value(claims).expect("claims") };
    let (key, pair) = studio.app.access.signing_keys.signing().await.expect("a key");
    let sign = |claims: MemberClaims| jwt::sign(&claims, &key, &pair).expect("a token");
    let good = sign(claims.clone());
    let (signed, signature) = good.rsplit_once('.').expect("a signature");
    let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", signed.split('.').nth(1).expect("claims"));
    let refused = [
        (issued, "another gateway's"),
        (sign(MemberClaims { aud: StudioId::new(studio.clock.now()), ..claims.clone() }), "another studio's"),
        (sign(MemberClaims { origin: "https://evil.example".into(), ..claims.clone() }), "another website's"),
        (sign(MemberClaims { exp: claims.iat - 1, ..claims.clone() }), "expired"),
        (sign(MemberClaims { iat: claims.iat + 300, ..claims }), "not valid yet"),
        (format!("{signed}.{}", signature.chars().rev().collect::<String>()), "wrong signature"),
        (unsigned, "another algorithm"),
        ("x".to_owned(), "not a token"),
    ];
    let id = studio.id.to_string();
    let examples = tokio::task::block_in_place(examples);
    tokio::task::block_in_place(|| {
        for (program, example) in examples {
            let judge = |token: &str| judged(&program, example, [&url, &id, PAGE], token);
            let taken = judge(&good).expect("it counts");
            assert!(taken.contains(member["id"].as_str().expect("an id")), "{example}: {taken}");
            for (token, why) in &refused {
                let said = judge(token).expect_err(why);
                assert!(said.contains(why), "{example}: {said} in place of {why}");
            }
        }
    });
}
