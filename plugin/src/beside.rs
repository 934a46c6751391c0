//! The engine at work beside its caller.
//!
//! Wireshark reads a file in one thread, and nobody asks for a diagnosis while it does. So packets are kept until they
//! are many; then a thread takes them in while the caller reads on. Whoever asks waits until all are taken in, so that
//! the answer is the same; and who asked after the last packet most likely asks after the next one, which is then taken
//! in at once.

use std::io;
use std::ops::Range;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use crate::status::Status;
use tcpdx_engine::{Engine, IcmpPacket, Packet};

/// An engine, and the packets that it has not taken in.
pub(crate) struct Beside {
    /// Absent while the thread has it.
    engine: Option<Box<Engine>>,
    batch: Batch,
    /// It was asked about all packets so far.
    asked: bool,
    worker: Option<Worker>,
}

impl Beside {
    pub(crate) fn new(engine: Engine) -> Beside {
        Beside { engine: Some(Box::new(engine)), batch: Batch::default(), asked: false, worker: None }
    }

    /// Takes in a TCP packet behind those before it, or keeps it to be taken in later.
    pub(crate) fn packet(&mut self, packet: &Packet<'_>) -> Result<(), Status> {
        if let Some(engine) = self.at_once() {
            engine.packet(packet);
            return Ok(());
        }
        let kept = Packet { bytes: &[], ..*packet };
        self.keep(packet.bytes, Kind::Tcp(kept))
    }

    /// Takes in or keeps an ICMP packet likewise.
    pub(crate) fn icmp(&mut self, packet: &IcmpPacket<'_>) -> Result<(), Status> {
        if let Some(engine) = self.at_once() {
            engine.icmp(packet);
            return Ok(());
        }
        let IcmpPacket { frame, layer, time, src, dst, v6, .. } = *packet;
        let kept = IcmpPacket { frame, layer, time, src, dst, v6, bytes: &[] };
        self.keep(packet.bytes, Kind::Icmp(kept))
    }

    /// The engine, when it has taken in all.
    pub(crate) fn engine(&mut self) -> Result<&Engine, Status> {
        self.fetch()?;
        let engine = self.engine.as_mut().ok_or(Status::Internal)?;
        self.batch.empty_into(engine);
        self.asked = true;
        Ok(engine)
    }

    /// The engine, when the next packet need not be kept.
    fn at_once(&mut self) -> Option<&mut Engine> {
        let asked = std::mem::take(&mut self.asked);
        self.engine.as_deref_mut().filter(|_| asked)
    }

    /// Keeps it, and gives the thread what has gathered when it is enough to be worth it.
    fn keep(&mut self, bytes: &[u8], kind: Kind) -> Result<(), Status> {
        self.batch.keep(bytes, kind);
        if self.batch.is_full() { self.hand_over() } else { Ok(()) }
    }

    /// Gives the thread what has gathered.
    fn hand_over(&mut self) -> Result<(), Status> {
        self.fetch()?;
        if self.worker.is_none() {
            self.worker = Worker::start().ok();
        }
        let Some(worker) = &mut self.worker else {
            // The system grants no thread.
            return self.engine().map(|_| ());
        };
        let engine = self.engine.take().ok_or(Status::Internal)?;
        let batch = std::mem::replace(&mut self.batch, std::mem::take(&mut worker.spare));
        worker.work.send((engine, batch)).map_err(|_| Status::Internal)
    }

    /// Waits until the thread gives the engine back, where it has it.
    fn fetch(&mut self) -> Result<(), Status> {
        if self.engine.is_none() {
            let worker = self.worker.as_mut().ok_or(Status::Internal)?;
            // Without an answer it has panicked.
            let (engine, batch) = worker.done.recv().map_err(|_| Status::Internal)?;
            (self.engine, worker.spare) = (Some(engine), batch);
        }
        Ok(())
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        let _ = self.fetch();
        if let Some(worker) = self.worker.take() {
            worker.end();
        }
    }
}

type Work = (Box<Engine>, Batch);

/// The thread: an engine with a batch goes to it, and comes back with the batch empty. It ends when nobody can send.
struct Worker {
    work: SyncSender<Work>,
    done: Receiver<Work>,
    /// An empty batch with room.
    spare: Batch,
    thread: JoinHandle<()>,
}

impl Worker {
    fn start() -> io::Result<Worker> {
        let (work, todo) = sync_channel::<Work>(1);
        let (finished, done) = sync_channel(1);
        let thread = thread::Builder::new().name("tcpdx".to_string()).spawn(move || {
            for (mut engine, mut batch) in todo {
                batch.empty_into(&mut engine);
                if finished.send((engine, batch)).is_err() {
                    return;
                }
            }
        })?;
        Ok(Worker { work, done, spare: Batch::default(), thread })
    }

    /// Waits until the thread has ended, so that the next one gets the memory that it was given.
    fn end(self) {
        drop(self.work);
        let _ = self.thread.join();
    }
}

/// Packets in order.
#[derive(Default)]
struct Batch {
    packets: Vec<(Kind, Range<usize>)>,
    bytes: Vec<u8>,
}

/// A packet without its bytes.
enum Kind {
    Tcp(Packet<'static>),
    Icmp(IcmpPacket<'static>),
}

impl Batch {
    /// So many bytes or packets are worth waking a thread, and still small beside what Wireshark holds.
    const BYTES: usize = 1 << 18;
    const PACKETS: usize = 4096;

    fn keep(&mut self, bytes: &[u8], kind: Kind) {
        let begin = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        self.packets.push((kind, begin..self.bytes.len()));
    }

    fn is_full(&self) -> bool {
        self.bytes.len() >= Self::BYTES || self.packets.len() >= Self::PACKETS
    }

    /// Has the engine take in all of it.
    fn empty_into(&mut self, engine: &mut Engine) {
        for (kind, range) in self.packets.drain(..) {
            let bytes = self.bytes.get(range).unwrap_or_default();
            match kind {
                Kind::Tcp(packet) => {
                    engine.packet(&Packet { bytes, ..packet });
                }
                Kind::Icmp(packet) => {
                    engine.icmp(&IcmpPacket { bytes, ..packet });
                }
            }
        }
        self.bytes.clear();
    }
}
