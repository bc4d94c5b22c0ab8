//! Content codings (RFC 9110, sections 8.4 and 12.5.3): the one that a client likes best, and bytes in it. Called for what is
//! compressed once and sent often ([`representations`](super::representations)).

use std::io::{self, Write};

use axum::http::{HeaderMap, HeaderValue, header};
use brotli::enc::BrotliEncoderParams;
use flate2::{Compression, write::GzEncoder};

/// The usual level of a server that compresses while it answers: the slow ones take ten times as long, for a few percent.
const BROTLI_QUALITY: i32 = 5;
/// Brotli looks back so far, as a power of two: most of what is sent is shorter.
const BROTLI_WINDOW: i32 = 18;
/// zstd's own default.
const ZSTD_LEVEL: i32 = 3;

/// A content coding that the gateway sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentEncoding {
    /// `br` (RFC 7932): the smallest.
    Brotli,
    /// `zstd` (RFC 8878).
    Zstd,
    /// `gzip` (RFC 1952).
    Gzip,
}

impl ContentEncoding {
    /// All, the best first.
    pub const ALL: [Self; 3] = [Self::Brotli, Self::Zstd, Self::Gzip];

    /// The coding with the highest weight in `Accept-Encoding`; the best of those with the same. `None` where the client takes none
    /// of them, likes `identity` better, or does not say.
    pub fn accepted(headers: &HeaderMap) -> Option<Self> {
        let mut weights = [None; Self::ALL.len()];
        let (mut of_others, mut of_identity) = (None, 0.0);
        let lines = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|line| line.to_str().ok());
        for listed in lines.flat_map(|line| line.split(',')) {
            let (name, weight) = weighted(listed);
            if name == "*" {
                of_others = Some(weight);
            } else if name.eq_ignore_ascii_case("identity") {
                of_identity = weight;
            } else if let Some(at) = Self::ALL.iter().position(|coding| coding.name().eq_ignore_ascii_case(name)) {
                weights[at] = Some(weight);
            }
        }
        let mut best = None;
        let mut highest = 0.0;
        for (coding, weight) in Self::ALL.into_iter().zip(weights) {
            let weight = weight.or(of_others).unwrap_or_default();
            if weight > highest && weight >= of_identity {
                (best, highest) = (Some(coding), weight);
            }
        }
        best
    }

    /// Its place in [`ALL`](Self::ALL).
    pub fn index(self) -> usize {
        self as usize
    }

    /// Its value of `Content-Encoding`.
    pub fn header(self) -> HeaderValue {
        HeaderValue::from_static(self.name())
    }

    fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Zstd => "zstd",
            Self::Gzip => "gzip",
        }
    }

    /// These bytes, compressed.
    ///
    /// # Errors
    /// When the encoder fails.
    pub fn compress(self, mut bytes: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Self::Brotli => {
                let mut out = Vec::new();
                let (quality, lgwin, size_hint) = (BROTLI_QUALITY, BROTLI_WINDOW, bytes.len());
                let params = BrotliEncoderParams { quality, lgwin, size_hint, ..BrotliEncoderParams::default() };
                brotli::BrotliCompress(&mut bytes, &mut out, &params)?;
                Ok(out)
            }
            Self::Zstd => zstd::bulk::compress(bytes, ZSTD_LEVEL),
            Self::Gzip => {
                let mut out = GzEncoder::new(Vec::new(), Compression::default());
                out.write_all(bytes)?;
                out.finish()
            }
        }
    }
}

/// A listed coding such as `gzip;q=0.5`, and its weight: 1 unless it says another, 0 if what it says is no weight.
fn weighted(listed: &str) -> (&str, f32) {
    let mut parts = listed.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default();
    let said = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    let weight =
        said.map_or(1.0, |said| said.parse().ok().filter(|weight| (0.0..=1.0).contains(weight)).unwrap_or(0.0));
    (name, weight)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::{
        ContentEncoding::{Brotli, Gzip, Zstd},
        *,
    };

    #[test]
    fn the_coding_with_the_highest_weight_is_taken() {
        for (listed, taken) in [
            ("gzip, deflate, br, zstd", Some(Brotli)),
            ("gzip, deflate, br;q=0.1", Some(Gzip)),
            ("GZIP;q=0.5, zstd;q=0.7,identity;q=0.7", Some(Zstd)),
            ("gzip;q=0.5, identity", None),
            ("gzip;Q=0.25 , br ; q=0.2", Some(Gzip)),
            ("deflate", None),
            ("identity", None),
            ("", None),
            ("*", Some(Brotli)),
            ("br;q=0, *;q=0.5", Some(Zstd)),
            ("*;q=0, gzip", Some(Gzip)),
            ("br;q=0, zstd;q=0.0, gzip;q=0.000", None),
            ("br;q=2, zstd;q=NaN, gzip;q=-1", None),
            ("brotli, gz", None),
            (";;,,q=1", None),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(listed))]);
            assert_eq!(ContentEncoding::accepted(&headers), taken, "{listed}");
        }
        assert_eq!(ContentEncoding::accepted(&HeaderMap::new()), None);
        let lines = ["gzip;q=0.5", "zstd"].map(|line| (header::ACCEPT_ENCODING, HeaderValue::from_static(line)));
        assert_eq!(ContentEncoding::accepted(&HeaderMap::from_iter(lines)), Some(Zstd), "lines form one list");
    }

    #[test]
    fn each_coding_gives_the_bytes_back() {
        let bytes = br#"{"id":"cls_1","name":"Vinyasa"},"#.repeat(400);
        for (at, coding) in ContentEncoding::ALL.into_iter().enumerate() {
            assert_eq!(coding.index(), at);
            let compressed = coding.compress(&bytes).unwrap();
            assert!(compressed.len() * 10 < bytes.len(), "{coding:?}: {}", compressed.len());
            let mut back = Vec::new();
            match coding {
                Brotli => brotli::Decompressor::new(&compressed[..], 4096).read_to_end(&mut back).unwrap(),
                Zstd => zstd::Decoder::new(&compressed[..]).unwrap().read_to_end(&mut back).unwrap(),
                Gzip => flate2::read::GzDecoder::new(&compressed[..]).read_to_end(&mut back).unwrap(),
            };
            assert_eq!(back, bytes, "{coding:?}");
        }
    }
}
