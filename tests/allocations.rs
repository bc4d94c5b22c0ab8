//! The gate takes nothing from the heap for a key that it knows. A test binary of its own: its allocator counts.

#[path = "../benches/support/house.rs"]
mod house;

use allocation_counter::measure;
use flow_gateway::{
    access::{
        admit::admit,
        call::Decision,
        caller::Caller,
        network::Network,
        stored::KeyId,
        surface::Surface,
        usage::{KeyUse, Usage, UseOutcome},
    },
    store::open::{DatabaseLocation, open},
    surfaces,
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
        let usage = Usage::default();
        usage.count(id, used, now);
        let taken = measure(|| (0..100).for_each(|_| usage.count(id, used, now)));
        assert_eq!(taken.count_total, 0, "counting a call: {taken:?}");
    }
}
