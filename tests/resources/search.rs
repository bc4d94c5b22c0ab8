//! `q`: what a search finds, on either engine alike, and how it stays true and cheap.

use std::time::Duration;

use flow_gateway::{
    access::scope::Scope::{
        self, ContentRead, ContentWrite, InstructorsRead, InstructorsWrite, MembersRead, MembersWrite,
    },
    resources::content::Content,
    store::{
        db::Db,
        normalize::normalize_for_search,
        row::{self, Slice},
    },
    wire::search::Search,
};
use proptest::{prelude::*, strategy::ValueTree};
use serde_json::{Value, json};

use crate::{
    resources::classes::{each, id},
    support::{
        crowd, made, plans,
        studio::{Client, Studio, on_both_engines, within},
    },
};

const SCOPES: &[Scope] = &[ContentRead, ContentWrite, InstructorsRead, InstructorsWrite, MembersRead, MembersWrite];

/// Titles with every sign that means something to an engine's patterns, and letters of several kinds.
const TITLES: &[&str] = &[
    "Zoë",
    "Zoe\u{308} decomposed",
    "Núñez",
    "Straße",
    "STRASSE",
    "Ｙｉｎ　Ｙｏｇａ",
    "100% off",
    "a_b",
    "a*b",
    "say \"om\"",
    "back\\slash",
    "[new] flow",
    "]new[ flow",
    "it's",
    "a^b",
    "a?b",
    "{x}",
    "(y)",
    "a-b",
    "a|b",
    "a+b",
    "a.b",
    "a$b",
    "a:b",
    "NEAR",
    "a AND b",
    "İstanbul",
    "Ёлка",
    "ヨガ",
    "ﾖｶﾞ",
    "👩‍🦰 hair",
    "e\u{301}e\u{301}",
];

/// Makes a published piece of content.
async fn piece(studio: &Studio, title: &str) -> Value {
    let fields = json!({"title": title, "status": "published", "published_at": "2020-01-01T00:00:00Z"});
    made::content(studio, studio.id, fields).await.expect("content")
}

/// The titles that a search finds.
async fn found(client: &Client, q: &str) -> Vec<Value> {
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("q", q).finish();
    each(&client.get(&format!("/v1/content?limit=100&{query}")).await.rows(), "title")
}

/// What the store finds.
async fn searched(studio: &Studio, q: &str) -> Vec<String> {
    let words = q.parse::<Search>().expect("a search").words().to_vec();
    let slice = Slice { id: None, external_id: None, updated_since: None, after: None, words, limit: 100 };
    let rows = row::list::<Content>(studio.app.db.of(studio.id), slice, |query| query).await.expect("rows").rows;
    rows.into_iter().map(|row| row.fields.title).collect()
}

/// What a search means.
fn meant(q: &str) -> Vec<String> {
    let words: Vec<String> = normalize_for_search(q).split_whitespace().map(str::to_owned).collect();
    let matches = |title: &&&str| words.iter().all(|word| normalize_for_search(title).contains(word));
    TITLES.iter().filter(matches).map(|title| (*title).to_owned()).collect()
}

#[apply(on_both_engines!)]
async fn case_and_marks_make_no_difference(studio: Studio) {
    let server = studio.server(SCOPES).await;
    for title in ["Zoe\u{308} breathes", "Núñez", "Große Straße", "Ｙｉｎ"] {
        piece(&studio, title).await;
    }
    for (q, title) in [
        ("zoë", "Zoe\u{308} breathes"),
        ("ZOE", "Zoe\u{308} breathes"),
        ("breathes zoe", "Zoe\u{308} breathes"),
        ("nunez", "Núñez"),
        ("ñu\u{301}", "Núñez"),
        ("strasse", "Große Straße"),
        ("GROSSE ße", "Große Straße"),
        ("yin", "Ｙｉｎ"),
        ("ＹＩＮ", "Ｙｉｎ"),
    ] {
        assert_eq!(found(&server, q).await, [title], "{q}");
    }
}

#[apply(on_both_engines!)]
async fn members_are_found_by_any_of_their_names_whatever_the_marks(studio: Studio) {
    let server = studio.server(SCOPES).await;
    let member = json!({"email": "Zoe.Nunez@member.example", "first_name": "Zoë", "last_name": "Núñez"});
    server.post("/v1/members/invites", member).await.expect(201);
    for (q, count) in [("zo%C3%AB+nunez", 1), ("NU%CC%81", 1), ("zoe.nunez@member", 1), ("zoenunez", 0), ("zoe+rui", 0)]
    {
        assert_eq!(server.get(&format!("/v1/members?q={q}")).await.rows().len(), count, "{q}");
    }
}

#[apply(on_both_engines!)]
async fn each_sign_is_itself_and_one_simple_model_says_what_is_found(studio: Studio) {
    for title in TITLES {
        piece(&studio, title).await;
    }
    let signs = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
    for sign in signs.chars() {
        for q in [sign.to_string(), format!("{sign}b"), format!("a{sign}"), format!("{sign}{sign}")] {
            assert_eq!(searched(&studio, &q).await, meant(&q), "{q}");
        }
    }
    for q in TITLES.iter().chain(&["NEAR(a b)", "title:a", "a OR b", "new flow", "-a", "a*", "ss", "ß", "カ", "a b"])
    {
        assert_eq!(searched(&studio, q).await, meant(q), "{q}");
    }
    let texts = prop::string::string_regex("[a-eßéÉ%_*\\[\\]\"\\\\ -]{1,6}").unwrap();
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for _ in 0..150 {
        let q = texts.new_tree(&mut runner).unwrap().current();
        if q.parse::<Search>().is_ok() {
            assert_eq!(searched(&studio, &q).await, meant(&q), "{q:?}");
        }
    }
}

#[apply(on_both_engines!)]
async fn a_search_is_bounded_in_words_and_letters(studio: Studio) {
    let (server, website) = (studio.server(SCOPES).await, studio.website().await);
    for list in ["content", "members", "instructors"] {
        server.get(&format!("/v1/{list}?q=a+b+c+d+e+f+g+h")).await.expect(200);
        server.get(&format!("/v1/{list}?q={}", "x".repeat(64))).await.expect(200);
        for (q, why) in [
            ("a+".repeat(50), "`q` has more than 8 words"),
            ("x".repeat(65), "`q` has a word of more than 64 characters"),
            ("+%CC%81".into(), "`q` is blank"),
        ] {
            let problem = server.get(&format!("/v1/{list}?q={q}")).await.is_problem(400, "malformed_request");
            assert!(problem["detail"].as_str().unwrap().contains(why), "{problem}");
        }
    }
    website.get("/v1/content?q=a+b+c+d+e+f+g+h").await.expect(200);
    website.get("/v1/content?q=a+b+c+d+e+f+g+h+i").await.is_problem(400, "malformed_request");
}

#[apply(on_both_engines!)]
async fn a_row_is_found_by_what_it_says_now(studio: Studio) {
    let server = studio.server(SCOPES).await;
    let row = piece(&studio, "Morning").await;
    let path = format!("/v1/content/{}", id(&row));
    server.patch(&path, json!({"tags": ["Yin"]})).await.expect(200);
    assert_eq!(found(&server, "morning").await.len(), 1);
    server.patch(&path, json!({"title": "Évening"})).await.expect(200);
    assert_eq!((found(&server, "morning").await.len(), found(&server, "evening").await.len()), (0, 1));
    server.delete(&path).await.expect(204);
    assert_eq!(found(&server, "evening").await.len(), 0);
}

#[apply(on_both_engines!)]
async fn pages_of_a_search_lead_through_every_row_once(studio: Studio) {
    let server = studio.server(SCOPES).await;
    let mut made = Vec::new();
    for number in 0..7 {
        made.push(piece(&studio, &format!("Flow {number}")).await["title"].clone());
        piece(&studio, &format!("Rest {number}")).await;
    }
    let changes = "updated_since=2020-01-01T00:00:00Z&q=low";
    within(Duration::from_secs(20), async || {
        server.changes(&format!("/v1/content?{changes}")).await.len() == made.len()
    })
    .await;
    for filter in ["q=low", changes, "q=low&status=published"] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = server.get(&format!("/v1/content?limit=2&{filter}{cursor}")).await.expect(200);
            seen.extend(each(page["data"].as_array().unwrap(), "title"));
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(seen, made, "{filter}");
    }
    let one = piece(&studio, "Flow one").await;
    assert_eq!(server.get(&format!("/v1/content?q=flow&id={}", id(&one))).await.rows().len(), 1);
    assert_eq!(server.get(&format!("/v1/content?q=rest&id={}", id(&one))).await.rows().len(), 0);
}

#[apply(on_both_engines!)]
async fn a_search_finds_nothing_of_another_studio(studio: Studio) {
    piece(&studio, "Secret breath").await;
    let theirs = studio.server_of(studio.neighbour().await, SCOPES).await;
    assert!(found(&theirs, "breath").await.is_empty());
}

#[apply(on_both_engines!)]
async fn rows_from_before_there_was_an_index_are_found_also_when_their_indexing_was_ended_half_way(studio: Studio) {
    let server = studio.server(SCOPES).await;
    for number in 0..3 {
        piece(&studio, &format!("Größe {number}")).await;
    }
    let mut tx = studio.app.db.begin().await.unwrap();
    tx.on().query("update content set search = null where title <> 'Größe 1'").execute().await.unwrap();
    tx.on().query("insert into rows_to_fill (name) values ('content')").execute().await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(found(&server, "grosse").await.len(), 1);
    // Whoever opens the database next goes on with it.
    studio.second_instance().await;
    assert_eq!(found(&server, "grosse").await.len(), 3);
    let left = studio.app.db.read().query("select count(*) from rows_to_fill").scalar::<i64>().await.unwrap();
    assert_eq!(left, Some(0));
}

#[apply(on_both_engines!)]
async fn a_search_reads_the_studios_texts_alone_and_in_order(studio: Studio) {
    let (server, website) = (studio.server(SCOPES).await, studio.website().await);
    let row = piece(&studio, "Morning flow").await;
    crowd::copy(&studio.app.db, "content", &id(&row), 6000, &[]).await;
    crowd::analyze(&studio.app.db).await;
    for (client, filter) in
        [(&server, "q=zq"), (&server, "q=flow&status=draft"), (&website, "q=zq+flow"), (&website, "q=o")]
    {
        let (reply, plans) = plans::of(client.get(&format!("/v1/content?{filter}"))).await;
        reply.expect(200);
        let how = match &studio.app.db {
            Db::Sqlite { .. } => "content USING COVERING INDEX content_by_search (studio_id=?",
            Db::Postgres(_) => "Index Only Scan using content_by_search",
        };
        assert!(
            plans[0].contains(how) && !plans[0].contains("TEMP B-TREE") && !plans[0].contains("Sort"),
            "{filter}: {}",
            plans[0]
        );
    }
}
