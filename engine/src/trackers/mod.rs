//! The rules, one file per phase of a connection.
//!
//! A tracker reads the connection as it stands before a segment, and reports what the segment proves;
//! it keeps notes of its own, and does not reach into another tracker. What follows from absence ("no
//! answer came") is in the `pending` functions, worked out from the state so far whenever it is asked for.

pub mod app;
pub mod capture;
pub mod close;
pub mod crowd;
pub mod flow;
pub mod handshake;
pub mod http;
pub mod keepalive;
pub mod loss;
pub(crate) mod milestones;
pub mod path;
pub mod reset;

use crate::connection::{Connection, From, Predecessor, Repeats, Resets, Seen};
use crate::endpoint::SentPool;
use crate::findings::{Finding, Store};
use crate::http::Unfinished;
use crate::icmp::IcmpError;
use crate::listeners::Listeners;
use crate::rst;
use crate::segment::Segment;
use crate::settings::Thresholds;
use crate::zeek;

/// What a tracker may use beside the connection and the segment.
pub(crate) struct Context<'a> {
    /// Where findings go.
    pub(crate) store: &'a mut Store,
    /// All segments in flight.
    pub(crate) pool: &'a SentPool,
    /// What is known of the hosts and ports that answer.
    pub(crate) listeners: &'a Listeners,
    /// Heads of HTTP messages that go on in segments to come.
    pub(crate) unfinished: &'a mut Unfinished,
    /// From when on things are worth telling.
    pub(crate) thresholds: &'a Thresholds,
}

/// What the trackers keep about a connection that gave them reason to.
#[derive(Debug, Default)]
pub struct Details {
    pub(crate) rsts: [Resets; 2],
    pub(crate) repeats: Repeats,
    pub(crate) before: Option<Predecessor>,
    pub(crate) handshake: handshake::Notes,
    pub(crate) reset: reset::Notes,
    pub(crate) close: close::Notes,
    pub(crate) keepalive: keepalive::Notes,
    pub(crate) loss: loss::Notes,
    pub(crate) capture: capture::Notes,
    pub(crate) path: path::Notes,
    pub(crate) flow: flow::Notes,
    pub(crate) app: app::Notes,
    pub(crate) zeek: zeek::Notes,
    pub(crate) http: http::Faults,
}

/// Shows a segment to every tracker.
pub(crate) fn segment(c: &mut Connection, seen: &Seen<'_>, context: &mut Context<'_>) {
    capture::segment(c, seen, context);
    if seen.segment.flags.rst() {
        reset_by(c, seen, context);
        return;
    }
    handshake::segment(c, seen, context);
    keepalive::segment(c, seen, context);
    close::segment(c, seen, context);
    flow::segment(c, seen, context);
    app::segment(c, seen, context);
    http::segment(c, seen, context);
    loss::segment(c, seen, context);
    reset::segment(c, seen, context);
}

/// Shows a packet that was captured, or delivered, twice; `ttl` is that of its original.
pub(crate) fn copy(
    c: &mut Connection,
    segment: &Segment<'_>,
    from: From,
    ttl: u8,
    context: &mut Context<'_>,
) {
    let of_capture = capture::copy(c, segment, from, ttl, context);
    let made_by = if of_capture { loss::MadeBy::Capture } else { loss::MadeBy::Network };
    loss::copy(c, segment, from, made_by, context);
}

/// Shows a RST to every tracker, with what it is.
fn reset_by(c: &mut Connection, seen: &Seen<'_>, context: &mut Context<'_>) {
    let was_overtaken = reset::overtaken(c, seen, context);
    let before = [seen.from, seen.from.other()].map(|from| reset::reset_before(c, from));
    let rst = if reset::repeats(c, seen) && !was_overtaken {
        rst::Rst::Again
    } else {
        rst::classify(c, seen, context.pool, before, keepalive::failed(c, seen.from))
    };
    let told = [
        handshake::reset(c, seen, rst, context),
        keepalive::reset(c, seen, rst, context),
        reset::reset(c, seen, rst, context),
    ];
    if !matches!(rst, rst::Rst::Forged(_) | rst::Rst::Middlebox(_)) {
        http::segment(c, seen, context);
    }
    let cut = close::reset(c, seen, rst, context);
    reset::note(c, seen, rst, told.into_iter().flatten().chain(cut).collect());
}

/// The milestones, and what follows from absence, at `now` (the time of the newest packet of the capture).
pub(crate) fn pending(c: &Connection, now: i64, out: &mut Vec<Finding>) {
    milestones::passed(c, out);
    out.extend(milestones::incomplete(c, now));
    lacking(c, now, out);
}

/// What follows from absence, at `now`.
pub(crate) fn lacking(c: &Connection, now: i64, out: &mut Vec<Finding>) {
    handshake::pending(c, now, out);
    keepalive::pending(c, now, out);
    close::pending(c, now, out);
    capture::pending(c, now, out);
    loss::pending(c, now, out);
    flow::pending(c, now, out);
    reset::pending(c, now, out);
    app::pending(c, now, out);
}

/// Shows an ICMP error about the connection to the trackers.
pub(crate) fn icmp(c: &mut Connection, error: &IcmpError, context: &mut Context<'_>) {
    handshake::icmp(c, error, context);
    path::icmp(c, error, context);
}
