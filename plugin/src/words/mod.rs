//! Words for preferences, statistics and tables, per language.

mod en;
mod zh_cn;

use crate::settings::Setting;
use tcpdx_engine::Language;

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

/// What a preference is called, and what it does.
pub(crate) fn setting(setting: Setting, language: Language) -> (&'static str, &'static str) {
    match language {
        Language::English => en::setting(setting),
        Language::Chinese => zh_cn::setting(setting),
    }
}

pub(crate) fn word(word: Word, language: Language) -> &'static str {
    match language {
        Language::English => en::word(word),
        Language::Chinese => zh_cn::word(word),
    }
}
