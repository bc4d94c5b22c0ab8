//! Keys that nobody made: the checksum is worked out here a second time, bit by bit, from its definition.

use flow_gateway::access::key::{KeyKind, mint};

/// CRC-32 as IEEE 802.3 has it, without a table.
pub fn crc32(bytes: &[u8]) -> u32 {
    let step = |sum: u32, _| if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 };
    !bytes.iter().fold(!0, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), step))
}

/// A number in base62, six digits: digits, then upper case, then lower case.
pub fn base62(number: u32) -> String {
    let digit = |place: u32| match u8::try_from(number / 62_u32.pow(place) % 62).expect("a digit") {
        value @ 0..10 => char::from(b'0' + value),
        value @ 10..36 => char::from(b'A' + value - 10),
        value => char::from(b'a' + value - 36),
    };
    (0..6).rev().map(digit).collect()
}

/// A body with the checksum that fits it.
pub fn sealed(body: &str) -> String {
    format!("{body}{}", base62(crc32(body.as_bytes())))
}

/// A well-formed key whose id is this key's and whose secret part is another's.
pub fn half_right(key: &str) -> String {
    sealed(&format!("{}{}", &key[..20], &mint(KeyKind::Secret).reveal()[20..52]))
}
