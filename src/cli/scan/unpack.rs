//! Looks into what a file holds: text and binaries as they are, archives (zip, tar, gzip, one in another) entry by entry.
//! Called for every file of a walk and every object of a repository. An archive is unpacked in memory, never to disk, at
//! most so deep and so much of it; what was not searched is reported.

use std::{
    cell::Cell,
    fs::File,
    io::{self, BufReader, Cursor, Read, Seek},
    path::Path,
};

use flate2::read::MultiGzDecoder;
use tar::{Archive, Entry};
use zip::ZipArchive;

use super::{
    find::KeyFinder,
    found::{FindingPlace, RunningScan},
};

/// Archives in archives.
const MAX_DEPTH: u8 = 5;
/// Bytes that one file may unpack to, with all that is in it.
const MAX_UNPACKED_BYTES: u64 = 1024 * 1024 * 1024;
/// Bytes of a zip inside another archive: it is read from its end, and so has to be in memory.
const MAX_NESTED_ZIP_BYTES: u64 = 64 * 1024 * 1024;
/// Bytes of a tar between the data of two entries: names and extensions.
const MAX_TAR_HEAD_BYTES: u64 = 1024 * 1024;
/// Bytes that tell an archive.
const HEAD_BYTES: usize = 512;

/// What bytes begin like.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    Zip,
    Gzip,
    Tar,
}

impl Kind {
    fn of(head: &[u8]) -> Self {
        match head {
            [b'P', b'K', 3, 4, ..] => Self::Zip,
            [0x1f, 0x8b, 8, ..] => Self::Gzip,
            _ if head.get(257..262) == Some(b"ustar") => Self::Tar,
            _ => Self::Plain,
        }
    }
}

/// Looks into files, one after the other. Each thread has its own.
pub struct Unpacker<'s> {
    finder: KeyFinder,
    scan: &'s RunningScan,
}

impl<'s> Unpacker<'s> {
    /// One that reports what it finds.
    pub fn new(scan: &'s RunningScan) -> Self {
        Self { finder: KeyFinder::new(), scan }
    }

    /// Looks into a file.
    pub fn file(&mut self, path: &Path) {
        self.scan.count_one();
        if let Err(error) = self.opened(path) {
            self.scan.skip(&FindingPlace::file(path), &error);
        }
    }

    /// Of most files nothing is said, so a place is made only for what is.
    fn opened(&mut self, path: &Path) -> io::Result<()> {
        let mut file = File::open(path)?;
        let begun = self.finder.begin(&mut file)?;
        let (held, kind) = (begun.len(), Kind::of(begun));
        if kind == Kind::Plain {
            let scan = self.scan;
            return self.finder.find_on(held, &mut file, |hit| scan.found(&FindingPlace::file(path), hit));
        }
        file.rewind()?;
        self.archive(&FindingPlace::file(path), kind, &mut BufReader::new(file))
    }

    /// Looks into a stream that cannot be read twice. An archive that breaks off is looked at as far as it goes.
    pub fn input(&mut self, place: &FindingPlace, stream: &mut dyn Read) {
        self.scan.count_one();
        if let Err(error) = self.stream(place, stream, 0, &Cell::new(MAX_UNPACKED_BYTES)) {
            self.scan.skip(place, &error);
        }
    }

    /// Looks into bytes that are in memory.
    pub fn bytes(&mut self, place: &FindingPlace, bytes: &[u8]) {
        self.scan.count_one();
        let kind = Kind::of(bytes);
        if kind == Kind::Plain {
            return self.finder.find_in_memory(bytes, |hit| self.scan.found(place, hit));
        }
        if let Err(error) = self.archive(place, kind, &mut Cursor::new(bytes)) {
            self.scan.skip(place, &error);
        }
    }

    /// Looks into an archive that is in no other. If it breaks off or only begins like one, its bytes are looked at as they
    /// are, and it is reported as not scanned.
    fn archive(&mut self, place: &FindingPlace, kind: Kind, stream: &mut (impl Read + Seek)) -> io::Result<()> {
        let left = Cell::new(MAX_UNPACKED_BYTES);
        let unpacked = match kind {
            Kind::Zip => self.zip(place, stream, 0, &left),
            _ => self.packed(place, kind, stream, 0, &left),
        };
        let Err(error) = unpacked else { return Ok(()) };
        self.scan.skip(place, &error);
        stream.rewind()?;
        self.finder.find(stream, |hit| self.scan.found(place, hit))
    }

    /// Looks into a stream that may be an archive.
    fn stream(&mut self, place: &FindingPlace, stream: &mut dyn Read, depth: u8, left: &Cell<u64>) -> io::Result<()> {
        let mut head = Vec::with_capacity(HEAD_BYTES);
        stream.take(HEAD_BYTES as u64).read_to_end(&mut head)?;
        let kind = Kind::of(&head);
        let mut whole = Cursor::new(head).chain(stream);
        match kind {
            Kind::Plain => self.finder.find(&mut whole, |hit| self.scan.found(place, hit)),
            _ if depth > MAX_DEPTH => Err(io::Error::other("too many archives stand in one another")),
            _ => self.packed(place, kind, &mut whole, depth, left),
        }
    }

    fn packed(
        &mut self,
        place: &FindingPlace,
        kind: Kind,
        stream: &mut dyn Read,
        depth: u8,
        left: &Cell<u64>,
    ) -> io::Result<()> {
        match kind {
            Kind::Plain => self.finder.find(stream, |hit| self.scan.found(place, hit)),
            Kind::Gzip => {
                self.stream(place, &mut Bounded { stream: MultiGzDecoder::new(stream), left }, depth + 1, left)
            }
            Kind::Tar => self.tar(place, stream, depth, left),
            Kind::Zip => {
                let mut whole = Vec::new();
                stream.take(MAX_NESTED_ZIP_BYTES + 1).read_to_end(&mut whole)?;
                let looked = if whole.len() as u64 > MAX_NESTED_ZIP_BYTES {
                    Err(io::Error::other("a zip of more than 64 MiB on standard input or inside an archive"))
                } else {
                    self.zip(place, &mut Cursor::new(&whole), depth, left)
                };
                // What is no zip after all is looked at as it is.
                if looked.is_err() {
                    self.finder.find(&mut whole.chain(stream), |hit| self.scan.found(place, hit))?;
                }
                looked
            }
        }
    }

    fn tar(&mut self, place: &FindingPlace, stream: &mut dyn Read, depth: u8, left: &Cell<u64>) -> io::Result<()> {
        let heads = Cell::new(None);
        let mut archive = Archive::new(BoundedHeads { stream, left: &heads });
        let mut entries = archive.entries()?;
        loop {
            heads.set(Some(MAX_TAR_HEAD_BYTES));
            let Some(entry) = entries.next() else { break };
            heads.set(None);
            self.tar_entry(place, &mut entry?, depth, left)?;
        }
        // Another archive, or anything else, may stand behind its end.
        heads.set(None);
        self.finder.find(&mut archive.into_inner(), |hit| self.scan.found(place, hit))
    }

    /// Looks into an entry, whatever its type is: a link, a directory or one that nobody knows may have data as well.
    fn tar_entry(
        &mut self,
        place: &FindingPlace,
        entry: &mut Entry<'_, impl Read>,
        depth: u8,
        left: &Cell<u64>,
    ) -> io::Result<()> {
        let inside = place.entry(&String::from_utf8_lossy(&entry.path_bytes()));
        let kind = entry.header().entry_type();
        // Those that stand before the entry are in memory already; an entry that has nothing else is read as a stream.
        if !kind.is_pax_global_extensions() && !kind.is_pax_local_extensions() {
            for extension in entry.pax_extensions()?.into_iter().flatten().flatten() {
                self.finder.find_in_memory(extension.value_bytes(), |hit| self.scan.found(&inside, hit));
            }
        }
        let looked = self.stream(&inside, &mut Bounded { stream: &mut *entry, left }, depth + 1, left);
        if left.get() == 0 {
            return looked;
        }
        // One entry that is broken or too deep hides no other.
        if let Err(error) = looked {
            self.scan.skip(&inside, &error);
        }
        io::copy(&mut Bounded { stream: entry, left }, &mut io::sink()).map(drop)
    }

    fn zip(
        &mut self,
        place: &FindingPlace,
        stream: &mut (impl Read + Seek),
        depth: u8,
        left: &Cell<u64>,
    ) -> io::Result<()> {
        let mut archive = ZipArchive::new(stream)?;
        for number in 0..archive.len() {
            let inside = place.entry(&archive.name_for_index(number).and_then(Result::ok).unwrap_or_default());
            let looked = match archive.by_index(number) {
                Ok(entry) if entry.is_dir() => Ok(()),
                Ok(mut entry) => self.stream(&inside, &mut Bounded { stream: &mut entry, left }, depth + 1, left),
                Err(error) => Err(error.into()),
            };
            if left.get() == 0 {
                return looked;
            }
            // One entry that is encrypted or broken hides no other.
            if let Err(error) = looked {
                self.scan.skip(&inside, &error);
            }
        }
        Ok(())
    }
}

/// A tar whose heads (names and extensions between the data of two entries) are bounded: they are read into memory whole.
struct BoundedHeads<'l, R> {
    stream: R,
    /// Bytes that may be read until the next entry; `None` while the data of an entry is read.
    left: &'l Cell<Option<u64>>,
}

impl<R: Read> Read for BoundedHeads<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let Some(left) = self.left.get() else { return self.stream.read(into) };
        if left == 0 {
            return Err(io::Error::other("an entry has a name or extensions of more than 1 MiB"));
        }
        let most = into.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let read = self.stream.read(&mut into[..most])?;
        self.left.set(Some(left - read as u64));
        Ok(read)
    }
}

/// A stream that was unpacked, as far as there may be more of it.
struct Bounded<'l, R> {
    stream: R,
    left: &'l Cell<u64>,
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.stream.read(into)?;
        let Some(left) = self.left.get().checked_sub(read as u64) else {
            self.left.set(0);
            return Err(io::Error::other("it unpacks to more than 1 GiB; the rest was not looked at"));
        };
        self.left.set(left);
        Ok(read)
    }
}
