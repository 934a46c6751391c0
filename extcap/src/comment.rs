//! The comment on a packet: a text for its kind, filled with its numbers.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use serde::Deserialize;

use crate::capture::{Captured, Seen};
use crate::net::{Icmp, IcmpError, Kind, Side};
use crate::scenario::{File, Language, Texts};

/// The texts for every kind of packet, which scenarios share.
const COMMON: &str = include_str!("../scenarios/comments.toml");

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

/// What a text may leave open, in braces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    /// The packet's sender: "the client". With a capital letter in `{Who}`.
    Who {
        capital: bool,
    },
    /// The other side.
    Peer {
        capital: bool,
    },
    Seq,
    Ack,
    /// Sequence number behind the segment's last.
    Next,
    Len,
    Ttl,
    IpId,
    Mss,
    /// Of an ICMP error: who sent it, and the MTU that it tells.
    Router,
    Mtu,
    Nth,
    Waited,
}

const FIELDS: [(&str, Field); 15] = [
    ("who", Field::Who { capital: false }),
    ("Who", Field::Who { capital: true }),
    ("peer", Field::Peer { capital: false }),
    ("Peer", Field::Peer { capital: true }),
    ("seq", Field::Seq),
    ("ack", Field::Ack),
    ("next", Field::Next),
    ("len", Field::Len),
    ("ttl", Field::Ttl),
    ("ip_id", Field::IpId),
    ("mss", Field::Mss),
    ("router", Field::Router),
    ("mtu", Field::Mtu),
    ("nth", Field::Nth),
    ("waited", Field::Waited),
];

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Field(Field),
}

/// A text with fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Template(Vec<Piece>);

impl Template {
    /// Reads a text with fields in braces; says what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, behind) =
                after.split_once('}').ok_or_else(|| format!("no `}}` behind `{{{after}`"))?;
            let field = FIELDS.iter().find(|(known, _)| *known == name).ok_or_else(|| {
                let known: Vec<String> = FIELDS.iter().map(|(known, _)| format!("{{{known}}}")).collect();
                format!("no field `{{{name}}}`; there are: {}", known.join(", "))
            })?;
            pieces.push(Piece::Text(before.to_owned()));
            pieces.push(Piece::Field(field.1));
            rest = behind;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Ok(Template(pieces))
    }
}

/// Writes comments in one language.
#[derive(Debug)]
pub(crate) struct Commenter {
    sides: [String; 2],
    lost: Template,
    copy: Template,
    kinds: Vec<Template>,
    faults: Vec<Option<Template>>,
}

impl Commenter {
    /// The commenter of a scenario: its own texts before the common ones.
    ///
    /// # Errors
    /// What is wrong with a text.
    pub(crate) fn new(file: &File, language: Language) -> Result<Self, String> {
        let common: CommonTexts = toml::from_str(COMMON).map_err(|e| e.to_string())?;
        let parse = |texts: &Texts| Template::parse(texts.get(language).unwrap_or_default());
        let kind = |kind: &Kind| {
            let own = file.comment.get(kind.name()).map(|texts| texts.get_ref());
            own.or_else(|| common.kind.get(kind.name())).map_or_else(|| Ok(Template::default()), parse)
        };
        let fault = |comment: &Texts| comment.get(language).map(Template::parse).transpose();
        Ok(Commenter {
            sides: [&common.client, &common.server]
                .map(|texts| texts.get(language).unwrap_or_default().to_owned()),
            lost: parse(&common.lost)?,
            copy: parse(&common.copy)?,
            kinds: Kind::ALL.iter().map(kind).collect::<Result<_, _>>()?,
            faults: file.path.comments().map(fault).collect::<Result<_, _>>()?,
        })
    }

    /// Writes the comment of one packet.
    pub(crate) fn write(&self, captured: &Captured, out: &mut String) {
        out.clear();
        self.write_kind(captured, out);
        if captured.copy {
            out.push(' ');
            self.fill(&self.copy, captured, out);
        }
    }

    fn write_kind(&self, captured: &Captured, out: &mut String) {
        let packet = captured.packet();
        let kind = match &captured.seen {
            Seen::Segment(packet) => packet.reason.kind,
            Seen::Icmp(error) => error.icmp.kind(),
        };
        let own = packet.fault.and_then(|index| self.faults.get(index)?.as_ref());
        match own {
            Some(template) if kind == Kind::Forged => self.fill(template, captured, out),
            _ => {
                if let Some(template) = self.kinds.get(kind as usize) {
                    self.fill(template, captured, out);
                }
                // What a fault is said to do to a packet is not said again of the answer to it.
                let answer = matches!(captured.seen, Seen::Icmp(_)) || kind == Kind::Rejected;
                if let Some(template) = own.filter(|_| !answer).or(captured.lost.then_some(&self.lost)) {
                    out.push(' ');
                    self.fill(template, captured, out);
                }
            }
        }
    }

    fn fill(&self, template: &Template, captured: &Captured, out: &mut String) {
        for piece in &template.0 {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Field(field) => self.fill_field(*field, captured, out),
            }
        }
    }

    fn fill_field(&self, field: Field, captured: &Captured, out: &mut String) {
        let packet = captured.packet();
        let segment = &packet.segment;
        let number: u64 = match field {
            Field::Who { capital } => return out.push_str(&self.side(captured.from, capital)),
            Field::Peer { capital } => return out.push_str(&self.side(captured.from.other(), capital)),
            Field::Waited => return write_span(packet.reason.waited, out),
            Field::Seq => captured.seq.into(),
            Field::Ack => captured.ack.into(),
            Field::Next => captured.seq.wrapping_add(segment.seq_len()).into(),
            Field::Len => segment.len().into(),
            Field::Ttl => packet.ttl.into(),
            Field::IpId => packet.id.into(),
            Field::Router => {
                if let Seen::Icmp(error) = &captured.seen {
                    let _ = write!(out, "{}", error.router);
                }
                return;
            }
            Field::Mtu => match &captured.seen {
                Seen::Icmp(IcmpError { icmp: Icmp::TooBig { mtu }, .. }) => (*mtu).into(),
                _ => 0,
            },
            Field::Mss => segment.options.mss.unwrap_or_default().into(),
            Field::Nth => packet.reason.nth.into(),
        };
        let _ = write!(out, "{number}");
    }

    fn side(&self, side: Side, capital: bool) -> Cow<'_, str> {
        let name = &self.sides[side as usize];
        let mut letters = name.chars();
        match letters.next() {
            Some(first) if capital => Cow::Owned(first.to_uppercase().chain(letters).collect()),
            _ => Cow::Borrowed(name),
        }
    }
}

/// A time as one says it: `44 ms`, `1.02 s`.
fn write_span(span: Duration, out: &mut String) {
    let seconds = span.as_secs_f64();
    let _ =
        if seconds < 0.9995 { write!(out, "{:.0} ms", seconds * 1e3) } else { write!(out, "{seconds:.2} s") };
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
    fn a_wrong_field_is_named_with_the_right_ones() {
        let error = Template::parse("{Who} sends {lenght}").unwrap_err();
        assert!(error.starts_with("no field `{lenght}`; there are: {who}, {Who}"), "{error}");
        assert!(Template::parse("{who").is_err());
    }
}
