//! The diagnosis of TCP connections: segments in, findings out.
//!
//! A segment goes once through, front to back. The [`Engine`] finds its connection; the receiver's rules say whether it
//! has any effect; claims that it refutes are taken back; the rules read the connection **as it stood before the
//! segment**, and report; then the connection takes it in. There is no I/O and no clock; the same input gives the same
//! output.
//!
//! The floors, from the top; each uses only what is below it:
//!
//! - [`reasons`]: why what was found happened, when it is asked
//! - [`engine`]: the door, packets in and findings out
//! - [`verdict`]: what all of it amounts to: outcome, story, summary, and what Zeek would say
//! - [`causes`]: the causes of a finding, weighed by the facts of the whole capture
//! - [`rules`]: the diagnoses, one file per phase of a connection
//! - [`proof`]: what was sent after what and who could know (`causality`), what is taken for true until it is refuted
//!   (`claims`), what a receiver refuses (`receiver`), why a RST was sent (`rst`), what was told (`store`), what was
//!   asked about a frame (`trace`)
//! - [`book`]: facts beyond one connection: hosts, listeners, who connects where
//! - [`connection`]: two endpoints, what is in flight, where the capture was taken, the flow table, successors on the
//!   same ports, copies of packets, and numbers that a device rewrites
//! - [`wire`]: what stands in packets: segments, sequence numbers, options, ICMP, HTTP, TLS
//! - [`catalogue`]: every diagnosis as data, with its texts per language; findings and their words
//! - the ground: [`side`], [`state`], [`mark`], [`flags`], [`settings`], `bounds`, `chunked`, `clock`
#![forbid(unsafe_code)]

pub(crate) mod book;
pub mod bounds;
pub mod catalogue;
pub mod causes;
mod chunked;
mod clock;
pub mod connection;
pub mod engine;
pub mod flags;
pub mod mark;
pub mod proof;
pub mod reasons;
pub mod rules;
pub mod settings;
pub mod side;
pub mod state;
pub mod verdict;
pub mod wire;

pub use catalogue::facts::{Fact, FactKind};
pub use catalogue::findings::{Evidence, Finding, Value};
pub use catalogue::terms::{Param, Role, Term};
pub use catalogue::{Actor, Cause, Certainty, Diagnosis, Effect, Language, Severity};
pub use causes::{Candidate, Causes, Verdict};
pub use engine::{Engine, FrameView, Look};
pub use proof::claims::Kind as ClaimKind;
pub use proof::receiver::{Receipt, Refusal};
pub use proof::trace::{Asker, Step};
pub use reasons::Reasons;
pub use settings::{Settings, Thresholds};
pub use side::{Party, Side};
pub use state::{Outcome, State, Vantage};
pub use verdict::story::Story;
pub use verdict::summary::{Calm, Summary};
pub use verdict::trace::Trace;
pub use wire::segment::{IcmpPacket, IpInfo, Packet};
