//! The gate takes nothing from the heap for a key that it knows, nor does the look for a trace. A test binary of its own: its allocator counts.

#[path = "../benches/support/house.rs"]
mod house;

use std::{sync::Arc, time::Duration};

use allocation_counter::measure;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use flow_gateway::{
    access::{
        activity::queue::AnsweredCall,
        admit::admit,
        call::{CachedKey, Decision},
        caller::Caller,
        key::PresentedKey,
        network::Network,
        stored::{KeyId, LiveKey},
        surface::Surface,
        usage::{KeyUse, Usage, UseOutcome},
    },
    operation::app::App,
    store::{
        instant::Instant,
        open::{DatabaseLocation, open},
    },
    surfaces,
    wire::{request::RequestIds, trace_context::TraceParent},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn admitting_a_known_key_allocates_nothing() {
    let directory = tempfile::tempdir().expect("a directory");
    let db = open(&DatabaseLocation::File(directory.path().join("flow.db")), true).await.expect("the database opens");
    let keys = house::furnish(&db).await;
    let (app, _tasks) = house::start(db, &keys, true).await;
    let (storefront, management) =
        (surfaces::guarded(Surface::Storefront, &app), surfaces::guarded(Surface::Management, &app));
    let known = house::Known::of(&app);
    for (key, guard) in [(&keys.publishable, &storefront), (&keys.secret, &management)] {
        let call = house::call(key);
        let opens = || matches!(admit(&call, guard.listener(), &known), Decision::Admitted { .. });
        assert!(opens(), "the first call also makes the bucket of the key's rate");
        let taken = measure(|| assert!((0..100).all(|_| opens())));
        assert_eq!(taken.count_total, 0, "{taken:?}");
        let Decision::Admitted { caller, .. } = admit(&call, guard.listener(), &known) else {
            panic!("it is admitted")
        };
        let used = KeyUse {
            operation: caller.operation(),
            outcome: UseOutcome::Admitted,
            network: Network::of([192, 0, 2, 1].into()),
        };
        let (id, now) = (KeyId::new(app.clock.now()), app.clock.now());
        // Beside the gateway's own counts, which are written once a second.
        let usage = Usage::new(true);
        usage.count(id, used, now);
        let taken = measure(|| (0..100).for_each(|_| usage.count(id, used, now)));
        assert_eq!(taken.count_total, 0, "counting a call: {taken:?}");
        let Some(key) = cached(&app, key) else { panic!("it is known") };
        let call = answered(now);
        usage.activity.record(&key, call.clone());
        let taken = measure(|| (0..100).for_each(|_| usage.activity.record(&key, call.clone())));
        assert_eq!(taken.count_total, 0, "recording a call: {taken:?}");
    }
}

#[test]
fn reading_whether_a_request_names_a_trace_allocates_nothing() {
    let with = |traceparent: Option<&'static str>| {
        let all = [("host", "127.0.0.1"), ("authorization", "Bearer x"), ("accept", "*/*"), ("x-request-id", "mine")];
        let all = all.into_iter().chain(traceparent.map(|value| ("traceparent", value)));
        all.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect::<HeaderMap>()
    };
    let valid = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    for (traceparent, is_valid) in [(None, false), (Some(valid), true), (Some("00-hostile"), false)] {
        let headers = with(traceparent);
        let taken = measure(|| assert!((0..100).all(|_| TraceParent::sent(&headers).is_some() == is_valid)));
        assert_eq!(taken.count_total, 0, "{traceparent:?}: {taken:?}");
    }
}

fn cached(app: &App, key: &str) -> Option<Arc<LiveKey>> {
    let claim = PresentedKey::parse(key).expect("a key").claim();
    match app.access.keyring.cached(&claim, app.clock.uptime()) {
        CachedKey::Found(key) => Some(key),
        CachedKey::Absent | CachedKey::NotLoaded => None,
    }
}

/// A call of an operation, with an id that was cloned before, as an answer's header is.
fn answered(at: Instant) -> AnsweredCall {
    let request_id = RequestIds::new().next();
    drop(request_id.header());
    AnsweredCall {
        at,
        surface: Surface::Management,
        operation: Some("managementListInstructors"),
        unknown: None,
        network: Network::of([192, 0, 2, 1].into()),
        status: 200,
        refused: false,
        code: None,
        required_scope: None,
        request_id,
        took: Duration::from_micros(250),
    }
}
