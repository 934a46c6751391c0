//! The program that captures: it may lose packets, get them twice, or get them as its card has joined them.

use std::time::Duration;

use super::Captured;
use super::card::Card;
use crate::options::GenerateOptions;
use crate::random::Random;
use crate::scenario::file;

/// A mirror port's second copy comes so much later.
const COPY: Duration = Duration::from_nanos(600);

/// What is captured of what passes.
#[derive(Debug)]
pub(crate) struct Sniffer<I> {
    passing: I,
    card: Option<Card>,
    loss: f64,
    duplicates: bool,
    copy: Option<Captured>,
    random: Random,
}

impl<I: Iterator<Item = Captured>> Sniffer<I> {
    /// `rtt` is the path's.
    pub(crate) fn new(
        passing: I,
        capture: &file::Capture,
        options: &GenerateOptions,
        seed: u64,
        rtt: Duration,
    ) -> Self {
        Sniffer {
            passing,
            card: (options.offload || capture.offload).then(|| Card::new(rtt)),
            loss: options.capture_loss,
            duplicates: options.duplicates || capture.duplicates,
            copy: None,
            random: Random::new(seed, 7),
        }
    }

    /// The next packet, as the card gives it.
    fn next_passing(&mut self) -> Option<Captured> {
        let Some(card) = &mut self.card else { return self.passing.next() };
        loop {
            if let Some(captured) = card.give(false) {
                return Some(captured);
            }
            match self.passing.next() {
                Some(captured) => card.take(captured),
                None => return card.give(true),
            }
        }
    }
}

impl<I: Iterator<Item = Captured>> Iterator for Sniffer<I> {
    type Item = Captured;

    fn next(&mut self) -> Option<Captured> {
        if let Some(copy) = self.copy.take() {
            return Some(copy);
        }
        loop {
            let captured = self.next_passing()?;
            if self.loss > 0.0 && self.random.chance(self.loss) {
                continue;
            }
            if self.duplicates {
                self.copy = Some(Captured { time: captured.time + COPY, copy: true, ..captured.clone() });
            }
            return Some(captured);
        }
    }
}
