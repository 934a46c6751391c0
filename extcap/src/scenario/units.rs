//! Times as people write them: `"20ms"`, `"1.5s"`, `"2min"`.

use std::fmt;
use std::time::Duration;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// A span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Span(pub(crate) Duration);

const UNITS: [(&str, f64); 6] =
    [("ns", 1e-9), ("us", 1e-6), ("ms", 1e-3), ("min", 60.0), ("s", 1.0), ("h", 3600.0)];

/// The longest time a scenario may speak of.
const LONGEST: f64 = 30.0 * 86_400.0;

impl Span {
    /// Reads a number and its unit.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (number, scale) = UNITS
            .iter()
            .find_map(|(unit, scale)| text.strip_suffix(unit).map(|number| (number.trim(), scale)))?;
        let seconds = number.parse::<f64>().ok()? * scale;
        (0.0..=LONGEST).contains(&seconds).then(|| Span(Duration::from_nanos((seconds * 1e9).round() as u64)))
    }
}

/// How far a clock is set forwards or, with a minus sign, backwards; nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shift(pub(crate) i64);

impl Shift {
    fn parse(text: &str) -> Option<Self> {
        let (sign, text) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
        let nanos = i64::try_from(Span::parse(text)?.0.as_nanos()).ok()?;
        Some(Shift(sign * nanos))
    }
}

impl<'de> Deserialize<'de> for Shift {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Shift::parse(&text)
            .ok_or_else(|| D::Error::custom(format!("`{text}` is not {EXPECTED}, or \"-3s\" for backwards")))
    }
}

/// What a link carries, in bits a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rate(u64);

impl Rate {
    fn parse(text: &str) -> Option<Self> {
        const UNITS: [(&str, f64); 4] = [("kbit/s", 1e3), ("Mbit/s", 1e6), ("Gbit/s", 1e9), ("bit/s", 1.0)];
        let (number, scale) = UNITS
            .iter()
            .find_map(|(unit, scale)| text.strip_suffix(unit).map(|number| (number.trim(), scale)))?;
        let bits = number.parse::<f64>().ok()? * scale;
        (1.0..=1e12).contains(&bits).then_some(Rate(bits as u64))
    }

    /// The time that so many bytes take.
    pub(crate) fn time_of(self, bytes: usize) -> Duration {
        Duration::from_nanos(bytes as u64 * 8 * 1_000_000_000 / self.0)
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Rate::parse(&text).ok_or_else(|| {
            D::Error::custom(format!("`{text}` is not a rate such as \"20Mbit/s\" or \"500kbit/s\""))
        })
    }
}

/// A text that is no time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not {EXPECTED}")]
pub struct UnknownTime(String);

/// Reads a time as scenario files write it: a number and `ns`, `us`, `ms`, `s`, `min` or `h`.
///
/// # Errors
/// The text is something else.
pub fn parse_time(text: &str) -> Result<Duration, UnknownTime> {
    Span::parse(text).map(|span| span.0).ok_or_else(|| UnknownTime(text.to_owned()))
}

pub(super) const EXPECTED: &str = "a time such as \"20ms\", \"1.5s\" or \"2min\"";

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Span;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(EXPECTED)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Span, E> {
                parse_time(text).map(Span).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_a_number_and_a_unit() {
        let time = |text| Rate::parse(text).map(|rate| rate.time_of(1500).as_micros());
        assert_eq!(time("20Mbit/s"), Some(600));
        assert_eq!(time("1.5 kbit/s"), Some(8_000_000));
        for wrong in ["20", "20MB", "0bit/s", "-1Mbit/s", "Mbit/s", ""] {
            assert_eq!(time(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn shifts_have_a_direction() {
        let parsed = |text| Shift::parse(text).map(|shift| shift.0);
        assert_eq!(parsed("1.5s"), Some(1_500_000_000));
        assert_eq!(parsed("+1s"), Some(1_000_000_000));
        assert_eq!(parsed("-3ms"), Some(-3_000_000));
        for wrong in ["--3s", "- 3", "-", "3"] {
            assert_eq!(parsed(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn times_are_a_number_and_a_unit() {
        let parsed = |text| Span::parse(text).map(|span| span.0.as_nanos());
        assert_eq!(parsed("20ms"), Some(20_000_000));
        assert_eq!(parsed("1.5s"), Some(1_500_000_000));
        assert_eq!(parsed("2 min"), Some(120_000_000_000));
        assert_eq!(parsed("7us"), Some(7_000));
        for wrong in ["20", "ms", "-1s", "1e99s", "NaNs", "3 weeks", ""] {
            assert_eq!(parsed(wrong), None, "{wrong}");
        }
    }
}
