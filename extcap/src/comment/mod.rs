//! The comment on a packet: a text for its kind, filled with its numbers.

mod template;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

use crate::capture::{Captured, Seen};
use crate::net::Kind;
use crate::options::Comments;
use crate::scenario::{File, Language, Texts};
pub(crate) use template::Template;
use template::{Field, Phrase};

/// The texts for every kind of packet, which scenarios share.
const COMMON: &str = include_str!("../../scenarios/comments.toml");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CommonTexts {
    /// Names of the sides.
    client: Texts,
    server: Texts,
    /// Added where the packet is lost behind the capture point.
    lost: Texts,
    /// Added where the packet was captured before.
    copy: Texts,
    /// By name of the kind.
    kind: BTreeMap<String, Texts>,
}

/// A text for packets of the client, and the same for those of the server.
type BySender = [Phrase; 2];

/// Writes comments in one language.
#[derive(Debug)]
pub(crate) struct Commenter {
    lost: BySender,
    copy: BySender,
    kinds: Vec<BySender>,
    faults: Vec<Option<BySender>>,
}

impl Commenter {
    /// The commenter of a scenario: its own texts before the common ones.
    ///
    /// # Errors
    /// What is wrong with a text.
    pub(crate) fn new(file: &File, comments: Comments, language: Language) -> Result<Self, String> {
        let common: CommonTexts = toml::from_str(COMMON).map_err(|e| e.to_string())?;
        let name = |texts: &Texts| texts.get(language).unwrap_or_default().to_owned();
        let (client, server) = (name(&common.client), name(&common.server));
        let by_sender = |text: &str| -> Result<BySender, String> {
            let template = Template::parse(text)?;
            Ok([template.said_of(&client, &server), template.said_of(&server, &client)])
        };
        let parse = |texts: &Texts| by_sender(texts.get(language).unwrap_or_default());
        let kind = |kind: &Kind| {
            let own = file.comment.get(kind.name()).map(|texts| texts.get_ref());
            let told = comments == Comments::On || !kind.is_ordinary();
            let common = || common.kind.get(kind.name()).filter(|_| told);
            own.or_else(common).map_or_else(|| Ok(BySender::default()), parse)
        };
        let fault = |comment: &Texts| comment.get(language).map(by_sender).transpose();
        Ok(Commenter {
            lost: parse(&common.lost)?,
            copy: parse(&common.copy)?,
            kinds: Kind::ALL.iter().map(kind).collect::<Result<_, _>>()?,
            faults: file.path.comments().map(fault).collect::<Result<_, _>>()?,
        })
    }

    /// Appends the comment of one packet.
    pub(crate) fn write(&self, captured: &Captured, out: &mut Vec<u8>) {
        let begin = out.len();
        self.write_kind(captured, out);
        if captured.copy {
            add(&self.copy, captured, begin, out);
        }
    }

    fn write_kind(&self, captured: &Captured, out: &mut Vec<u8>) {
        let begin = out.len();
        let packet = captured.packet();
        let kind = match &captured.seen {
            Seen::Segment(packet) => packet.reason.kind,
            Seen::Icmp(error) => error.icmp.kind(),
        };
        let own = packet.fault.and_then(|index| self.faults.get(index)?.as_ref());
        match own {
            Some(text) if kind == Kind::Forged => fill(text, captured, out),
            _ => {
                if let Some(text) = self.kinds.get(kind as usize) {
                    fill(text, captured, out);
                }
                // What a fault is said to do to a packet is not said again of the answer to it.
                let answer = matches!(captured.seen, Seen::Icmp(_)) || kind == Kind::Rejected;
                if let Some(text) = own.filter(|_| !answer).or(captured.lost.then_some(&self.lost)) {
                    add(text, captured, begin, out);
                }
            }
        }
    }
}

/// Another sentence of a comment that begins there.
fn add(text: &BySender, captured: &Captured, begin: usize, out: &mut Vec<u8>) {
    if out.len() > begin {
        out.push(b' ');
    }
    fill(text, captured, out);
}

fn fill(text: &BySender, captured: &Captured, out: &mut Vec<u8>) {
    text[captured.from as usize].write(out, |out, field| fill_field(field, captured, out));
}

fn fill_field(field: Field, captured: &Captured, out: &mut Vec<u8>) {
    let packet = captured.packet();
    let segment = &packet.segment;
    let number: u64 = match field {
        Field::Waited => return write_span(packet.reason.waited, out),
        Field::Seq => captured.seq.into(),
        Field::Ack => captured.ack.into(),
        Field::Next => captured.seq.wrapping_add(segment.seq_len()).into(),
        Field::Len => segment.len().into(),
        Field::Ttl => packet.ttl.into(),
        Field::IpId => packet.id.into(),
        Field::Router => {
            if let Seen::Icmp(error) = &captured.seen {
                out.extend_from_slice(error.router.to_string().as_bytes());
            }
            return;
        }
        Field::Mtu => match &captured.seen {
            Seen::Icmp(error) => error.icmp.mtu().into(),
            Seen::Segment(_) => 0,
        },
        Field::Mss => segment.options.mss.unwrap_or_default().into(),
        Field::Nth => packet.reason.nth.into(),
    };
    write_number(number, out);
}

fn write_number(number: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// A time as one says it: `44 ms`, `1.02 s`.
fn write_span(span: Duration, out: &mut Vec<u8>) {
    let millis = (span.as_micros() as u64 + 500) / 1_000;
    if millis < 1_000 {
        write_number(millis, out);
        out.extend_from_slice(b" ms");
    } else {
        let hundredths = (span.as_micros() as u64 + 5_000) / 10_000;
        write_number(hundredths / 100, out);
        let digit = |number: u64| b'0' + (number % 10) as u8;
        out.extend_from_slice(&[b'.', digit(hundredths / 10), digit(hundredths), b' ', b's']);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_packet_has_a_text_in_every_language() {
        let common: CommonTexts = toml::from_str(COMMON).unwrap();
        let mut missing = Vec::new();
        for kind in Kind::ALL {
            for language in Language::ALL {
                let text = common.kind.get(kind.name()).and_then(|texts| texts.only(language));
                match text {
                    Some(text) => assert_eq!(Template::parse(text).map(drop), Ok(()), "{}", kind.name()),
                    None => missing.push(format!("{}.{language}", kind.name())),
                }
            }
        }
        assert!(missing.is_empty(), "{missing:?}");
        let unknown: Vec<&String> =
            common.kind.keys().filter(|name| !Kind::ALL.iter().any(|kind| kind.name() == **name)).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }

    #[test]
    fn times_are_rounded_as_one_says_them() {
        let said = |micros| {
            let mut out = Vec::new();
            write_span(Duration::from_micros(micros), &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(said(43_612), "44 ms");
        assert_eq!(said(999_400), "999 ms");
        assert_eq!(said(999_600), "1.00 s");
        assert_eq!(said(65_004_999), "65.00 s");
        assert_eq!(said(65_095_000), "65.10 s");
    }

    #[test]
    fn a_wrong_field_is_named_with_the_right_ones() {
        let error = Template::parse("{Who} sends {lenght}").unwrap_err();
        assert!(error.starts_with("no field `{lenght}`; there are: {who}, {Who}"), "{error}");
        assert!(Template::parse("{who").is_err());
    }
}
