//! Words for preferences, statistics and tables, per language.

mod en;
mod zh_cn;

use tcpdx_engine::Language;

/// A preference: what it is called, and what it does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Option {
    Language,
    Vantage,
    Minor,
    SlowResponse,
    KeepaliveInterval,
    Idle,
    /// One family of diagnoses.
    Family,
}

/// A word or two.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Word {
    Automatic,
    Client,
    Server,
    Middle,
    Both,
    Diagnoses,
    Outcomes,
    HostsWithTrouble,
    HandshakeTimes,
    UpTo,
    Longer,
    Packets,
    Bytes,
    Duration,
    NothingToSay,
}

pub(crate) fn option(option: Option, language: Language) -> (&'static str, &'static str) {
    match language {
        Language::English => en::option(option),
        Language::Chinese => zh_cn::option(option),
    }
}

pub(crate) fn word(word: Word, language: Language) -> &'static str {
    match language {
        Language::English => en::word(word),
        Language::Chinese => zh_cn::word(word),
    }
}
