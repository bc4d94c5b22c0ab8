//! Keys in archives, and what is told of those that cannot be unpacked.

use std::io::{Cursor, Write};

use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use tar::EntryType;

use super::{Home, file, found, key, masked, scanned};

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes).expect("packed");
    packed.finish().expect("packed")
}

fn tar(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    archive.append_data(&mut header, name, bytes).expect("packed");
    archive.into_inner().expect("packed")
}

pub fn zip(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file(name, zip::write::SimpleFileOptions::default()).expect("packed");
    archive.write_all(bytes).expect("packed");
    archive.finish().expect("packed").into_inner()
}

#[test]
fn a_key_is_found_in_archives_and_in_archives_in_them() {
    let home = Home::on_sqlite();
    let keys: Vec<_> = (0..5).map(|_| key()).collect();
    file(&home, "a/app.zip", zip("conf/app.ini", keys[0].as_bytes()));
    file(&home, "a/logs.gz", gzip(keys[1].as_bytes()));
    file(&home, "a/layer.tar.gz", gzip(&tar("etc/env", keys[2].as_bytes())));
    file(&home, "a/outer.tgz", gzip(&tar("inner.zip", &zip("deep.tar", &tar("x", keys[3].as_bytes())))));
    // By what it holds, whatever its name is.
    file(&home, "a/picture.png", zip("x", keys[4].as_bytes()));
    let mut expected = [
        ("a/app.zip!conf/app.ini", &keys[0]),
        ("a/layer.tar.gz!etc/env", &keys[2]),
        ("a/logs.gz", &keys[1]),
        ("a/outer.tgz!inner.zip!deep.tar!x", &keys[3]),
        ("a/picture.png!x", &keys[4]),
    ]
    .map(|(path, key)| (path.to_owned(), masked(key)));
    expected.sort();
    assert_eq!(found(&scanned(&home, &["a"])), expected);
}

#[test]
fn what_is_not_looked_at_is_told() {
    let home = Home::on_sqlite();
    let mut deep = key().into_bytes();
    for _ in 0..8 {
        deep = gzip(&deep);
    }
    file(&home, "a/deep.gz", deep);
    file(&home, "a/cut.gz", &gzip(&vec![7; 100_000])[..40]);
    let broken = key();
    file(&home, "a/broken.zip", [b"PK\x03\x04", broken.as_bytes()].concat());
    let ended = scanned(&home, &["a"]);
    assert_eq!(found(&ended), [("a/broken.zip".to_owned(), masked(&broken))]);
    let told: Value = serde_json::from_str(&ended.out).expect("JSON");
    let paths: Vec<_> = told["not_scanned"].as_array().expect("rows").iter().map(|row| row["path"].clone()).collect();
    assert_eq!(paths, [json!("a/broken.zip"), json!("a/cut.gz"), json!("a/deep.gz")], "{told}");
    assert!(ended.err.contains("not scanned: a/deep.gz: "), "{ended:?}");
}

/// What was not scanned, as `path!entry` and reason.
#[track_caller]
pub fn not_scanned(out: &str) -> Vec<(String, String)> {
    let told: Value = serde_json::from_str(out).expect("JSON");
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let shown = |row: &Value| {
        let entry = text(&row["entry"]).map(|entry| format!("!{entry}")).unwrap_or_default();
        (text(&row["path"]).expect("a path") + &entry, text(&row["reason"]).expect("a reason"))
    };
    told["not_scanned"].as_array().expect("rows").iter().map(shown).collect()
}

/// A tar of entries with any type, short name and data.
pub fn tar_of(entries: &[(EntryType, &str, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (kind, name, bytes) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(*kind);
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(bytes.len() as u64);
        header.set_cksum();
        archive.append(&header, *bytes).expect("packed");
    }
    archive.into_inner().expect("packed")
}

#[test]
fn the_data_of_a_tar_entry_is_looked_at_whatever_the_entry_s_type_is() {
    let home = Home::on_sqlite();
    let kinds = [EntryType::Symlink, EntryType::Directory, EntryType::new(b'V'), EntryType::XGlobalHeader];
    let keys: Vec<_> = kinds.iter().map(|_| key()).collect();
    let names = ["a", "b", "c", "d"];
    let entries: Vec<_> =
        kinds.iter().zip(names).zip(&keys).map(|((kind, name), key)| (*kind, name, key.as_bytes())).collect();
    file(&home, "a.tar", tar_of(&entries));
    let mut expected: Vec<_> =
        names.iter().zip(&keys).map(|(name, key)| (format!("a.tar!{name}"), masked(key))).collect();
    expected.sort();
    assert_eq!(found(&scanned(&home, &["a.tar"])), expected);
}

#[test]
fn a_key_in_the_extensions_of_a_tar_entry_is_found() {
    let home = Home::on_sqlite();
    let key = key();
    let mut archive = tar::Builder::new(Vec::new());
    archive.append_pax_extensions([("comment", key.as_bytes())]).expect("packed");
    let mut header = tar::Header::new_ustar();
    header.set_size(1);
    archive.append_data(&mut header, "x", &b"x"[..]).expect("packed");
    file(&home, "a.tar", archive.into_inner().expect("packed"));
    assert_eq!(found(&scanned(&home, &["a.tar"])), [("a.tar!x".to_owned(), masked(&key))]);
}

#[test]
fn names_and_extensions_of_a_tar_that_are_too_long_for_memory_are_not_read_and_reported() {
    let home = Home::on_sqlite();
    let long = vec![b'x'; 2 * 1024 * 1024];
    for (name, kind) in [("name.tar", EntryType::GNULongName), ("extensions.tar", EntryType::XHeader)] {
        let key = key();
        let bytes = tar_of(&[(kind, "long", &long), (EntryType::Regular, "x", key.as_bytes())]);
        file(&home, name, bytes);
        let ended = scanned(&home, &[name]);
        assert_eq!(found(&ended), [(name.to_owned(), masked(&key))], "its bytes are looked at as they are");
        let reason = "an entry has a name or extensions of more than 1 MiB".to_owned();
        assert_eq!(not_scanned(&ended.out), [(name.to_owned(), reason)]);
    }
}

#[test]
fn a_broken_entry_of_a_tar_hides_no_other() {
    let home = Home::on_sqlite();
    let key = key();
    let cut = &gzip(&vec![7; 100_000])[..40];
    file(&home, "a.tar", tar_of(&[(EntryType::Regular, "cut.gz", cut), (EntryType::Regular, "x", key.as_bytes())]));
    let ended = scanned(&home, &["a.tar"]);
    assert_eq!(found(&ended), [("a.tar!x".to_owned(), masked(&key))]);
    let [(place, _)] = &not_scanned(&ended.out)[..] else { panic!("{ended:?}") };
    assert_eq!(place, "a.tar!cut.gz");
}

/// A tar that breaks in the middle: a key in its first entry, one behind the break.
pub fn broken_tar(before: &str, behind: &str) -> Vec<u8> {
    let mut bytes =
        tar_of(&[(EntryType::Regular, "x", before.as_bytes()), (EntryType::Regular, "y", behind.as_bytes())]);
    let second = 2 * 512;
    bytes[second..second + 100].fill(b'!');
    bytes
}

#[test]
fn standard_input_is_looked_into_like_a_file_also_where_it_is_an_archive() {
    let home = Home::on_sqlite();
    let key = key();
    let text = format!("one\nKEY={key}\n");
    let pieces = [
        (text.clone().into_bytes(), "standard input"),
        (gzip(text.as_bytes()), "standard input"),
        (gzip(&tar("etc/env", text.as_bytes())), "standard input!etc/env"),
        (zip("app.ini", text.as_bytes()), "standard input!app.ini"),
    ];
    for (bytes, place) in pieces {
        let ended = home.run_reading(&bytes, &["scan", "--format", "json", "-"]);
        assert_eq!(found(&ended), [(place.to_owned(), masked(&key))]);
        assert_eq!(ended.code, Some(1));
    }
    // What stands behind an archive, and what only begins like one.
    let behind = [tar("x", b"nothing"), text.clone().into_bytes()].concat();
    let no_zip = [b"PK\x03\x04", text.as_bytes()].concat();
    for bytes in [behind, no_zip] {
        assert_eq!(found(&home.run_reading(&bytes, &["scan", "--format", "json", "-"])).len(), 1);
    }
    file(&home, "a/key", &key);
    let both = home.run_reading(text.as_bytes(), &["scan", "--format", "json", "a", "-"]);
    assert_eq!(found(&both).len(), 2, "{both:?}");
    assert_eq!(home.run_reading(b"nothing", &["scan", "-"]).code, Some(0));
    let cut = gzip(&[text.as_bytes(), &vec![7; 100_000]].concat());
    assert!(home.run_reading(&cut[..cut.len() - 9], &["scan", "-"]).err.contains("not scanned: standard input"));
    for wrong in ["--staged", "--history"] {
        home.run_reading(b"", &["scan", wrong, "-"]).fails(2);
    }
}
