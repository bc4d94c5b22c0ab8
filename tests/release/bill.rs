//! The SBOM in a release: valid, complete, and of the same crates as the notices.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::Value;

use super::{embedded::embedded, notices::listed};

/// Checks the SBOM that a release has.
///
/// # Panics
/// When it lacks something.
pub fn is_of_the_linked_crates(file: &Path) {
    let bill: Value = serde_json::from_slice(&fs::read(file).expect("the SBOM")).expect("JSON");
    assert_eq!((&bill["bomFormat"], &bill["specVersion"]), (&"CycloneDX".into(), &"1.5".into()));
    // A random number would make each build another one.
    assert!(bill["serialNumber"].is_null() && bill["metadata"]["timestamp"].is_string());
    let text = |part: &Value, field: &str| part[field].as_str().expect("a text").to_owned();
    let parts = bill["components"].as_array().expect("parts");
    let (crates, works): (Vec<_>, Vec<_>) = parts.iter().partition(|part| text(part, "purl").starts_with("pkg:cargo/"));
    let ids: BTreeSet<_> =
        crates.iter().map(|part| format!("{} {}", text(part, "name"), text(part, "version"))).collect();
    let notices = fs::read_to_string(file.with_file_name("THIRD-PARTY-NOTICES.txt")).expect("the notices");
    assert_eq!(ids, listed(&notices));
    assert_eq!(crates.len(), ids.len());
    for part in crates {
        assert_eq!(text(part, "purl"), format!("pkg:cargo/{}@{}", text(part, "name"), text(part, "version")));
        assert_eq!(text(&part["hashes"][0], "alg"), "SHA-256", "{part}");
        assert!(part["licenses"][0]["expression"].is_string() || part["licenses"][0]["license"].is_object(), "{part}");
    }
    let works: BTreeSet<_> = works.iter().map(|part| text(part, "purl")).collect();
    let known: BTreeSet<_> = embedded().into_iter().map(|work| work.purl).collect();
    assert_eq!(works, known);
    // Each part is reached from the program, so that a reader finds out why it is there.
    let edges = bill["dependencies"].as_array().expect("edges");
    let mut reached = BTreeSet::new();
    let mut next = vec![text(&bill["metadata"]["component"], "bom-ref")];
    while let Some(part) = next.pop() {
        let of = edges.iter().find(|edge| text(edge, "ref") == part).unwrap_or_else(|| panic!("no edges of {part}"));
        let to = of["dependsOn"].as_array().into_iter().flatten().map(|to| to.as_str().expect("a part").to_owned());
        next.extend(to.filter(|to| !reached.contains(to)));
        reached.insert(part);
    }
    assert_eq!(reached.len(), parts.len() + 1, "with the program itself");
}
