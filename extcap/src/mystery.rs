//! Mysteries: scenarios drawn by lot, in captures that do not tell which one it is.
//!
//! The head of such a capture holds the seed and a check number. The number is that of the scenario among all for this
//! seed, so that the scenario can be [revealed](reveal) again, by later versions with more scenarios, too.

use std::net::IpAddr;

use crate::options::{Difficulty, GenerateOptions, IpVersion};
use crate::random::Random;
use crate::scenario::{self, Builtin, Language};

/// A scenario that is to be found out.
#[derive(Debug, Clone, Copy)]
pub struct Mystery {
    seed: u64,
    scenario: &'static Builtin,
    variant: Option<&'static str>,
}

/// How the heads of mysteries begin.
const MARK: &str = "TCP mystery: seed ";
const CHECK: &str = ", check ";

impl Mystery {
    /// Draws a scenario of that difficulty, of any if none is given.
    pub fn draw(difficulty: Option<Difficulty>, seed: u64) -> Option<Self> {
        let wanted = |mystery: &Mystery| difficulty.is_none_or(|wanted| mystery.difficulty() == wanted);
        Mystery::all(seed).filter(wanted).max_by_key(Mystery::lot)
    }

    /// Every scenario and variant, as a mystery with this seed.
    fn all(seed: u64) -> impl Iterator<Item = Mystery> {
        scenario::all().flat_map(move |scenario| {
            let variants = scenario.variants().iter().map(|variant| Some(*variant));
            std::iter::once(None).chain(variants).map(move |variant| Mystery { seed, scenario, variant })
        })
    }

    /// Its lot for the seed: FNV-1a of its name, and chance from there. It does not depend on what other scenarios
    /// there are.
    fn lot(&self) -> u64 {
        let name = self.scenario.name().bytes().chain(self.variant.unwrap_or_default().bytes());
        let hash = name.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Random::new(self.seed, hash).u64()
    }

    /// The scenario.
    pub fn scenario(&self) -> &'static Builtin {
        self.scenario
    }

    /// Its variant, if it is one.
    pub fn variant(&self) -> Option<&'static str> {
        self.variant
    }

    /// What decides about everything.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// How hard it is to find out.
    pub fn difficulty(&self) -> Difficulty {
        self.scenario.difficulty()
    }

    /// What stands at the head of its captures.
    pub fn cover(&self) -> String {
        format!("{MARK}{}{CHECK}{:016x}", self.seed, self.lot())
    }

    /// The options with everything that would tell what it is taken away: addresses by chance, no names, no comments.
    pub fn hide(&self, options: GenerateOptions) -> GenerateOptions {
        let mut random = Random::new(self.seed, 20);
        let mut address = |net: u8| -> IpAddr {
            let [a, b, c, d] = random.u32().to_be_bytes();
            match options.ip {
                // Private addresses (RFC 1918, RFC 4193); hosts are never 0 or 255.
                IpVersion::V4 => IpAddr::from([10, net | a >> 1, b, c % 254 + 1]),
                IpVersion::V6 => {
                    let word = |high, low| u16::from_be_bytes([high, low]);
                    IpAddr::from([word(0xfd, a), word(b, c), 0, net.into(), 0, 0, 0, u16::from(d) + 1])
                }
            }
        };
        GenerateOptions {
            seed: self.seed,
            client: Some(address(0)),
            server: Some(address(128)),
            variant: self.variant.map(str::to_owned),
            comments: crate::Comments::Off,
            cover: Some(self.cover()),
            language: Language::En,
            ..options
        }
    }
}

/// What the head of a capture says about a mystery.
#[derive(Debug, Clone, Copy)]
pub enum Revealed {
    /// It is this one.
    Mystery(Mystery),
    /// It is one with this seed, of a scenario that this version does not have.
    Unknown(u64),
}

/// Which mystery a capture is, by the comment at its head; nothing if it is none.
pub fn reveal(comment: &str) -> Option<Revealed> {
    let rest = comment.lines().find_map(|line| line.trim().strip_prefix(MARK))?;
    let (seed, check) = rest.split_once(CHECK)?;
    let (seed, check) = (seed.parse().ok()?, u64::from_str_radix(check.trim(), 16).ok()?);
    let found = Mystery::all(seed).find(|mystery| mystery.lot() == check);
    Some(found.map_or(Revealed::Unknown(seed), Revealed::Mystery))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn what_is_drawn_is_revealed_again() {
        for seed in 0..200 {
            let drawn = Mystery::draw(None, seed).unwrap();
            let Some(Revealed::Mystery(revealed)) = reveal(&drawn.cover()) else { panic!("seed {seed}") };
            assert_eq!(
                (revealed.scenario().name(), revealed.variant(), revealed.seed()),
                (drawn.scenario().name(), drawn.variant(), seed)
            );
        }
        assert!(matches!(reveal("TCP mystery: seed 7, check 0"), Some(Revealed::Unknown(7))));
        assert!(reveal("The server never gets the third ACK").is_none());
    }

    #[test]
    fn every_difficulty_has_many_different_mysteries() {
        for difficulty in Difficulty::ALL {
            let drawn: Vec<Mystery> =
                (0..300).filter_map(|seed| Mystery::draw(Some(difficulty), seed)).collect();
            assert!(drawn.len() == 300 && drawn.iter().all(|mystery| mystery.difficulty() == difficulty));
            let different: BTreeSet<&str> = drawn.iter().map(|mystery| mystery.scenario().name()).collect();
            assert!(different.len() >= 15, "{difficulty}: {different:?}");
        }
    }
}
