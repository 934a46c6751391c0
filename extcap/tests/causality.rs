//! What the engine takes for proved of two packets, which was sent first and who knew of what, is so: it is asked all
//! that its rules may ask, of connections by chance, and the simulator knows the answers.
//!
//! Only of packets that a host has really sent: one that is forged lies about its sender. The traffic has them all the same.

// A test may panic: that is how it tells.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;

use common::schedule::{self, DELAY, Schedule, schedules};
use common::truth::{self, End, Frame};
use common::{table, told};
use proptest::prelude::*;
use tcpdx_cli::read::Sink;
use tcpdx_engine::connection::{Connection, Seen};
use tcpdx_engine::proof::causality::{Known, Missing, Sending};
use tcpdx_engine::{Engine, IcmpPacket, Packet, Settings, Side};

/// So many packets before one, of either side, are asked about.
const EARLIER: usize = 16;

/// Answers that a thousand schedules give at least so often, whichever they are. What is never answered shows nothing.
const OFTEN: [(&str, u32); 9] = [
    ("could know: No", 5_000),
    ("could know: Unknown", 100_000),
    ("could know: Yes", 30_000),
    ("was sent after: Unknown", 30_000),
    ("was sent after: Yes", 80_000),
    ("would show the opening: Yes", 30_000),
    ("would show what comes: No", 2_000),
    ("would show what leaves: No", 2_000),
    ("would show what leaves: Yes", 20_000),
];

/// An answer of the engine.
#[derive(Debug, Clone)]
struct Answer {
    question: &'static str,
    known: Known,
    /// Nothing where the truth is not decided, or where nobody can be wrong.
    truth: Option<bool>,
    /// The frames that it was asked about.
    about: [u32; 2],
}

impl Answer {
    fn is_wrong(&self) -> bool {
        matches!((self.known, self.truth), (Known::Yes, Some(false)) | (Known::No, Some(true)))
    }

    fn kind(&self) -> String {
        format!("{}: {:?}", self.question, self.known)
    }
}

/// A packet that a host has sent, kept for those that come behind it.
struct Earlier {
    stream: u32,
    from: Side,
    sending: Sending,
}

/// Asks the engine about each packet and some before it, as they come.
struct Asker<'a> {
    engine: Engine,
    ends: &'a [End; 2],
    /// Which of them is where the capture is.
    here: usize,
    earlier: VecDeque<Earlier>,
    answers: Vec<Answer>,
}

impl Sink for Asker<'_> {
    fn tcp(&mut self, packet: &Packet<'_>) {
        let Asker { engine, ends, here, earlier, answers } = self;
        let this = ends[*here].frame(packet.frame).unwrap();
        engine.packet_beside(packet, |c, seen| {
            if this.number.is_none() {
                return;
            }
            alone(c, seen, ends, *here, answers);
            for that in earlier.iter().filter(|that| that.stream == c.number) {
                pair(c, seen, that, ends, *here, answers);
            }
            earlier.push_back(Earlier { stream: c.number, from: seen.from, sending: Sending::of(c, seen) });
            if earlier.len() > EARLIER {
                earlier.pop_front();
            }
        });
    }

    fn icmp(&mut self, _: &IcmpPacket<'_>) {
        unreachable!("no schedule has one");
    }
}

/// What the capture would show when a packet is about to be taken in.
fn alone(c: &Connection, seen: &Seen<'_>, ends: &[End; 2], here: usize, answers: &mut Vec<Answer>) {
    let number = seen.segment.frame;
    let captured = &ends[here].frames[..number as usize];
    let this = &captured[captured.len() - 1];
    let mut answer = |question, known, truth: &dyn Fn() -> bool| {
        // That it would not show something is not refuted where nothing is missing.
        let truth = (known == Known::Yes).then(truth);
        answers.push(Answer { question, known, truth, about: [number; 2] });
    };
    // One that is forged opens a connection, too, as far as anybody can tell who gets it.
    let opens = |frame: &Frame| frame.packet.tcp.syn && !frame.packet.tcp.ack;
    answer("would show the opening", c.would_show(Missing::Opening), &|| captured.iter().any(opens));
    for side in Side::BOTH {
        let known = c.would_show(Missing::Of(side));
        if (side == seen.from) == this.leaves {
            answer("would show what leaves", known, &|| true);
            continue;
        }
        let is_captured = |sent: &Frame| captured.iter().any(|frame| frame.number == sent.number);
        let sent = |frame: &&Frame| frame.leaves && frame.time < this.time;
        let all = || ends[1 - here].frames.iter().filter(sent).all(is_captured);
        answer("would show what comes", known, &all);
    }
}

/// What the newest packet says of one before it.
fn pair(
    c: &Connection,
    seen: &Seen<'_>,
    that: &Earlier,
    ends: &[End; 2],
    here: usize,
    answers: &mut Vec<Answer>,
) {
    let segment = seen.segment;
    let frame = |number: u32| ends[here].frame(number).unwrap();
    let (earlier, this) = (frame(that.sending.at.frame), frame(segment.frame));
    let sent = this.sent.unwrap();
    let mut answer = |question, known, truth| {
        answers.push(Answer { question, known, truth, about: [that.sending.at.frame, segment.frame] });
    };
    if that.from == seen.from {
        let other = sent != earlier.sent.unwrap() || this.number == earlier.number;
        let truth = other.then(|| sent > earlier.sent.unwrap());
        answer("was sent after", c.sent_after(seen.from, &that.sending, segment), truth);
        return;
    }
    let came = |frame: &Frame| frame.delivered.is_some_and(|delivered| delivered <= sent);
    let cause = that.sending.at;
    answer("could know", c.could_know(seen.from, cause, segment.time), Some(came(earlier)));
    if !earlier.packet.tcp.syn {
        let known = c.was_opened_after(that.from, &that.sending, segment);
        // One that is forged opens a connection, too, if the other takes it.
        let opens = |frame: &&Frame| frame.packet.from == earlier.packet.from && frame.packet.tcp.syn;
        let opened = || {
            let all = ends[here].frames.iter().filter(opens);
            all.map(|frame| frame.sent.unwrap_or(frame.time)).min()
        };
        let truth = (known == Known::Yes).then(|| opened() > earlier.sent);
        answer("was opened after", known, truth);
    }
}

/// All that is asked of a schedule, at each end.
fn ask(schedule: &Schedule) -> [Vec<Answer>; 2] {
    let ends = truth::play(&schedule.text(), schedule.seed);
    [0, 1].map(|here| {
        let engine = Engine::new(Settings::default());
        let mut asker = Asker { engine, ends: &ends, here, earlier: VecDeque::new(), answers: Vec::new() };
        told::decode(&ends[here].capture, &mut asker);
        asker.answers
    })
}

/// The schedule with as few troubles as have the same wrong answer, and that.
fn simplest(schedule: Schedule, kind: &str) -> String {
    let wrong = |schedule: &Schedule| {
        let is_it = |answer: &&Answer| answer.is_wrong() && answer.kind() == kind;
        let at = |(end, answers): (usize, Vec<Answer>)| Some((end, answers.iter().find(is_it)?.about));
        ask(schedule).into_iter().enumerate().find_map(at)
    };
    let schedule = schedule.simplest(|simpler| wrong(simpler).is_some());
    let Some((here, [that, this])) = wrong(&schedule) else { return String::new() };
    let (text, seed, point) = (schedule.text(), schedule.seed, truth::ENDS[here]);
    let mut story = format!("{text}seed {seed}, at the {point}, frames {that} and {this}:\n");
    let end = &truth::play(&text, seed)[here];
    for (number, (line, frame)) in (1..).zip(table(&end.packets()).lines().zip(&end.frames)) {
        let Frame { kind, sent, delivered, .. } = frame;
        let _ = writeln!(story, "{number:>3} {line:<90} {kind} sent {sent:?} came {delivered:?}");
    }
    story
}

/// No answer about so many schedules is wrong; if one is, each kind of it is told with its simplest example. All answers of
/// [`OFTEN`], and some `more`, are given so often at least.
fn none_wrong(part: u64, cases: u32, schedules: impl Strategy<Value = Schedule>, more: &[(&str, u32)]) {
    let counts: RefCell<BTreeMap<String, u32>> = RefCell::default();
    let wrong: RefCell<BTreeMap<String, (u32, Schedule)>> = RefCell::default();
    proptest!(schedule::config(cases, part), |(schedule in schedules)| {
        for answer in ask(&schedule).iter().flatten() {
            *counts.borrow_mut().entry(answer.kind()).or_default() += 1;
            if answer.is_wrong() {
                let mut wrong = wrong.borrow_mut();
                let (count, simplest) =
                    wrong.entry(answer.kind()).or_insert_with(|| (0, schedule.clone()));
                *count += 1;
                if schedule.troubles.len() < simplest.troubles.len() {
                    *simplest = schedule.clone();
                }
            }
        }
    });
    let counts = counts.into_inner();
    println!("{counts:#?}");
    let tell = |(kind, (count, schedule)): (String, (u32, Schedule))| {
        format!("{count} of {}: {kind}\n{}", counts[&kind], simplest(schedule, &kind))
    };
    let wrong: Vec<String> = wrong.into_inner().into_iter().map(tell).collect();
    assert!(wrong.is_empty(), "{} kinds of wrong answers\n\n{}", wrong.len(), wrong.join("\n"));
    for (kind, least) in OFTEN.iter().chain(more) {
        assert!(counts.get(*kind).is_some_and(|count| count >= least), "{kind}: less often than {least}");
    }
}

/// Forged and late packets, other routes and a clock that is set.
fn troubled() -> impl Strategy<Value = Schedule> {
    let trouble = prop_oneof![schedule::forgery(), schedule::route(DELAY)];
    let clock = prop::option::of(schedule::clock());
    schedules(4, prop::collection::vec(trouble, 0..5), clock)
}

fn exchanges(part: u64) {
    none_wrong(part, 1_500, troubled(), &[("was sent after: No", 300)]);
}

fn talks(part: u64) {
    let talks = (schedule::talk(), troubled());
    let talks = talks.prop_map(|(exchange, rest)| Schedule { exchange, ..rest });
    none_wrong(part, 1_000, talks, &[("was sent after: No", 1_000)]);
}

/// The server refuses at first, and the client tries again.
fn refused_at_first(part: u64) {
    let refused = (troubled(), 1..900u32).prop_map(|(schedule, ms)| {
        let late = format!("{{ do = \"listen\", at = \"{ms}ms\" }}");
        let exchange = schedule.exchange.replace("{ do = \"listen\" }", &late);
        let exchange = exchange.replace("[client]\n", "[client]\nsystem = \"windows\"\n");
        Schedule { exchange, ..schedule }
    });
    none_wrong(part, 1_000, refused, &[("was opened after: Yes", 10_000)]);
}

#[test]
fn no_answer_is_wrong_of_exchanges_1() {
    exchanges(1);
}

#[test]
fn no_answer_is_wrong_of_exchanges_2() {
    exchanges(2);
}

#[test]
fn no_answer_is_wrong_of_exchanges_3() {
    exchanges(3);
}

#[test]
fn no_answer_is_wrong_of_exchanges_4() {
    exchanges(4);
}

#[test]
fn no_answer_is_wrong_of_talks_1() {
    talks(1);
}

#[test]
fn no_answer_is_wrong_of_talks_2() {
    talks(2);
}

#[test]
fn no_answer_is_wrong_where_the_server_refuses_at_first_1() {
    refused_at_first(1);
}

#[test]
fn no_answer_is_wrong_where_the_server_refuses_at_first_2() {
    refused_at_first(2);
}
