//! The diagnosis of TCP connections: segments in, findings out.
//!
//! A segment goes once through, front to back: the [`Engine`] finds its connection in the flow table,
//! the connection updates its two endpoints, and the trackers (one per phase of the catalogue) read the
//! connection and report findings. There is no I/O and no clock; the same input gives the same output.
//!
//! - [`segment`]: what is known of one segment or one ICMP error
//! - [`seq`]: sequence numbers that wrap
//! - [`flow`]: addresses and ports to connection
//! - [`endpoint`]: one side of a connection
//! - [`connection`]: two endpoints, where the capture was taken, and the outcome
//! - [`trackers`]: the rules, one file per phase
//! - [`catalogue`]: every diagnosis as data, with its texts per language
//! - [`findings`]: what was found, per frame and per connection
//! - [`settings`]: what the caller can choose
//! - [`engine`]: the door
#![forbid(unsafe_code)]

pub mod catalogue;
mod chunked;
pub mod connection;
pub mod endpoint;
pub mod engine;
pub mod findings;
pub mod flow;
mod http;
mod icmp;
mod listeners;
mod recent;
pub mod rst;
pub mod segment;
pub mod seq;
pub mod settings;
mod story;
mod successor;
pub mod summary;
mod tls;
pub mod trackers;
mod zeek;

pub use catalogue::{Diagnosis, Language, Severity};
pub use engine::{Engine, FrameView, Look};
pub use findings::{Evidence, Finding, Role, Side, Value};
pub use segment::{IcmpPacket, IpInfo, Packet};
pub use settings::{Settings, Thresholds};
pub use story::Story;
pub use summary::{Calm, Outcome, State, Summary, Vantage};
