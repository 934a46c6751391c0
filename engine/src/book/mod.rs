//! Facts beyond one connection.

pub(crate) mod crowd;
pub(crate) mod lines;
pub(crate) mod listeners;

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Book {
    /// Who fails where, and who leaves handshakes half-open.
    pub(crate) crowd: crowd::Crowd,
    /// The ports that accept connections.
    pub(crate) listeners: listeners::Listeners,
}
