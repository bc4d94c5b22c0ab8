//! Bodies and merge patches: whatever JSON comes, it is taken or every fault has a place; a row that a patch without
//! faults made is one that could have been created so, and an empty patch changes nothing.
#![no_main]

use flow_gateway::{
    resources::{
        classes::Class, content::Content, coupons::Coupon, instructors::Instructor, locations::Location, plans::Plan,
        programs::Program,
    },
    wire::input::Input,
};
use libfuzzer_sys::fuzz_target;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

fuzz_target!(|data: &[u8]| {
    let mut values = serde_json::Deserializer::from_slice(data).into_iter::<Value>();
    let Some(Ok(sent)) = values.next() else { return };
    let patch = values.next().and_then(Result::ok).unwrap_or_else(|| json!({}));
    try_on::<Instructor>(&sent, &patch);
    try_on::<Class>(&sent, &patch);
    try_on::<Plan>(&sent, &patch);
    try_on::<Coupon>(&sent, &patch);
    try_on::<Content>(&sent, &patch);
    try_on::<Location>(&sent, &patch);
    try_on::<Program>(&sent, &patch);
});

fn try_on<T: Input + Serialize + DeserializeOwned + Clone>(sent: &Value, patch: &Value) {
    let input = T::input();
    let made = input.typed::<T>(input.check_new(sent.clone())).expect("a stand-in at least");
    for fault in &made.faults {
        assert!(!fault.detail.is_empty() && (fault.pointer.is_empty() || fault.pointer.starts_with('/')));
    }
    if !made.faults.is_empty() {
        return;
    }
    let nothing = input.check_patch(json!({}));
    let same = input.change(&made.fields, &nothing).expect("JSON");
    assert!(same.faults.is_empty(), "an empty patch finds {:?} in {sent}", same.faults);
    assert_eq!(json!(same.fields), json!(made.fields), "an empty patch changes nothing");
    let checked = input.check_patch(patch.clone());
    let changed = input.change(&made.fields, &checked).expect("JSON");
    if changed.faults.is_empty() {
        let again = input.change(&changed.fields, &nothing).expect("JSON");
        assert!(again.faults.is_empty(), "{patch} made {:?}", again.faults);
        let twice = input.change(&changed.fields, &checked).expect("JSON");
        assert_eq!(json!(twice.fields), json!(changed.fields), "the same patch again changes nothing");
    }
}
