//! What can be said about a frame and a finding, field by field, for registration.

mod en;
mod zh_cn;

use crate::catalogue::c_string;
use crate::input::{fill, language, texts_of};
use crate::status::{Status, guard};
use std::ffi::{CString, c_char};
use std::sync::LazyLock;
use tcpdx_engine::Language;

/// How the value of a field is to be read.
#[derive(Clone, Copy)]
#[repr(C)]
pub enum Kind {
    /// `text` holds it.
    Text = 1,
    /// `number` holds it; not negative, below 2^32.
    Number = 2,
    /// `number` holds the number of a frame.
    Frame = 3,
    /// `number` holds a time span in nanoseconds.
    Duration = 4,
    /// `number` is 1 for yes and 0 for no.
    Boolean = 5,
}

macro_rules! fields {
    ($($(#[$doc:meta])+ $field:ident $filter:literal $kind:ident;)+) => {
        /// What can be said about a frame and a finding.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u32)]
        pub(crate) enum Field { $($(#[$doc])+ $field),+ }

        impl Field {
            /// Every field, in order: `ALL[f as usize] == f`.
            pub(crate) const ALL: &'static [Field] = &[$(Field::$field),+];

            fn filter(self) -> &'static str {
                match self { $(Field::$field => concat!("tcpdx.", $filter)),+ }
            }

            fn kind(self) -> Kind {
                match self { $(Field::$field => Kind::$kind),+ }
            }
        }
    };
}

fields! {
    /// Number of the connection.
    Stream "stream" Number;
    /// Who opened it: address and port.
    Client "client" Text;
    /// Who was called.
    Server "server" Text;
    /// State of the client after the frame.
    ClientState "client.state" Text;
    /// State of the server after the frame.
    ServerState "server.state" Text;
    /// How the connection ended or stands, one word.
    Outcome "outcome" Text;
    /// Whether nothing worse than a note was found.
    Clean "clean" Boolean;
    /// The same in a sentence.
    Story "story" Text;
    /// Where the capture was taken.
    Vantage "vantage" Text;
    /// How it ended or stands, as Zeek's conn.log calls it.
    ConnState "conn_state" Text;
    /// What happened, in the letters of Zeek's conn.log.
    History "history" Text;
    /// Who sent the first FIN or RST.
    ClosedFirst "closed_first" Text;
    /// SYN to third ACK.
    HandshakeRtt "handshake.rtt" Duration;
    /// SYN to SYN-ACK.
    HandshakeRttServer "handshake.rtt.server" Duration;
    /// SYN-ACK to third ACK.
    HandshakeRttClient "handshake.rtt.client" Duration;
    /// A frame about which this one proves something.
    Proves "proves" Frame;
    /// Id of a finding's diagnosis.
    Diagnosis "diagnosis" Text;
    /// Its severity.
    Severity "severity" Text;
    /// How sure it is.
    Certainty "certainty" Text;
    /// What it did to the connection.
    Effect "effect" Text;
    /// The frame that a finding is about, where that is another one.
    Subject "subject" Frame;
    /// The frame that proved it, where that is another one.
    Trigger "trigger" Frame;
    /// The frame of the finding that one follows from.
    Follows "follows" Frame;
    /// Id of the cause that fits it best.
    Cause "cause" Text;
    /// A cause in words.
    Why "why" Text;
    /// What to look at next.
    Check "check" Text;
    /// The rule behind it.
    Reference "reference" Text;
    /// A frame that shows it.
    Evidence "evidence" Frame;
}

/// One field, to be registered.
#[repr(C)]
pub struct FieldInfo {
    /// sizeof(tcpdx_field).
    pub size: u32,
    /// A tcpdx_kind.
    pub kind: u32,
    /// Its filter: "tcpdx.client.state".
    pub filter: *const c_char,
    /// What it is called, in a few words.
    pub name: *const c_char,
    /// What it means, in a sentence.
    pub about: *const c_char,
}

/// The texts of a field as C wants them.
struct Strings {
    filter: CString,
    name: CString,
    about: CString,
}

/// By language and field.
static STRINGS: LazyLock<Vec<Vec<Strings>>> = LazyLock::new(|| {
    let strings = |language: &Language| {
        let of = |field: &Field| {
            let (name, about) = text(*field, *language);
            Strings { filter: c_string(field.filter()), name: c_string(name), about: c_string(about) }
        };
        Field::ALL.iter().map(of).collect()
    };
    Language::ALL.iter().map(strings).collect()
});

fn text(field: Field, language: Language) -> (&'static str, &'static str) {
    match language {
        Language::English => en::text(field),
        Language::Chinese => zh_cn::text(field),
    }
}

/// What a field is called.
pub(crate) fn name(field: Field, language: Language) -> &'static str {
    text(field, language).0
}

/// How many fields there are; they are numbered from 0.
#[unsafe(no_mangle)]
pub extern "C" fn tcpdx_field_count() -> u32 {
    Field::ALL.len() as u32
}

/// Tells one field in a language (below tcpdx_language_count()).
/// TCPDX_STATUS_WRONG_VALUE when there is no such field or language.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tcpdx_field_info(field: u32, language: u32, info: *mut FieldInfo) -> Status {
    guard(|| unsafe { fill(info, || describe(field, language)) })
}

fn describe(field: u32, in_language: u32) -> Result<FieldInfo, Status> {
    let language = language(in_language)?;
    let known = *Field::ALL.get(field as usize).ok_or(Status::WrongValue)?;
    let strings = texts_of(&STRINGS, language, known as usize)?;
    Ok(FieldInfo {
        size: size_of::<FieldInfo>() as u32,
        kind: known.kind() as u32,
        filter: strings.filter.as_ptr(),
        name: strings.name.as_ptr(),
        about: strings.about.as_ptr(),
    })
}
