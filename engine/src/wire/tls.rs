//! As much of TLS as the end of a connection needs: the alert with which a side says that it will say no more.

use crate::wire::segment::Segment;

/// The record header: type, version, length (RFC 8446, 5.1).
const HEADER: usize = 5;
/// The longest alert that is not taken for data, encrypted and padded to a block, bytes.
pub(crate) const MOST_GOODBYE: u32 = 64;

/// The record type of an alert.
const ALERT: u8 = 21;
/// The record type of data; TLS 1.3 says so of all that it encrypts.
const DATA: u8 = 23;
/// Bytes of an alert: level and description.
const PLAIN: usize = 2;
/// Bytes of authentication that every cipher in use adds.
const SEAL: usize = 16;

/// The payload ends with the alert `close_notify`, or with a record that can be no other where it is encrypted.
///
/// TLS 1.2 leaves the record type as it is (RFC 5246, 6.2.3); TLS 1.3 hides it, and then only the length tells: two
/// bytes, the true type, and the seal (RFC 8446, 5.2).
pub(crate) fn ends_with_goodbye(segment: &Segment<'_>) -> bool {
    if segment.payload.len() != segment.len as usize {
        return false;
    }
    alone(segment.payload)
        || behind_data(segment.payload, DATA, PLAIN + 1 + SEAL)
        || behind_data(segment.payload, ALERT, PLAIN + SEAL)
        // With the eight bytes of a nonce (RFC 5288, 3).
        || behind_data(segment.payload, ALERT, PLAIN + 8 + SEAL)
}

/// One record is all there is.
fn alone(payload: &[u8]) -> bool {
    const CLOSE_NOTIFY: [u8; PLAIN] = [1, 0];
    let [ALERT, 3, 0..=4, high, low, record @ ..] = payload else { return false };
    let length = usize::from(*high) << 8 | usize::from(*low);
    let whole = record.len() == length && payload.len() <= MOST_GOODBYE as usize;
    whole && (length > PLAIN || record == CLOSE_NOTIFY)
}

/// A record of this type and length is the last.
fn behind_data(payload: &[u8], kind: u8, length: usize) -> bool {
    let Some(at) = payload.len().checked_sub(HEADER + length) else { return false };
    matches!(payload[at..], [this, 3, 0..=4, 0, low, ..] if this == kind && usize::from(low) == length)
}
