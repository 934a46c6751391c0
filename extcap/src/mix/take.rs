//! A connection that has been played, ready to be written again and again for other clients.

use std::io;
use std::net::IpAddr;

use super::readdress::Readdress;
use crate::net::FrameBuilder;
use crate::pcapng::write_again;
use crate::simulation::Stage;
use crate::time::Time;

/// What was captured of one connection.
#[derive(Debug)]
pub(super) struct Take {
    client: IpAddr,
    /// Blocks of the capture, one behind the other.
    blocks: Vec<u8>,
    shots: Vec<Shot>,
}

/// One packet.
#[derive(Debug)]
struct Shot {
    time: Time,
    /// Where its block ends.
    end: usize,
    /// Its TCP checksum is there.
    finished: bool,
}

impl Take {
    /// Plays the scenario once.
    ///
    /// # Errors
    /// A packet is larger than IP can say.
    pub(super) fn record(
        stage: &Stage,
        frames: &mut FrameBuilder,
        seed: u64,
        client: IpAddr,
    ) -> io::Result<Self> {
        let mut take = Take { client, blocks: Vec::new(), shots: Vec::new() };
        for captured in stage.play(seed, client) {
            stage.write(frames, &captured, 0, &mut take.blocks)?;
            take.shots.push(Shot {
                time: captured.time,
                end: take.blocks.len(),
                finished: stage.finishes(&captured),
            });
        }
        Ok(take)
    }

    /// Bytes that it occupies.
    pub(super) fn size(&self) -> usize {
        self.blocks.len()
    }

    /// When the how manieth packet came, if there is one.
    pub(super) fn time(&self, shot: usize) -> Option<Time> {
        self.shots.get(shot).map(|shot| shot.time)
    }

    /// Appends that packet, as of another client's connection. `ip` is where IP headers are in frames.
    pub(super) fn write(&self, shot: usize, time: u64, client: IpAddr, ip: usize, out: &mut Vec<u8>) {
        let Some(this) = self.shots.get(shot) else { return };
        let begin = shot.checked_sub(1).map_or(0, |before| self.shots[before].end);
        let readdress = Readdress { from: self.client, to: client, finished: this.finished };
        write_again(out, &self.blocks[begin..this.end], time, |frame| {
            if let Some(packet) = frame.get_mut(ip..) {
                readdress.packet(packet);
            }
        });
    }
}
