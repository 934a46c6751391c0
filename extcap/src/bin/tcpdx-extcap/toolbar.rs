//! The toolbar: what stands in it, and what its messages mean.

use std::fmt::Write as _;

use tcpdx_extcap::Language;

use crate::clock::Pace;
use crate::message::Message;
use crate::texts::text;

/// Its controls, by number.
pub(crate) const NEXT: u8 = 0;
pub(crate) const PAUSE: u8 = 1;
pub(crate) const SPEED: u8 = 2;
pub(crate) const LOSE: u8 = 3;
pub(crate) const LOG: u8 = 4;

const CONTROLS: [(u8, &str, &str); 5] = [
    (NEXT, "next", "{type=button}"),
    (PAUSE, "pause", "{type=button}"),
    (SPEED, "speed", "{type=selector}"),
    (LOSE, "lose", "{type=button}"),
    (LOG, "log", "{type=button}{role=logger}"),
];

/// The pace that the options dialog has: the toolbar does not say otherwise until it is used.
const AS_CHOSEN: &str = "chosen";
const SPEEDS: [&str; 5] = [AS_CHOSEN, "slow", "real", "10x", "instant"];

/// What the user wants.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Wish {
    Next,
    PauseOrResume,
    /// Nothing: the pace of the options.
    Speed(Option<Pace>),
    Lose,
}

/// What a message of the toolbar means, if anything.
pub(crate) fn wish(message: &Message) -> Option<Wish> {
    match message {
        Message::Set { control: NEXT, .. } => Some(Wish::Next),
        Message::Set { control: PAUSE, .. } => Some(Wish::PauseOrResume),
        Message::Set { control: LOSE, .. } => Some(Wish::Lose),
        Message::Set { control: SPEED, value } => match std::str::from_utf8(value).ok()? {
            AS_CHOSEN => Some(Wish::Speed(None)),
            word => Pace::named(word).map(|pace| Wish::Speed(Some(pace))),
        },
        Message::Set { .. } | Message::Quit => None,
    }
}

/// How a pace is called; nothing is that of the options.
pub(crate) fn speed_name(pace: Option<Pace>, language: Language) -> &'static str {
    let word = SPEEDS.into_iter().find(|word| Pace::named(word) == pace).unwrap_or(AS_CHOSEN);
    text(language, &format!("choice.speed.{word}"))
}

/// The toolbar in the grammar of extcap.
pub(crate) fn sentences(language: Language) -> String {
    let mut out = String::new();
    for (number, name, kind) in CONTROLS {
        let said = |what: &str| text(language, &format!("control.{name}.{what}"));
        let (label, tip) = (said("label"), said("tip"));
        let _ = writeln!(out, "control {{number={number}}}{kind}{{display={label}}}{{tooltip={tip}}}");
    }
    for speed in SPEEDS {
        let display = text(language, &format!("choice.speed.{speed}"));
        let default = speed == AS_CHOSEN;
        let _ = writeln!(
            out,
            "value {{control={SPEED}}}{{value={speed}}}{{display={display}}}{{default={default}}}"
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_press_has_its_meaning_and_nothing_else_has_one() {
        let set = |control, value: &[u8]| wish(&Message::Set { control, value: value.to_vec() });
        assert_eq!(set(NEXT, b""), Some(Wish::Next));
        assert_eq!(set(PAUSE, b""), Some(Wish::PauseOrResume));
        assert_eq!(set(LOSE, b""), Some(Wish::Lose));
        assert_eq!(set(SPEED, b"10x"), Some(Wish::Speed(Some(Pace::Times(10.0)))));
        assert_eq!(set(SPEED, b"chosen"), Some(Wish::Speed(None)));
        for (control, value) in [(SPEED, &b"\xff\xfe"[..]), (SPEED, b"warp"), (LOG, b""), (99, b"x")] {
            assert_eq!(set(control, value), None, "{control} {value:?}");
        }
    }
}
