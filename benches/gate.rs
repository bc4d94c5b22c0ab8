//! The gate alone: what a key costs before any handler runs. Form, checksum, the memory of keys, the comparison of the
//! fingerprint, bounds, rate, operation, scope. `cargo bench --bench gate`; it should stay under a microsecond.

#![allow(missing_docs, reason = "criterion's macros make public items")]

#[path = "support/house.rs"]
mod house;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use flow_gateway::{
    access::{admit::admit, call::Decision, surface::Surface},
    store::open::{DatabaseLocation, open},
    surfaces,
};

fn gate(criterion: &mut Criterion) {
    let directory = tempfile::tempdir().expect("a directory");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (app, keys, _tasks) = runtime.block_on(async {
        let db =
            open(&DatabaseLocation::File(directory.path().join("flow.db")), true).await.expect("the database opens");
        let keys = house::furnish(&db).await;
        let (app, tasks) = house::start(db, &keys, true).await;
        (app, keys, tasks)
    });
    let (storefront, management) =
        (surfaces::guarded(Surface::Storefront, &app), surfaces::guarded(Surface::Management, &app));
    let known = house::Known::of(&app);
    let mut group = criterion.benchmark_group("gate");
    for (name, key, guard) in [("publishable", &keys.publishable, &storefront), ("secret", &keys.secret, &management)] {
        let (call, listener) = (house::call(key), guard.listener());
        assert!(matches!(admit(&call, listener, &known), Decision::Admitted { .. }), "{name}: the gate opens");
        group.bench_function(name, |bencher| bencher.iter(|| admit(black_box(&call), listener, &known)));
    }
    let mistyped = keys.secret.replace("flow_sk_", "flow_sk_x").chars().take(58).collect::<String>();
    let call = house::call(&mistyped);
    group.bench_function("mistyped", |bencher| bencher.iter(|| admit(black_box(&call), management.listener(), &known)));
    group.finish();
}

criterion_group!(benches, gate);
criterion_main!(benches);
