//! Looks into what a file holds: text and binaries as they are, archives (zip, tar, gzip, one in another) entry by entry.
//! Called for every file of a walk and every object of a repository. An archive is unpacked in memory, never to disk, at
//! most so deep and so much of it; what was not looked at is told.

use std::{
    cell::Cell,
    fs::File,
    io::{self, BufReader, Cursor, Read, Seek},
    path::Path,
};

use flate2::read::MultiGzDecoder;
use tar::Archive;
use zip::ZipArchive;

use super::{
    find::KeyFinder,
    found::{Place, Scan},
};

/// Archives in archives.
const MAX_DEPTH: u8 = 5;
/// Bytes that one file may unpack to, with all that is in it.
const MAX_UNPACKED_BYTES: u64 = 1024 * 1024 * 1024;
/// Bytes of a zip inside another archive: it is read from its end, and so has to be in memory.
const MAX_NESTED_ZIP_BYTES: u64 = 64 * 1024 * 1024;
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
    scan: &'s Scan,
}

impl<'s> Unpacker<'s> {
    /// One that tells what it finds.
    pub fn new(scan: &'s Scan) -> Self {
        Self { finder: KeyFinder::new(), scan }
    }

    /// Looks into a file.
    pub fn file(&mut self, path: &Path) {
        let place = Place::file(path);
        self.scan.count_one();
        if let Err(error) = self.opened(path, &place) {
            self.scan.skip(&place, &error);
        }
    }

    fn opened(&mut self, path: &Path, place: &Place) -> io::Result<()> {
        let mut file = File::open(path)?;
        let begun = self.finder.begin(&mut file)?;
        let (held, kind) = (begun.len(), Kind::of(begun));
        if kind == Kind::Plain {
            return self.finder.find_on(held, &mut file, |hit| self.scan.found(place, hit));
        }
        file.rewind()?;
        let left = Cell::new(MAX_UNPACKED_BYTES);
        let mut file = BufReader::new(file);
        if kind != Kind::Zip {
            return self.packed(place, kind, &mut file, 0, &left);
        }
        let Err(error) = self.zip(place, &mut file, 0, &left) else { return Ok(()) };
        // It only begins like one: what stands in it is looked at as it is.
        self.scan.skip(place, &error);
        file.rewind()?;
        self.finder.find(&mut file, |hit| self.scan.found(place, hit))
    }

    /// Looks into bytes that are in memory.
    pub fn bytes(&mut self, place: &Place, bytes: &[u8]) {
        self.scan.count_one();
        let kind = Kind::of(bytes);
        if kind == Kind::Plain {
            return self.finder.find_in_memory(bytes, |hit| self.scan.found(place, hit));
        }
        let left = Cell::new(MAX_UNPACKED_BYTES);
        if let Err(error) = self.packed(place, kind, &mut &*bytes, 0, &left) {
            self.scan.skip(place, &error);
            self.finder.find_in_memory(bytes, |hit| self.scan.found(place, hit));
        }
    }

    /// Looks into a stream that may be an archive.
    fn stream(&mut self, place: &Place, stream: &mut dyn Read, depth: u8, left: &Cell<u64>) -> io::Result<()> {
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
        place: &Place,
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
                if whole.len() as u64 > MAX_NESTED_ZIP_BYTES {
                    return Err(io::Error::other("a zip of more than 64 MiB inside an archive"));
                }
                self.zip(place, &mut Cursor::new(whole), depth, left)
            }
        }
    }

    fn tar(&mut self, place: &Place, stream: &mut dyn Read, depth: u8, left: &Cell<u64>) -> io::Result<()> {
        for entry in Archive::new(stream).entries()? {
            let mut entry = entry?;
            if entry.header().entry_type().is_file() {
                let inside = place.entry(&String::from_utf8_lossy(&entry.path_bytes()));
                self.stream(&inside, &mut Bounded { stream: &mut entry, left }, depth + 1, left)?;
            }
        }
        Ok(())
    }

    fn zip(&mut self, place: &Place, stream: &mut (impl Read + Seek), depth: u8, left: &Cell<u64>) -> io::Result<()> {
        let mut archive = ZipArchive::new(stream)?;
        for number in 0..archive.len() {
            let inside = place.entry(&archive.name_for_index(number).and_then(Result::ok).unwrap_or_default());
            let looked = match archive.by_index(number) {
                Ok(entry) if entry.is_dir() => Ok(()),
                Ok(mut entry) => self.stream(&inside, &mut Bounded { stream: &mut entry, left }, depth + 1, left),
                Err(error) => Err(error.into()),
            };
            // One entry that is encrypted or broken hides no other.
            if let Err(error) = looked {
                self.scan.skip(&inside, &error);
            }
            if left.get() == 0 {
                break;
            }
        }
        Ok(())
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
            return Err(io::Error::other("it unpacks to more than 1 GiB"));
        };
        self.left.set(left);
        Ok(read)
    }
}
