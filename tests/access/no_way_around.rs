//! Random calls: none reaches a handler that the table does not name, and the judgement is what the contract says it is.

use std::net::IpAddr;

use flow_gateway::{
    access::{
        admit::admit,
        call::{Call, Credential, Decision, Step},
        caller::Caller,
        key::{KeyKind, PresentedKey},
        listener::Listener,
        scope::Scope,
        table::{Lookup, Rule, Table},
    },
    operation::{app::App, endpoint},
    store::instant::Instant,
    surfaces::management,
    wire::problem::Code,
};
use proptest::{
    collection::vec,
    prelude::*,
    sample::select,
    test_runner::{Config, TestRunner},
};

use super::{
    judge::{Known, NOW, listeners, make},
    rows::management_rules,
};
use crate::support::studio::{Studio, secret};

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() })
}

/// What routers stumble over; the first is empty.
const ODD: &str = " . .. %2e %2E%2e %2f %2F %5c \\ * {*rest} {} {{ }} :id v1 V1 %76%31 % %zz %00 ; ;a=b a;b é %C3%A9 \u{feff} ٣ \
    instructors.json instructors%20 ins_01jdc9x0aetqt8q3yv0gcm1v5k loc_01jdc9x0aetqt8q3yv0gcm1v5k \
    room_01jdc9x0aetqt8q3yv0gcm1v5k rooms Rooms ~ @ $&+,=:";
const METHODS: &str = " GET HEAD POST PUT PATCH DELETE OPTIONS TRACE CONNECT get PRI SEARCH _";

/// Paths made of what the tables are made of, and of what routers stumble over.
fn paths() -> impl Strategy<Value = String> {
    let words: Vec<String> =
        management_rules().iter().flat_map(|rule| rule.path.split('/')).map(str::to_owned).collect();
    let odd = select(ODD.split(' ').collect::<Vec<_>>()).prop_map(str::to_owned);
    let piece = prop_oneof![4 => select(words), 2 => odd, 1 => any::<String>()];
    let glue = prop_oneof![12 => Just("/"), 1 => Just(""), 1 => Just("//"), 1 => Just("/./"), 1 => Just("/../")];
    (vec((glue, piece), 0..7), any::<bool>()).prop_map(|(pieces, versioned)| {
        let tail: String = pieces.into_iter().flat_map(|(glue, piece)| [glue.to_owned(), piece]).collect();
        if versioned { format!("/v1{tail}") } else { tail }
    })
}

/// Paths that are in the table, with a stranger's id in them, and perhaps one character changed.
fn near_paths() -> impl Strategy<Value = String> {
    let paths: Vec<_> = management_rules().iter().map(|rule| rule.path).collect();
    (select(paths), any::<prop::sample::Index>(), any::<char>(), 0..4_u8).prop_map(|(path, at, letter, change)| {
        let mut letters: Vec<char> = path.replace('{', "x").replace('}', "y").chars().collect();
        let at = at.index(letters.len());
        match change {
            0 => letters.insert(at, letter),
            1 => drop(letters.remove(at)),
            2 => letters[at] = letter,
            _ => {}
        }
        letters.into_iter().collect()
    })
}

fn methods() -> impl Strategy<Value = String> {
    let known = select(METHODS.split(' ').collect::<Vec<_>>()).prop_map(str::to_owned);
    prop_oneof![9 => known, 1 => any::<String>()]
}

/// Whether a path is one of a rule's.
pub fn fits(rule: &Rule, path: &str) -> bool {
    let (mut wanted, mut sent) = (rule.path.split('/'), path.split('/'));
    let all = wanted
        .by_ref()
        .zip(sent.by_ref())
        .all(|(wanted, sent)| if wanted.starts_with('{') { !sent.is_empty() } else { wanted == sent });
    all && rule.path.split('/').count() == path.split('/').count()
}

/// The table, read by hand: the rule whose words are these, and the methods that the path takes. A path that a rule
/// spells out is that rule's alone.
fn by_hand<'r>(rules: &'r [Rule], method: &str, path: &str) -> (Option<&'r Rule>, bool) {
    let method = if method == "HEAD" { "GET" } else { method };
    let is_spelled_out = rules.iter().any(|rule| rule.path == path);
    let at: Vec<_> =
        rules.iter().filter(|rule| if is_spelled_out { rule.path == path } else { fits(rule, path) }).collect();
    (at.iter().find(|rule| rule.method == method).copied(), !at.is_empty())
}

fn agrees(table: &Table, rules: &[Rule], method: &str, path: &str) -> Result<(), TestCaseError> {
    let (rule, known_path) = by_hand(rules, method, path);
    match table.find(method, path) {
        Lookup::Operation(found) => prop_assert_eq!(Some(found.id), rule.map(|rule| rule.id)),
        Lookup::OtherMethods { allow, .. } => prop_assert!(rule.is_none() && known_path && !allow.is_empty()),
        Lookup::Nothing => prop_assert!(!known_path, "{} {} should be found", method, path),
    }
    Ok(())
}

#[test]
fn the_table_finds_a_row_exactly_where_one_stands() {
    let (table, rules) = (endpoint::operations(management::endpoints()).table, management_rules());
    let calls = (methods(), prop_oneof![paths(), near_paths()]);
    runner(20_000).run(&calls, |(method, path)| agrees(&table, &rules, &method, &path)).unwrap();
}

/// Through the whole stack: what the guard lets in, the router knows; what the table does not know, nobody answers.
#[test]
fn no_call_reaches_a_handler_that_the_table_does_not_name() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (studio, caller) = runtime.block_on(async {
        let studio = Studio::on_sqlite().await;
        let mut key = secret(Scope::ALL);
        key.rate_limit = 100_000;
        let key = studio.key(key).await;
        let caller = studio.api_client().with_key(key.minted.reveal());
        (studio, caller)
    });
    let rules = management_rules();
    let calls = (methods(), prop_oneof![paths(), near_paths()]);
    let outcome = runner(3000).run(&calls, |(method, path)| {
        let (Ok(_), Ok(uri)) = (method.parse::<axum::http::Method>(), path.parse::<axum::http::Uri>()) else {
            return Ok(());
        };
        let (rule, known_path) = by_hand(&rules, &method, uri.path());
        let open = matches!(uri.path(), "/" | "/openapi.json" | "/llms.txt" | "/storefront/openapi.json")
            || uri.path().starts_with("/docs")
            || uri.path().starts_with("/storefront/docs");
        if open || path.is_empty() {
            return Ok(());
        }
        let reply = runtime.block_on(caller.call(&method, &path));
        let code = serde_json::from_slice::<serde_json::Value>(&reply.body)
            .map(|body| body["code"].clone())
            .unwrap_or_default();
        prop_assert!(!reply.status.is_server_error(), "{} {}: {:?}", method, path, reply);
        if rule.is_some() {
            prop_assert!(code != "unknown_operation" && reply.status != 405, "{} {}: {:?}", method, path, reply);
        } else if known_path {
            prop_assert_eq!(reply.status, 405);
        } else {
            prop_assert_eq!(reply.status, 404);
            prop_assert!(method == "HEAD" || code == "unknown_operation", "{} {}: {:?}", method, path, reply);
        }
        Ok(())
    });
    runtime.block_on(async { drop(studio) });
    outcome.unwrap();
}

/// Everything that a judgement depends on, chosen at random.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
struct Case {
    listener: usize,
    kind: KeyKind,
    /// 0: none, 1: two headers, 2: not text, 3: mistyped, 4: made up, 5: the secret part is wrong, else: the key itself.
    credential: u8,
    key_in_query: bool,
    key_in_path: bool,
    origin: Option<&'static str>,
    sec_fetch_site: bool,
    allowed_origins: Vec<&'static str>,
    networks: Vec<&'static str>,
    client: &'static str,
    revoked: bool,
    expires_in: Option<i64>,
    exhausted: bool,
    rule: Option<usize>,
    method: &'static str,
    scopes: Vec<Scope>,
}

fn cases() -> impl Strategy<Value = Case> {
    let origin = select(&["https://studio.example", "https://evil.example", "null", ""][..]);
    let rules = management_rules().len();
    let sent =
        (0..3_usize, prop_oneof![Just(KeyKind::Secret), Just(KeyKind::Publishable)], 0..14_u8, rarely(), rarely());
    let browser = (
        prop::option::weighted(0.3, origin),
        rarely(),
        vec(select(&["https://studio.example", "https://other.example"][..]), 0..2),
    );
    let bounds = (
        vec(select(&["192.0.2.0/24", "2001:db8::/32"][..]), 0..2),
        select(&["192.0.2.7", "198.51.100.1", "2001:db8::1"][..]),
        rarely(),
        prop::option::weighted(0.3, -2..3_i64),
        rarely(),
    );
    let asked = (
        prop::option::weighted(0.9, 0..rules),
        select(&["GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS"][..]),
        vec(select(Scope::ALL), 1..18),
    );
    (sent, browser, bounds, asked).prop_map(|(sent, browser, bounds, asked)| Case {
        listener: sent.0,
        kind: sent.1,
        credential: sent.2,
        key_in_query: sent.3,
        key_in_path: sent.4,
        origin: browser.0,
        sec_fetch_site: browser.1,
        allowed_origins: browser.2,
        networks: bounds.0,
        client: bounds.1,
        revoked: bounds.2,
        expires_in: bounds.3,
        exhausted: bounds.4,
        rule: asked.0,
        method: asked.1,
        scopes: asked.2,
    })
}

fn rarely() -> impl Strategy<Value = bool> {
    prop::bool::weighted(0.1)
}

impl Case {
    /// The contract's order, as a list of questions; the first that is answered with a refusal ends it.
    fn by_the_book(&self, listener: &Listener<App>, path: &str) -> Option<(Step, Code)> {
        let is_key = self.credential >= 4;
        let is_secret = self.kind == KeyKind::Secret;
        let (on_storefront, on_management) = (listener.storefront.is_some(), listener.management.is_some());
        let table = if is_secret { listener.management.as_ref() } else { listener.storefront.as_ref() };
        let table = table.map(|operations| &operations.table);
        let rules = table.map(Table::rules).unwrap_or_default();
        let (rule, known_path) = by_hand(rules, self.method, path);
        let steps = [
            (self.key_in_query || self.key_in_path, Step::Credential, Code::MalformedRequest),
            (self.credential == 0, Step::Credential, Code::MissingKey),
            (self.credential == 1, Step::Credential, Code::MalformedRequest),
            (!is_key, Step::Form, Code::MalformedKey),
            (is_secret && (self.origin.is_some() || self.sec_fetch_site), Step::Browser, Code::SecretKeyInBrowser),
            (is_secret && !on_management || !is_secret && !on_storefront, Step::Surface, Code::WrongKeyKind),
            (self.credential <= 5, Step::Stored, Code::UnknownKey),
            (self.revoked, Step::Stored, Code::RevokedKey),
            (self.expires_in.is_some_and(|seconds| seconds <= 0), Step::Stored, Code::ExpiredKey),
            (!is_secret && self.origin_is_foreign(), Step::Bounds, Code::OriginNotAllowed),
            (is_secret && self.network_is_foreign(), Step::Bounds, Code::NetworkNotAllowed),
            (self.exhausted, Step::Rate, Code::RateLimited),
            (!known_path, Step::Operation, Code::UnknownOperation),
            (rule.is_none(), Step::Operation, Code::MethodNotAllowed),
            (
                rule.and_then(|rule| rule.needs).is_some_and(|scope| !self.scopes.contains(&scope)),
                Step::Scope,
                Code::InsufficientScope,
            ),
        ];
        steps.into_iter().find(|(refuses, ..)| *refuses).map(|(_, step, code)| (step, code))
    }

    fn origin_is_foreign(&self) -> bool {
        !self.allowed_origins.is_empty() && self.origin.is_some_and(|origin| !self.allowed_origins.contains(&origin))
    }

    fn network_is_foreign(&self) -> bool {
        let is_ours = |network: &&str| match *network {
            "192.0.2.0/24" => self.client == "192.0.2.7",
            _ => self.client == "2001:db8::1",
        };
        !self.networks.is_empty() && !self.networks.iter().any(is_ours)
    }

    fn judge(&self, listener: &Listener<App>, path: &str) -> Decision {
        let mut made = make(self.kind, if self.kind == KeyKind::Secret { &self.scopes } else { &[] });
        made.stored.origins = self.allowed_origins.iter().map(|origin| origin.parse().unwrap()).collect();
        made.stored.networks = self.networks.iter().map(|network| network.parse().unwrap()).collect();
        made.stored.revoked_at = self.revoked.then_some(NOW);
        made.stored.expires_at =
            self.expires_in.map(|seconds| Instant::from_micros(NOW.micros() + seconds * 1_000_000));
        let stranger = make(self.kind, &[]);
        let text = made.minted.reveal();
        if self.credential == 5 {
            // As if the stored secret part were another: the id is right, the rest is not.
            made.stored.fingerprint = PresentedKey::parse(stranger.minted.reveal()).unwrap().claim().fingerprint;
        }
        let credential = match self.credential {
            0 => Credential::Missing,
            1 => Credential::Several,
            2 => Credential::Unreadable,
            3 => Credential::Bearer(&text[..text.len() - 1]),
            4 => Credential::Bearer(stranger.minted.reveal()),
            _ => Credential::Bearer(text),
        };
        let path = if self.key_in_path { format!("{path}/flow%5Fsk_") } else { path.to_owned() };
        let call = Call {
            method: self.method,
            path: &path,
            query: if self.key_in_query { "id=flow_%70k_1" } else { "limit=1" },
            credential,
            origin: self.origin,
            has_fetch_metadata: self.sec_fetch_site,
            is_preflight: false,
            client: self.client.parse::<IpAddr>().unwrap(),
        };
        admit(&call, listener, &Known { exhausted: self.exhausted, ..Known::of(&made.stored) })
    }
}

#[test]
fn the_first_refusal_in_the_contracts_order_wins() {
    let (listeners, rules) = (listeners(), management_rules());
    let mut outcomes = std::collections::BTreeMap::<String, u32>::new();
    let mut run = |case: &Case| {
        let path = case.rule.map_or("/v1/nothing".to_owned(), |rule| rules[rule].path.replace(['{', '}'], ""));
        let listener = &listeners[case.listener];
        let decided = match case.judge(listener, &path) {
            Decision::Admitted { caller, .. } => {
                let table = if case.kind == KeyKind::Secret { &listener.management } else { &listener.storefront };
                let rule = by_hand(table.as_ref().unwrap().table.rules(), case.method, &path).0;
                prop_assert_eq!(Some(caller.operation()), rule.map(|rule| rule.id));
                None
            }
            Decision::Refused(refusal) => Some((refusal.step, refusal.problem.code())),
            Decision::NeedsLookup(_) | Decision::NeedsRate(..) => {
                return Err(TestCaseError::fail("the memory of this test knows everything"));
            }
        };
        prop_assert_eq!(decided, case.by_the_book(listener, &path));
        *outcomes.entry(format!("{decided:?}")).or_default() += 1;
        Ok(())
    };
    let outcome = {
        let run = std::cell::RefCell::new(&mut run);
        runner(20_000).run(&cases(), |case| (run.borrow_mut())(&case))
    };
    outcome.unwrap();
    assert_eq!(outcomes.len(), 15, "every refusal, and the admission, came up: {outcomes:?}");
}
