//! The words in English.

use super::{Setting, Word};

/// What a preference is called, and what it does. `{}` is the name of the family.
pub(super) fn setting(setting: Setting) -> (&'static str, &'static str) {
    match setting {
        Setting::Language => ("Language", "The language of what is told; that of the locale unless chosen"),
        Setting::Vantage => (
            "Captured at",
            "Where the capture was taken, when you know it; else it is inferred for each connection",
        ),
        Setting::Minor => (
            "Also tell notes and milestones",
            "Without it only warnings and errors are told, and no chats and notes",
        ),
        Setting::SlowResponse => {
            ("Slow response (ms)", "A server that takes longer to answer is slow: app.slow_response")
        }
        Setting::KeepaliveInterval => (
            "Keep-alive interval (ms)",
            "Keep-alive probes at most so far apart are frequent: keepalive.frequent",
        ),
        Setting::Idle => (
            "Idle time (ms)",
            "A connection that was quiet for so long may have been forgotten on the path: path.idle_state_lost",
        ),
        Setting::Family(_) => ("Tell: {}", "Whether diagnoses of this family are told"),
    }
}

pub(super) fn word(word: Word) -> &'static str {
    match word {
        Word::Automatic => "Automatic",
        Word::Client => "The client",
        Word::Server => "The server",
        Word::Middle => "The path between",
        Word::Both => "Both ends",
        Word::Diagnoses => "Diagnoses",
        Word::Outcomes => "Outcomes of connections",
        Word::HostsWithTrouble => "Hosts with trouble",
        Word::HandshakeTimes => "Handshake round trips (ms)",
        Word::UpTo => "up to {} ms",
        Word::Longer => "longer",
        Word::Packets => "Packets",
        Word::Bytes => "Bytes",
        Word::Duration => "Duration",
        Word::NothingToSay => "No TCP connections",
    }
}
