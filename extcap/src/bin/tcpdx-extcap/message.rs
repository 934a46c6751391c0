//! Messages between Wireshark's toolbar and an extcap program: `T`, three bytes of length (big-endian, of what
//! follows), the control's number, the command, and what belongs to it.

/// What a message does: `1` is also what the toolbar's own messages are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    /// Sets a control's value, or a button's label.
    Set = 1,
    /// Adds to it, or to a log.
    Add = 2,
}

/// A message of the toolbar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Message {
    /// A control was used.
    Set { control: u8, value: Vec<u8> },
    /// The program is asked to end, by a version to come.
    Quit,
}

const SET: u8 = Command::Set as u8;
/// Wireshark sends no more than this after the length.
const LONGEST: usize = 65_535 + 2;
/// A message to Wireshark is written as a whole up to this length, even into a pipe that is nearly full (PIPE_BUF).
const WHOLE: usize = 4_096;

/// A message to Wireshark; what is too long is cut.
pub(crate) fn encode(control: u8, command: Command, payload: &str) -> Vec<u8> {
    let end = payload.floor_char_boundary(WHOLE - 6);
    let len = (end + 2) as u32;
    let mut message = vec![b'T'];
    message.extend_from_slice(&len.to_be_bytes()[1..]);
    message.extend_from_slice(&[control, command as u8]);
    message.extend_from_slice(&payload.as_bytes()[..end]);
    message
}

/// Takes messages out of bytes as they come. What it does not know, it passes over by its length.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    bytes: Vec<u8>,
    /// So many bytes still belong to a message that is passed over.
    skip: usize,
}

impl Decoder {
    /// Takes bytes, and gives the messages that are complete.
    pub(crate) fn take(&mut self, mut bytes: &[u8]) -> Vec<Message> {
        let mut messages = Vec::new();
        loop {
            let skipped = self.skip.min(bytes.len());
            self.skip -= skipped;
            bytes = &bytes[skipped..];
            self.bytes.extend_from_slice(bytes);
            bytes = &[];
            let Some((head, rest)) = self.bytes.split_at_checked(4) else { return messages };
            let len = u32::from_be_bytes([0, head[1], head[2], head[3]]) as usize;
            let kind = head[0];
            if kind == b'T' && len <= LONGEST && rest.len() < len {
                return messages;
            }
            if kind == b'Q' {
                messages.push(Message::Quit);
            }
            if let (b'T', [control, SET, value @ ..]) = (kind, rest.get(..len).unwrap_or_default()) {
                messages.push(Message::Set { control: *control, value: value.to_vec() });
            }
            let whole = 4 + len;
            self.skip = whole.saturating_sub(self.bytes.len());
            self.bytes.drain(..whole.min(self.bytes.len()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(control: u8, value: &[u8]) -> Message {
        Message::Set { control, value: value.to_vec() }
    }

    #[test]
    fn messages_are_found_in_pieces_and_behind_what_is_not_known() {
        let mut bytes = vec![b'T', 0, 0, 2, 0, 0];
        bytes.extend(b"L\x00\x00\x05hello");
        bytes.extend(b"T\x00\x00\x06\x02\x01real");
        bytes.extend(b"T\x00\x00\x02\x07\x63");
        bytes.extend(b"T\x00\x00\x00");
        bytes.extend(b"T\x00\x00\x02\x00\x01Q\x00\x00\x00");
        let expected = [set(2, b"real"), set(0, b""), Message::Quit];
        assert_eq!(Decoder::default().take(&bytes), expected);
        let mut decoder = Decoder::default();
        let piecewise: Vec<Message> = bytes.iter().flat_map(|byte| decoder.take(&[*byte])).collect();
        assert_eq!(piecewise, expected);
    }

    #[test]
    fn what_is_too_long_is_passed_over_without_being_kept() {
        let mut decoder = Decoder::default();
        assert!(decoder.take(b"T\xff\xff\xff\x00\x01").is_empty());
        for _ in 0..255 {
            assert!(decoder.take(&[0; 65_536]).is_empty());
            assert!(decoder.bytes.len() <= LONGEST + 4);
        }
        assert!(decoder.take(&[0; 65_533]).is_empty());
        assert_eq!(decoder.take(b"T\x00\x00\x03\x01\x01\x01"), [set(1, b"\x01")]);
    }

    #[test]
    fn nothing_that_comes_makes_it_fail() {
        let mut decoder = Decoder::default();
        let mut number = 1_u32;
        for _ in 0..20_000 {
            number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            decoder.take(&number.to_le_bytes()[..1 + (number >> 30) as usize]);
            assert!(decoder.bytes.len() <= LONGEST + 4);
        }
    }

    #[test]
    fn messages_to_wireshark_are_as_long_as_they_say_and_never_cut_a_letter() {
        assert_eq!(encode(3, Command::Set, "ab"), b"T\x00\x00\x04\x03\x01ab");
        let long = encode(4, Command::Add, &"好".repeat(3_000));
        assert!(long.len() <= WHOLE && std::str::from_utf8(&long[6..]).is_ok());
        assert_eq!(usize::from(long[2]) << 8 | usize::from(long[3]), long.len() - 4);
    }
}
