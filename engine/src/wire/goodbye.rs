//! The last words of protocols: with which a side says that it will say no more, or only that it is still there.
//!
//! Nobody feels their loss when the other side has closed already.

use crate::wire::segment::Segment;

/// The record header: type, version, length (RFC 8446, 5.1).
const HEADER: usize = 5;
/// The longest goodbye that is not taken for data, bytes: GOAWAY of HTTP/2 and an alert, each in a record of TLS 1.2, or an
/// alert in CBC with SHA-384 and little padding.
pub(crate) const MOST: usize = 85;
/// With the longest padding that there may be (RFC 5246, 6.2.3.2: header, vector of 16, and alert, 48 of authentication and
/// up to 255 of padding in blocks of 16).
pub(crate) const MOST_PADDED: usize = 325;
/// The longest record that [`only_manages`], bytes: GOAWAY with a nonce.
pub(crate) const MOST_TO_MANAGE: usize = HEADER + GOAWAY + 8 + SEAL;

/// The record type of an alert.
const ALERT: u8 = 21;
/// The record type of data; TLS 1.3 says so of all that it encrypts.
const DATA: u8 = 23;
/// Bytes of an alert: level and description.
const PLAIN: usize = 2;
/// Bytes of authentication that every cipher in use adds.
const SEAL: usize = 16;

/// A frame GOAWAY of HTTP/2 without further words: header, stream and code (RFC 9113, 6.8).
const GOAWAY: usize = 17;

/// How many bytes at the end of the payload are a goodbye, or a TLS record that can be no other where it is encrypted.
///
/// TLS 1.2 leaves the record type as it is (RFC 5246, 6.2.3); TLS 1.3 hides it, and then only the length tells: two
/// bytes of the alert `close_notify`, or those of GOAWAY, the true type, and the seal (RFC 8446, 5.2).
pub(crate) fn length(segment: &Segment<'_>) -> usize {
    // The last of each kind has the eight bytes of a nonce (RFC 5288, 3).
    const BEHIND_DATA: [(u8, usize); 5] = [
        (DATA, PLAIN + 1 + SEAL),
        (ALERT, PLAIN + SEAL),
        (ALERT, PLAIN + 8 + SEAL),
        (DATA, GOAWAY + 1 + SEAL),
        (DATA, GOAWAY + 8 + SEAL),
    ];
    let payload = segment.payload;
    if payload.len() != segment.len as usize {
        return 0;
    }
    if alone(payload) || is_in_the_open(payload) {
        return payload.len();
    }
    let behind = BEHIND_DATA.into_iter().find(|(kind, length)| behind_data(payload, *kind, *length));
    behind.map_or(0, |(_, length)| HEADER + length)
}

/// All of it is one record of TLS with a frame of HTTP/2 that asks for nothing: an empty SETTINGS that acknowledges the
/// other's, WINDOW_UPDATE, PING or GOAWAY (RFC 9113, 6.5 to 6.9). No request is as short.
pub(crate) fn only_manages(segment: &Segment<'_>) -> bool {
    const FRAMES: [usize; 3] = [9, 13, GOAWAY];
    let [DATA, 3, _, 0, length, ..] = segment.payload else { return false };
    let length = usize::from(*length);
    let sealed = |frame: usize| [SEAL, SEAL + 1, SEAL + 8].contains(&(length - frame));
    // The capture may have cut the rest.
    let alone = segment.len as usize == HEADER + length;
    alone && FRAMES.into_iter().any(|frame| length > frame && sealed(frame))
}

/// All of it is GOAWAY of HTTP/2, the close frame of a WebSocket (RFC 6455, 5.5.1) with at most a code, masked or not, or
/// the keep-alive message of BGP (RFC 4271, 4.4).
fn is_in_the_open(payload: &[u8]) -> bool {
    const MARKER: [u8; 16] = [0xff; 16];
    match payload {
        [0, 0, length, 7, 0, 0, 0, 0, 0, rest @ ..] => rest.len() == usize::from(*length),
        [0x88, 0] | [0x88, 2, _, _] | [0x88, 0x80, _, _, _, _] | [0x88, 0x82, _, _, _, _, _, _] => true,
        [marker @ .., 0, 19, 4] => *marker == MARKER,
        _ => false,
    }
}

/// One record is all there is.
fn alone(payload: &[u8]) -> bool {
    const CLOSE_NOTIFY: [u8; PLAIN] = [1, 0];
    let [ALERT, 3, 0..=4, high, low, record @ ..] = payload else { return false };
    let length = usize::from(*high) << 8 | usize::from(*low);
    let whole = record.len() == length && payload.len() <= MOST_PADDED;
    whole && (length > PLAIN || record == CLOSE_NOTIFY)
}

/// A record of this type and length is the last.
fn behind_data(payload: &[u8], kind: u8, length: usize) -> bool {
    let Some(at) = payload.len().checked_sub(HEADER + length) else { return false };
    matches!(payload[at..], [this, 3, 0..=4, 0, low, ..] if this == kind && usize::from(low) == length)
}

#[cfg(test)]
mod tests {
    use super::is_in_the_open;

    #[test]
    fn last_words_of_protocols_are_told_from_data() {
        let mut bgp = vec![0xff; 16];
        bgp.extend([0, 19, 4]);
        assert!(is_in_the_open(&bgp));
        bgp[18] = 2;
        assert!(!is_in_the_open(&bgp));
        let goaway = [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        assert!(is_in_the_open(&goaway));
        assert!(!is_in_the_open(&goaway[..16]));
        assert!(is_in_the_open(&[0x88, 2, 3, 0xe8]) && is_in_the_open(&[0x88, 0x82, 1, 2, 3, 4, 2, 0xea]));
        assert!(!is_in_the_open(&[0x82, 2, 3, 0xe8]) && !is_in_the_open(b""));
    }
}
