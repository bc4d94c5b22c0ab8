//! Looks into a repository: all objects that it has, those that no branch reaches any more too, or what is staged for the
//! next commit. It needs no `git` beside it.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    thread,
};

use gix::{
    Object, ObjectId, Repository, ThreadSafeRepository,
    discover::upwards,
    object::Kind,
    odb::store::iter::Ordering,
    open,
    sec::{
        Trust,
        trust::{DefaultForLevel, Mapping},
    },
};

use super::{
    found::{FindingPlace, Found, RunningScan},
    unpack::Unpacker,
};
use crate::cli::Failure;

/// Objects that a thread looks at before it takes others: neighbours in a pack are built from one another.
const BATCH: usize = 512;
/// Bytes of an object that is read.
const MAX_OBJECT_BYTES: u64 = 256 * 1024 * 1024;

/// A commit, and when it was made.
struct Commit {
    id: ObjectId,
    seconds: i64,
}

/// The repositories that directories belong to, each once.
///
/// # Errors
/// When a directory belongs to none.
pub fn repositories(directories: &[PathBuf]) -> Result<Vec<Repository>, Failure> {
    let mut found: Vec<Repository> = Vec::new();
    for directory in directories {
        let repository = ThreadSafeRepository::discover_opts(directory, upwards::Options::default(), options())
            .map_err(Failure::usage)?
            .to_thread_local();
        let is_known = |known: &Repository| same_directory(known.common_dir(), repository.common_dir());
        if !found.iter().any(is_known) {
            found.push(repository);
        }
    }
    Ok(found)
}

/// How repositories are opened, by whether they belong to the user. An object that is stored as a change of another is unpacked
/// with that one, so that its own size bounds nothing.
fn options() -> Mapping<open::Options> {
    let bounded = |trust| {
        let limit = format!("gitoxide.objects.allocLimit={}", 3 * MAX_OBJECT_BYTES);
        open::Options::default_for_level(trust).config_overrides([limit])
    };
    Mapping { full: bounded(Trust::Full), reduced: bounded(Trust::Reduced) }
}

fn same_directory(one: &Path, other: &Path) -> bool {
    one == other || one.canonicalize().is_ok_and(|one| other.canonicalize().is_ok_and(|other| one == other))
}

/// Looks into all objects of a repository.
///
/// # Errors
/// When they cannot be listed.
pub fn scan_history(repository: &Repository, scan: &RunningScan) -> Result<(), Failure> {
    let ids = all_objects(repository)?;
    let shared = repository.clone().into_sync();
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let batches: Vec<_> = ids.chunks(BATCH).collect();
    thread::scope(|scope| {
        for number in 0..threads {
            let (shared, batches) = (&shared, &batches);
            scope.spawn(move || {
                let (repository, mut unpacker) = (shared.to_thread_local(), Unpacker::new(scan));
                for id in batches.iter().skip(number).step_by(threads).flat_map(|batch| *batch) {
                    look_into(&repository, *id, scan, &mut unpacker);
                }
            });
        }
    });
    Ok(())
}

fn all_objects(repository: &Repository) -> Result<Vec<ObjectId>, Failure> {
    let order = Ordering::PackAscendingOffsetThenLooseLexicographical;
    let listed = repository.objects.iter().map_err(Failure::refused)?.with_ordering(order);
    let mut seen = HashSet::new();
    let ids: Result<Vec<_>, _> = listed.collect();
    Ok(ids.map_err(Failure::refused)?.into_iter().filter(|id| seen.insert(*id)).collect())
}

fn look_into(repository: &Repository, id: ObjectId, scan: &RunningScan, unpacker: &mut Unpacker<'_>) {
    let place = FindingPlace::object(id);
    match read(repository, id, |kind| kind != Kind::Tree) {
        // A tree holds names and no contents.
        Ok(None) => {}
        Ok(Some(object)) if object.kind == Kind::Commit => {
            unpacker.bytes(&FindingPlace { commit: Some(id.to_string()), ..place }, &object.data);
        }
        Ok(Some(object)) => unpacker.bytes(&place, &object.data),
        Err(reason) => scan.skip(&place, &reason),
    }
}

/// An object, if it is of a kind that is wanted. git's objects are unpacked in memory as a whole, so one that is too large is
/// not read.
fn read(repository: &Repository, id: ObjectId, is_wanted: impl Fn(Kind) -> bool) -> Result<Option<Object<'_>>, String> {
    let header = repository.find_header(id).map_err(|error| error.to_string())?;
    if !is_wanted(header.kind()) {
        return Ok(None);
    }
    if header.size() > MAX_OBJECT_BYTES {
        return Err("a git object of more than 256 MiB".to_owned());
    }
    repository.find_object(id).map(Some).map_err(|error| error.to_string())
}

/// Names what was found in repositories by the first commit that has it, and by its path there.
///
/// # Errors
/// When a repository cannot be read.
pub fn name_findings(repositories: &[Repository], found: &mut Found) -> Result<(), Failure> {
    for repository in repositories {
        let is_unnamed = |place: &FindingPlace| place.path.is_empty() && place.commit.is_none();
        let unnamed = found.findings.iter().map(|finding| &finding.place).filter(|place| is_unnamed(place));
        let wanted: HashSet<ObjectId> = unnamed.filter_map(|place| place.object.as_ref()?.parse().ok()).collect();
        if wanted.is_empty() {
            break;
        }
        let names = names_of(repository, wanted)?;
        for place in found.findings.iter_mut().map(|finding| &mut finding.place).filter(|place| is_unnamed(place)) {
            let id = place.object.as_ref().and_then(|object| object.parse::<ObjectId>().ok());
            if let Some((commit, path)) = id.and_then(|id| names.get(&id)) {
                place.commit = Some(commit.to_string());
                place.path.clone_from(path);
            }
        }
    }
    found.findings.sort_by(|a, b| (&a.place, a.line, a.column).cmp(&(&b.place, b.line, b.column)));
    Ok(())
}

fn names_of(
    repository: &Repository,
    mut wanted: HashSet<ObjectId>,
) -> Result<HashMap<ObjectId, (ObjectId, String)>, Failure> {
    let mut commits: Vec<_> = all_objects(repository)?.into_iter().filter_map(|id| commit(repository, id)).collect();
    commits.sort_by_key(|commit| (commit.seconds, commit.id));
    let (mut names, mut seen) = (HashMap::new(), HashSet::new());
    for Commit { id, .. } in commits {
        let commit = read(repository, id, |kind| kind == Kind::Commit).ok().flatten();
        let tree = commit.and_then(|object| object.try_into_commit().ok()?.tree_id().ok());
        let mut trees: Vec<_> = tree.map(|tree| (tree.detach(), String::new())).into_iter().collect();
        while let Some((tree, path)) = trees.pop() {
            // A tree that another commit had before holds nothing new.
            if !seen.insert(tree) {
                continue;
            }
            let object = read(repository, tree, |kind| kind == Kind::Tree).ok().flatten();
            let Some(tree) = object.and_then(|object| object.try_into_tree().ok()) else { continue };
            for entry in tree.iter().filter_map(Result::ok) {
                let name = format!("{path}{}", entry.filename());
                if entry.mode().is_tree() {
                    trees.push((entry.object_id(), name + "/"));
                } else if wanted.remove(&entry.object_id()) {
                    names.insert(entry.object_id(), (id, name));
                }
            }
        }
        if wanted.is_empty() {
            break;
        }
    }
    Ok(names)
}

fn commit(repository: &Repository, id: ObjectId) -> Option<Commit> {
    let commit = read(repository, id, |kind| kind == Kind::Commit).ok()??.try_into_commit().ok()?;
    Some(Commit { id, seconds: commit.time().ok()?.seconds })
}

/// Looks into what is staged: the files of the index that differ from those of the last commit.
///
/// # Errors
/// When there is no repository, or it cannot be read.
pub fn scan_staged(directory: &Path, scan: &RunningScan) -> Result<(), Failure> {
    // Git names the index that is to be committed in a hook's environment.
    let found = ThreadSafeRepository::discover_with_environment_overrides_opts(
        directory,
        upwards::Options::default(),
        options(),
    );
    let repository = found.map_err(Failure::usage)?.to_thread_local();
    let staged = repository.index_or_empty().map_err(Failure::refused)?;
    let head = repository.head_tree_id_or_empty().map_err(Failure::refused)?;
    let last = repository.index_from_tree(&head).map_err(Failure::refused)?;
    let committed: HashMap<_, _> = last.entries().iter().map(|entry| (entry.path(&last), entry.id)).collect();
    let mut unpacker = Unpacker::new(scan);
    for entry in staged.entries() {
        let path = entry.path(&staged);
        if committed.get(path) == Some(&entry.id) || entry.mode.is_submodule() {
            continue;
        }
        let place = FindingPlace::named(&path.to_string());
        match read(&repository, entry.id, |_| true) {
            Ok(object) => object.iter().for_each(|object| unpacker.bytes(&place, &object.data)),
            Err(reason) => scan.skip(&place, &reason),
        }
    }
    Ok(())
}
