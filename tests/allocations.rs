//! The gate takes nothing from the heap for a key that it knows. A test binary of its own: its allocator counts.

#[path = "../benches/support/house.rs"]
mod house;

use allocation_counter::measure;
use flow_gateway::{
    access::{admit::admit, call::Decision, surface::Surface},
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
    }
}
