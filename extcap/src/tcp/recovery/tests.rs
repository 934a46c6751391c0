//! The phases of a sender, as the RFCs have them: a sender with ten segments out hears ACKs that a test makes up.

use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;

use super::super::socket::{Pair, ReceiveSpace, SendSpace, Socket};
use super::super::{Env, KernelClock, Outgoing, Settings};
use super::Phase;
use crate::net::{Ecn, Flags, Kind, Options, Packet, SackBlocks, Segment, Seq};
use crate::random::Random;
use crate::scenario::file;
use crate::time::Time;

const MSS: u32 = 1_000;
/// The receiver's window, as in the header, and its scale: it is always the same.
const WINDOW: u16 = 7_813;
const SCALE: u8 = 7;
const RTT: Duration = Duration::from_millis(40);

/// The first number of a segment, by its place from 0.
fn number(segment: u32) -> Seq {
    Seq(1) + segment * MSS
}

struct Sender {
    socket: Socket,
    random: Random,
    now: Time,
}

/// What was sent: why, and which segment.
type Sent = (Kind, u32);

impl Sender {
    /// A sender that had its handshake a round trip ago, and has ten segments of sixty on the way.
    fn new(sack: bool) -> Self {
        let mut random = Random::new(1, 1);
        let mut out = Outgoing::new();
        let now = Time::ZERO + Duration::from_secs(1);
        let settings = Rc::new(Settings::new(&file::Host::default(), 20));
        let [local, remote] = [80, 40_000].map(|port| SocketAddr::from(([192, 0, 2, 1], port)));
        let receive = ReceiveSpace::new(Seq(0), 65_535, 0, &settings);
        let mut send = SendSpace::new(Seq(0), u32::from(WINDOW) << SCALE, SCALE, MSS);
        send.una = send.next;
        send.window_seq = Seq(1);
        let clock = KernelClock::new(Duration::from_secs(100));
        let mut env = Env { now, random: &mut random, out: &mut out };
        let mut socket = Socket::new(&mut env, settings, clock, Pair { local, remote }, send, receive);
        socket.sack = sack;
        socket.rtt.saw(RTT);
        socket.rtt.measured(RTT, Seq(1), Seq(1));
        socket.write(&mut env, &[Bytes::from(vec![0; 60 * MSS as usize])], false, false);
        let mut sender = Sender { socket, random, now };
        assert_eq!(sender.told(out), (0..10).map(|segment| (Kind::Data, segment)).collect::<Vec<_>>());
        sender.now = sender.now + RTT;
        sender
    }

    fn told(&self, out: Outgoing) -> Vec<Sent> {
        out.iter().map(|packet| (packet.reason.kind, (packet.segment.seq - number(0)) / MSS)).collect()
    }

    fn act(&mut self, act: impl FnOnce(&mut Socket, &mut Env<'_>)) -> Vec<Sent> {
        let mut out = Outgoing::new();
        act(&mut self.socket, &mut Env { now: self.now, random: &mut self.random, out: &mut out });
        self.told(out)
    }

    /// An ACK comes: everything before a segment has arrived, and the segments in these ranges; what is sent then.
    fn ack(&mut self, next: u32, arrived: &[(u32, u32)]) -> Vec<Sent> {
        let sack: SackBlocks = arrived.iter().map(|&(first, past)| (number(first), number(past))).collect();
        let Pair { local, remote } = self.socket.pair;
        let packet = Packet {
            from: remote.ip(),
            to: local.ip(),
            ttl: 64,
            id: 0,
            dont_fragment: true,
            flow_label: 0,
            ecn: Ecn::Not,
            corrupt: false,
            segment: Segment {
                from_port: remote.port(),
                to_port: local.port(),
                seq: Seq(1),
                ack: number(next),
                flags: Flags::ACK,
                window: WINDOW,
                options: Options { sack, ..Options::default() },
                urgent: 0,
                payload: Bytes::new(),
            },
            reason: Kind::Ack.into(),
            fault: None,
            number: 0,
        };
        self.now = self.now + Duration::from_micros(10);
        self.act(|socket, env| socket.receive(env, &packet))
    }

    /// Time passes until its timer ends; what is sent then.
    fn wait(&mut self) -> Vec<Sent> {
        self.now = self.socket.next_timer().unwrap();
        self.act(|socket, env| socket.on_timer(env))
    }

    fn phase(&self) -> Phase {
        self.socket.congestion.phase
    }

    /// The segment up to which the phase lasts.
    fn high(&self) -> u32 {
        (self.socket.congestion.high - number(0)) / MSS
    }

    fn window(&self) -> u32 {
        self.socket.congestion.window
    }
}

fn repeats(sent: &[Sent]) -> Vec<Sent> {
    sent.iter().copied().filter(|(kind, _)| *kind != Kind::Data).collect()
}

#[test]
fn a_gap_is_disorder_and_three_segments_behind_it_are_a_loss() {
    // RFC 6675, 5: DupThresh is 3; RFC 9438, 4.6: seven tenths of the window stay.
    let mut sender = Sender::new(true);
    assert_eq!(repeats(&sender.ack(0, &[(1, 2)])), []);
    assert_eq!(sender.phase(), Phase::Disorder);
    assert_eq!(repeats(&sender.ack(0, &[(1, 3)])), []);
    assert_eq!(repeats(&sender.ack(0, &[(1, 4)])), [(Kind::FastRetransmit, 0)]);
    assert_eq!((sender.phase(), sender.socket.congestion.threshold), (Phase::Recovery, 7));
    // The gap is filled, but not everything that was out then: recovery goes on (RFC 6675, 5, step C).
    sender.ack(4, &[]);
    assert_eq!(sender.phase(), Phase::Recovery);
    sender.ack(sender.high(), &[]);
    assert_eq!(sender.phase(), Phase::Open);
    // That ACK may have added one.
    assert!((7..=8).contains(&sender.window()), "{}", sender.window());
}

#[test]
fn two_gaps_are_both_repaired() {
    let mut sender = Sender::new(true);
    let mut sent = [sender.ack(0, &[(1, 2)]), sender.ack(0, &[(1, 3)])].concat();
    for past in 5..=10 {
        sent.extend(sender.ack(0, &[(4, past), (1, 3)]));
    }
    assert_eq!(repeats(&sent), [(Kind::FastRetransmit, 0), (Kind::FastRetransmit, 3)]);
}

#[test]
fn without_sack_the_third_duplicate_repeats_and_a_partial_ack_shows_the_next_gap() {
    // RFC 5681, 3.2, and RFC 6582, 3.2.
    let mut sender = Sender::new(false);
    let duplicates: Vec<Vec<Sent>> = (0..3).map(|_| repeats(&sender.ack(0, &[]))).collect();
    assert_eq!(duplicates, [vec![], vec![], vec![(Kind::FastRetransmit, 0)]]);
    assert_eq!(repeats(&sender.ack(5, &[])), [(Kind::FastRetransmit, 5)]);
    assert_eq!(sender.phase(), Phase::Recovery);
    // Late duplicates must not look like a new loss: what was sent since has to arrive too (RFC 6582, 4.1).
    sender.ack(sender.high(), &[]);
    assert_eq!(sender.phase(), Phase::Recovery);
    sender.ack(sender.high() + 1, &[]);
    assert_eq!(sender.phase(), Phase::Open);
}

#[test]
fn a_timeout_leaves_a_window_of_one_and_repeats_the_first_segment() {
    // RFC 5681, 3.1; RFC 6298, 5.4 to 5.6.
    let mut sender = Sender::new(false);
    let before = sender.socket.rto();
    assert_eq!(sender.wait(), [(Kind::DataAgain, 0)]);
    assert_eq!((sender.phase(), sender.window()), (Phase::Loss, 1));
    assert_eq!((sender.socket.congestion.threshold, sender.socket.rto()), (7, before * 2));
    assert_eq!(sender.wait(), [(Kind::DataAgain, 0)]);
    assert_eq!(sender.socket.rto(), before * 4);
    sender.ack(sender.high(), &[]);
    sender.ack(sender.high() + 1, &[]);
    assert_eq!((sender.phase(), sender.socket.congestion.threshold), (Phase::Open, 7));
}

#[test]
fn with_sack_a_probe_goes_before_the_timeout() {
    // RFC 8985, 7.2: new data, if there is some and the receiver's window has room for it.
    let mut sender = Sender::new(true);
    assert_eq!(sender.wait(), [(Kind::Data, 10)]);
    assert_eq!((sender.phase(), sender.window()), (Phase::Open, 10));
    assert_eq!(sender.wait(), [(Kind::DataAgain, 0)]);
    assert_eq!(sender.phase(), Phase::Loss);
}

#[test]
fn a_timeout_was_needless_if_the_originals_arrive_after_all() {
    // F-RTO (RFC 5682, 2.1): the first ACK lets new data go and no repeats, the second shows that nothing was lost.
    let mut sender = Sender::new(false);
    assert_eq!(sender.wait(), [(Kind::DataAgain, 0)]);
    let sent = sender.ack(1, &[]);
    assert!(!sent.is_empty() && repeats(&sent).is_empty(), "{sent:?}");
    assert_eq!(sender.phase(), Phase::Loss);
    sender.ack(3, &[]);
    assert_ne!(sender.phase(), Phase::Loss);
    assert!(sender.window() >= 10, "{}", sender.window());
    assert_eq!(sender.socket.send.flight.lost(), 0);
}

#[test]
fn a_timeout_was_right_if_duplicates_follow() {
    // RFC 5682, 2.1, step 3 a: what is lost is repeated.
    let mut sender = Sender::new(false);
    sender.wait();
    sender.ack(1, &[]);
    let sent = sender.ack(1, &[]);
    assert_eq!(repeats(&sent).first(), Some(&(Kind::RepairAfterTimeout, 1)));
    assert_eq!(sender.phase(), Phase::Loss);
}

#[test]
fn a_duplicate_sack_for_the_only_repeat_takes_the_reduction_back() {
    // RFC 3708 and RFC 2883: it was reordering, and no loss.
    let mut sender = Sender::new(true);
    for past in 2..=4 {
        sender.ack(0, &[(1, past)]);
    }
    assert_eq!((sender.phase(), sender.socket.congestion.threshold), (Phase::Recovery, 7));
    // The original has arrived late; then the repeat comes, and is told of.
    sender.ack(4, &[]);
    sender.ack(5, &[(0, 1)]);
    assert!(sender.window() >= 10, "{}", sender.window());
    assert!(sender.socket.congestion.threshold >= 10);
    assert_eq!(sender.phase(), Phase::Open);
}

#[test]
fn gaps_that_one_ack_tells_of_are_no_reordering() {
    // RFC 2018, 4: the newest block comes first. An ACK of the first was lost.
    let mut sender = Sender::new(true);
    sender.ack(0, &[(4, 5), (1, 2)]);
    assert!(!sender.socket.recovery.reordering_seen);
    // What comes behind a newer one has been overtaken.
    sender.ack(0, &[(2, 3), (4, 5), (1, 2)]);
    assert!(sender.socket.recovery.reordering_seen);
}
