//! Texts with fields in braces, and the same made ready for one sender.

/// What a text may leave open, in braces, but for the names of the sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
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

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    /// The packet's sender: "the client", or "The client".
    Who {
        capital: bool,
    },
    /// The other side.
    Peer {
        capital: bool,
    },
    Field(Field),
}

const PARTS: [(&str, Part); 15] = [
    ("who", Part::Who { capital: false }),
    ("Who", Part::Who { capital: true }),
    ("peer", Part::Peer { capital: false }),
    ("Peer", Part::Peer { capital: true }),
    ("seq", Part::Field(Field::Seq)),
    ("ack", Part::Field(Field::Ack)),
    ("next", Part::Field(Field::Next)),
    ("len", Part::Field(Field::Len)),
    ("ttl", Part::Field(Field::Ttl)),
    ("ip_id", Part::Field(Field::IpId)),
    ("mss", Part::Field(Field::Mss)),
    ("router", Part::Field(Field::Router)),
    ("mtu", Part::Field(Field::Mtu)),
    ("nth", Part::Field(Field::Nth)),
    ("waited", Part::Field(Field::Waited)),
];

/// A text with fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Template(Vec<Part>);

impl Template {
    /// Reads a text with fields in braces; says what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, behind) =
                after.split_once('}').ok_or_else(|| format!("no `}}` behind `{{{after}`"))?;
            let part = PARTS.iter().find(|(known, _)| *known == name).ok_or_else(|| {
                let known: Vec<String> = PARTS.iter().map(|(known, _)| format!("{{{known}}}")).collect();
                format!("no field `{{{name}}}`; there are: {}", known.join(", "))
            })?;
            parts.push(Part::Text(before.to_owned()));
            parts.push(part.1.clone());
            rest = behind;
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(Template(parts))
    }

    /// The text for packets whose sender and receiver are called so.
    pub(super) fn said_of(&self, who: &str, peer: &str) -> Phrase {
        let mut phrase = Phrase::default();
        for part in &self.0 {
            match part {
                Part::Text(text) => phrase.add(text),
                Part::Who { capital } => phrase.add(&named(who, *capital)),
                Part::Peer { capital } => phrase.add(&named(peer, *capital)),
                Part::Field(field) => phrase.fields.push((phrase.text.len(), *field)),
            }
        }
        phrase
    }
}

fn named(name: &str, capital: bool) -> String {
    let mut letters = name.chars();
    match letters.next() {
        Some(first) if capital => first.to_uppercase().chain(letters).collect(),
        _ => name.to_owned(),
    }
}

/// A text of which only numbers are open: its words in one piece, and where in them the fields stand.
#[derive(Debug, Default)]
pub(super) struct Phrase {
    text: String,
    fields: Vec<(usize, Field)>,
}

impl Phrase {
    fn add(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Appends the text; `fill` appends the fields.
    pub(super) fn write(&self, out: &mut Vec<u8>, mut fill: impl FnMut(&mut Vec<u8>, Field)) {
        let mut done = 0;
        for (at, field) in &self.fields {
            out.extend_from_slice(&self.text.as_bytes()[done..*at]);
            done = *at;
            fill(out, *field);
        }
        out.extend_from_slice(&self.text.as_bytes()[done..]);
    }
}
