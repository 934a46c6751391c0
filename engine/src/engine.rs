//! The door: packets in, findings out.

use crate::book::Book;
use crate::book::lines::{Entry, Line, Notebook};
use crate::catalogue::Diagnosis;
use crate::catalogue::findings::Finding;
use crate::causes;
use crate::chunked::Chunked;
use crate::clock::Clock;
use crate::connection::flight::SentPool;
use crate::connection::flow::FlowTable;
use crate::connection::recent::Recent;
use crate::connection::rewritten::Newest;
use crate::connection::{Connection, Seen};
use crate::mark::Mark;
use crate::proof::claims::Kind;
use crate::proof::receiver::{self, Receipt};
use crate::proof::store::{Heads, Store};
use crate::proof::trace::{Step, Tracer, Tracing, Untraced, concluded, known, met};
use crate::rules;
use crate::rules::context::Context;
use crate::rules::notes::{Notes, Reading};
use crate::settings::Settings;
use crate::side::Side;
use crate::state::State;
use crate::verdict::outcome::outcome;
use crate::verdict::story::Story;
use crate::verdict::summary::{Calm, Summary};
use crate::verdict::trace::Trace;
use crate::verdict::zeek;
use crate::wire::http::Unfinished;
use crate::wire::icmp::{self, IcmpError};
use crate::wire::segment::{IcmpPacket, Packet, Segment};
use crate::wire::tuple::Tuple;
use hashbrown::HashMap;
use std::borrow::Cow;
use std::cmp::Reverse;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// At which look the findings of a frame are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// While the capture is being read for the first time: what this frame is the first to prove.
    First,
    /// After it was read: what is about this frame.
    Later,
}

/// What is known of one TCP (or ICMP error) layer of one frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameView {
    /// Its connection.
    pub stream: u32,
    /// Client state after this frame.
    pub client_state: State,
    /// Server state after this frame.
    pub server_state: State,
}

/// Eight bytes for a frame: its connection, and both states.
#[derive(Clone, Copy, Debug)]
struct FrameRecord {
    stream: u32,
    states: [State; 2],
}

const NO_STREAM: u32 = u32::MAX;

/// A connection with what is known and told of it.
#[derive(Debug)]
struct Case {
    connection: Connection,
    /// What the rules keep about it.
    notes: Notes,
    /// What was told and claimed of it.
    heads: Heads,
    /// What Zeek would say of it.
    zeek: zeek::Record,
}

/// What all connections share.
#[derive(Debug, Default)]
struct Shared {
    settings: Settings,
    recent: Recent,
    pool: SentPool,
    store: Store,
    book: Book,
    unfinished: Unfinished,
}

impl Shared {
    /// What the rules may use beside a connection with these notes, of which that was told.
    fn context<'a, T: Tracing>(
        &'a mut self,
        notes: &'a mut Notes,
        heads: &'a mut Heads,
        trace: &'a T,
    ) -> Context<'a, T> {
        Context {
            store: self.store.of_connection(heads, trace.tracer()),
            notes,
            pool: &self.pool,
            book: &mut self.book,
            unfinished: &mut self.unfinished,
            thresholds: &self.settings.thresholds,
            trace: *trace,
        }
    }
}

/// How a connection stands before a frame that is traced.
struct Before {
    states: [State; 2],
    claims: Vec<(Kind, u32)>,
}

/// The diagnosis of one capture.
#[derive(Debug, Default)]
pub struct Engine {
    cases: Chunked<Case>,
    flows: FlowTable,
    shared: Shared,
    /// By frame number: the outermost layer.
    frames: Chunked<FrameRecord>,
    /// Layers further in: TCP carried by TCP, ICMP errors in tunnels.
    inner: HashMap<(u32, u8), FrameRecord>,
    /// Time of the first packet and since: all others are kept relative to it.
    clock: Clock,
    /// The newest packet.
    newest: Option<Newest>,
    /// The frames that are traced, by number, with what was asked about each.
    traced: HashMap<u32, Vec<Trace>>,
    /// What was worked out of other connections, for the causes.
    notebook: Mutex<Notebook>,
    /// How many packets were taken in.
    taken_in: u64,
}

impl Engine {
    /// More connections than this, 16 million in some 6 GB, are not told apart: they go without diagnosis.
    const MOST_CONNECTIONS: usize = 1 << 24;

    /// A new engine for one capture.
    #[must_use]
    pub fn new(settings: Settings) -> Engine {
        Engine { shared: Shared { settings, ..Shared::default() }, ..Engine::default() }
    }

    /// Takes down what is asked about that frame when it comes; [`Engine::traces`] gives it. It changes nothing of what
    /// is told.
    pub fn trace(&mut self, frame: u32) {
        self.traced.entry(frame).or_default();
    }

    /// What was asked about that frame, for each of its packets; nothing unless [`Engine::trace`] was called before it
    /// came.
    #[must_use]
    pub fn traces(&self, frame: u32) -> Vec<Trace> {
        let taken_down = self.traced.get(&frame).into_iter().flatten();
        taken_down.map(|trace| Trace { at_end: self.asked_at_end(trace.stream), ..trace.clone() }).collect()
    }

    fn asked_at_end(&self, stream: u32) -> Vec<Step> {
        let tracer = Tracer::default();
        if let Some(Case { connection: c, notes, .. }) = self.cases.get(stream as usize) {
            rules::pending(c, notes, self.now_of(c), &tracer, &mut Vec::new());
            self.moved(stream, &tracer);
        }
        tracer.into_steps()
    }

    fn before(&self, number: u32) -> Before {
        let Case { connection: c, heads, .. } = &self.cases[number as usize];
        let standing = self.shared.store.claims_of(heads).filter(|(_, _, stands)| *stands);
        Before {
            states: Side::BOTH.map(|side| c.state(side)),
            claims: standing.map(|(kind, frame, _)| (kind, frame)).collect(),
        }
    }

    /// Where that frame is traced, what takes it down.
    fn tracer(&self, frame: u32) -> Option<Tracer> {
        self.traced.contains_key(&frame).then(Tracer::default)
    }

    /// Takes in one TCP packet, in file order. Returns its connection, or `None` when too little of its
    /// header was captured to tell.
    pub fn packet(&mut self, packet: &Packet<'_>) -> Option<u32> {
        self.packet_beside(packet, |_, _| ())
    }

    /// The same; `look` is shown the packet beside its connection as the rules find them, for tests of what they ask.
    /// Copies are not shown.
    #[doc(hidden)]
    pub fn packet_beside(
        &mut self,
        packet: &Packet<'_>,
        look: impl FnOnce(&Connection, &Seen<'_>),
    ) -> Option<u32> {
        let time = self.clock.since_began(packet.time);
        let mut segment = Segment::parse(packet)?;
        segment.time = time;
        let tuple = Tuple::new(packet.src, segment.src_port, packet.dst, segment.dst_port);
        let newest = std::mem::replace(&mut self.newest, Newest::of(&segment, tuple));
        let twin = newest.filter(|newest| newest.is_rewritten_as(&segment, tuple));
        let (number, is_copy) = self.connection_of(tuple, &mut segment, twin)?;
        let from = self.cases[number as usize].connection.sender(tuple);
        let tracer = self.tracer(packet.frame);
        let before = tracer.as_ref().map(|_| self.before(number));
        let receipt = match &tracer {
            None => self.take_in((number, from), segment, is_copy, look, &Untraced),
            Some(tracer) => self.take_in((number, from), segment, is_copy, look, &tracer),
        };
        self.keep((packet.frame, packet.layer), number, from, receipt, tracer.zip(before));
        Some(number)
    }

    /// Takes a segment into its connection; `is_copy`: it was taken in before, with other numbers. Where it is traced, returns
    /// what becomes of it at its receiver.
    fn take_in<T: Tracing>(
        &mut self,
        (number, from): (u32, Side),
        mut segment: Segment<'_>,
        is_copy: bool,
        look: impl FnOnce(&Connection, &Seen<'_>),
        trace: &T,
    ) -> Option<Receipt> {
        let backwards = self.clock.goes_on(segment.time);
        let Case { connection: c, notes, heads, zeek, .. } = &mut self.cases[number as usize];
        let goes_back = backwards > 0 && segment.time + c.set_back() < c.last().time;
        segment.time += c.set_back();
        segment.time += c.notice_clock(&segment, from);
        segment.time = c.within_reason(segment.time);
        let segment = &segment;
        self.shared.store.now = segment.time;
        self.taken_in += 1;
        let Shared { recent, pool, .. } = &mut self.shared;
        let original = recent.original_of(segment, number, from, |it| c.is_copy(from, segment, it, pool));
        if met(*trace, Diagnosis::CaptureTimeBackwards, "it is earlier than the packet before it", goes_back)
        {
            let mut context = self.shared.context(notes, heads, trace);
            rules::capture::time_backwards(c, segment, backwards, &mut context);
        }
        let copied = if is_copy { segment.ip.map(|ip| ip.ttl) } else { original.map(|it| it.ttl) };
        if let Some(ttl) = copied {
            concluded(*trace, "packet", "a copy of an earlier one");
            rules::copy(c, segment, from, ttl, &mut self.shared.context(notes, heads, trace));
            c.count(from, true);
            return None;
        }
        c.take_other_syn_ack(from, segment, &mut self.shared.pool);
        let mut seen = c.see(segment, from, &self.shared.pool);
        look(c, &seen);
        let established = c.handshake.established();
        zeek::note(zeek, c, notes, &seen);
        let receipt = trace.tracer().map(|tracer| receiver::receipt(c, &seen, tracer));
        rules::segment(c, &mut seen, &mut self.shared.context(notes, heads, trace));
        c.note_way(segment, from);
        c.apply(&seen, &mut self.shared.pool);
        let completed = c.handshake.established() && !established;
        rules::after(c, &seen, completed, &mut self.shared.context(notes, heads, trace));
        c.count(from, false);
        receipt
    }

    /// Takes in one ICMP or ICMPv6 packet, in file order. Returns the connection that it quotes, if
    /// it is an error about a TCP connection of this capture.
    pub fn icmp(&mut self, packet: &IcmpPacket<'_>) -> Option<u32> {
        let packet = &IcmpPacket { time: self.clock.since_began(packet.time), ..*packet };
        self.clock.goes_on(packet.time);
        let quote = icmp::quote(packet)?;
        let cases = &self.cases;
        let number = self.flows.find(quote.tuple, |n| cases[n as usize].connection.tuple)?;
        let from = self.cases[number as usize].connection.sender(quote.tuple);
        let tracer = self.tracer(packet.frame);
        let before = tracer.as_ref().map(|_| self.before(number));
        let error = IcmpError::new(packet, &quote, from);
        match &tracer {
            None => self.take_in_error(number, packet, &error, &Untraced),
            Some(tracer) => self.take_in_error(number, packet, &error, &tracer),
        }
        self.keep((packet.frame, packet.layer), number, from, None, tracer.zip(before));
        Some(number)
    }

    fn take_in_error<T: Tracing>(
        &mut self,
        number: u32,
        packet: &IcmpPacket<'_>,
        error: &IcmpError,
        trace: &T,
    ) {
        if self.shared.recent.is_copy(packet) {
            concluded(*trace, "packet", "a copy of an earlier one");
            return;
        }
        concluded(*trace, "packet", "an ICMP error");
        let Case { connection: c, notes, heads, .. } = &mut self.cases[number as usize];
        rules::icmp(c, error, &mut self.shared.context(notes, heads, trace));
    }

    /// Keeps how a frame has left its connection, and where it is traced, what was asked.
    fn keep(
        &mut self,
        (frame, layer): (u32, u8),
        number: u32,
        from: Side,
        receipt: Option<Receipt>,
        traced: Option<(Tracer, Before)>,
    ) {
        let c = &self.cases[number as usize].connection;
        let record = FrameRecord { stream: number, states: Side::BOTH.map(|side| c.state(side)) };
        self.record(frame, layer, record);
        let Some((tracer, before)) = traced else { return };
        self.traced.entry(frame).or_default().push(Trace {
            frame,
            layer,
            stream: number,
            sender: from.party(),
            before: before.states,
            after: record.states,
            receipt,
            claims: before.claims,
            steps: tracer.into_steps(),
            at_end: Vec::new(),
        });
    }

    /// The time at which the capture stands, as that connection counts it.
    fn now_of(&self, c: &Connection) -> i64 {
        let last = c.last().time;
        last + self.clock.goes_on_after(last - c.set_back())
    }

    /// The connection that `segment` belongs to, a new one where it opens one.
    ///
    /// `segment` gets the numbers that it had before a device has rewritten them; `twin` is itself with its other numbers.
    fn connection_of(
        &mut self,
        tuple: Tuple,
        segment: &mut Segment<'_>,
        twin: Option<Newest>,
    ) -> Option<(u32, bool)> {
        let cases = &self.cases;
        let known = self.flows.find(tuple, |n| cases[n as usize].connection.tuple);
        if let Some(number) = known {
            let Case { connection: c, notes, heads, .. } = &mut self.cases[number as usize];
            let from = c.sender(tuple);
            let before = twin.map(|twin| {
                let before = c.notice_rewriting(&twin, segment, from);
                let mut context = self.shared.context(notes, heads, &Untraced);
                rules::capture::rewritten(c, &twin, from, before.odd, &mut context);
                before
            });
            c.read_as_written(segment, from);
            if let Some(before) = before {
                return Some((number, before.taken));
            }
            let cases = &self.cases;
            let c = &cases[number as usize].connection;
            let before = c.before().and_then(|before| cases.get(before.number as usize));
            if let Some(Case { connection: old, .. }) = before
                && old.goes_on_beside(c, segment, old.sender(tuple))
            {
                let (old, from) = (old.number, old.sender(tuple));
                let from_opener = c.sender(tuple) == Side::Client;
                self.cases[old as usize].connection.resume();
                if from_opener {
                    let Case { notes, heads, .. } = &mut self.cases[number as usize];
                    if let Some((claim, rst)) = rules::reset::older_goes_on(notes) {
                        self.shared.context(notes, heads, &Untraced).store.refute(Some(claim));
                        rules::reset::was_cut_off(&mut self.cases[old as usize].notes, from, rst);
                    }
                }
                return Some((old, false));
            }
            if !c.is_succeeded_by(segment, c.sender(tuple)) {
                return Some((number, false));
            }
        }
        if self.cases.len() >= Self::MOST_CONNECTIONS {
            return None;
        }
        let number = self.cases.len() as u32;
        let mut connection = Connection::new(number, tuple, segment);
        connection.vantage_given = self.shared.settings.vantage;
        if let Some(old) = known {
            let Case { connection: old, notes, .. } = &mut self.cases[old as usize];
            if !segment.flags.syn() {
                connection.tuple = old.tuple;
            }
            if !old.is_in_the_file_twice(segment) {
                connection.follows(old.as_predecessor());
            }
            old.succeed(&mut self.shared.pool);
            notes.http = Reading::default();
            self.shared.unfinished.forget(old.number);
        }
        if !segment.flags.syn() && !segment.flags.rst() {
            connection.started_late = Some(connection.sender(tuple));
        }
        self.cases.push(Case {
            connection,
            notes: Notes::default(),
            heads: Heads::default(),
            zeek: zeek::Record::default(),
        });
        let cases = &self.cases;
        self.flows.insert(tuple, number, |n| cases[n as usize].connection.tuple);
        Some((number, false))
    }

    fn record(&mut self, frame: u32, layer: u8, record: FrameRecord) {
        let at = frame as usize;
        if layer > 0 || at > self.frames.len() + Self::MOST_SKIPPED {
            self.inner.insert((frame, layer), record);
            return;
        }
        while at >= self.frames.len() {
            self.frames.push(FrameRecord { stream: NO_STREAM, states: [State::Unknown; 2] });
        }
        if self.frames[at].stream == NO_STREAM {
            self.frames[at] = record;
        } else {
            self.inner.insert((frame, layer), record);
        }
    }

    /// A frame number further ahead than this is kept apart, so that an absurd one takes no memory.
    const MOST_SKIPPED: usize = 1 << 20;

    /// How many connections there are; their numbers are `0..connections()`.
    #[must_use]
    pub fn connections(&self) -> u32 {
        self.cases.len() as u32
    }

    /// The connection and the states after one frame. `None` for what was never taken in.
    #[must_use]
    pub fn frame(&self, frame: u32, layer: u8) -> Option<FrameView> {
        let outermost = (layer == 0).then(|| self.frames.get(frame as usize)).flatten();
        let record =
            outermost.filter(|r| r.stream != NO_STREAM).or_else(|| self.inner.get(&(frame, layer)))?;
        let [client_state, server_state] = record.states;
        Some(FrameView { stream: record.stream, client_state, server_state })
    }

    /// The findings of one frame, most severe first.
    #[must_use]
    pub fn findings_at(&self, frame: u32, layer: u8, look: Look) -> Vec<Finding> {
        let unstored = match (look, self.frame(frame, layer)) {
            (_, None) => Vec::new(),
            (Look::First, Some(view)) => self.milestones_at(view.stream, frame),
            (Look::Later, Some(view)) => self.pending(view.stream),
        };
        self.findings_with(frame, layer, look, &unstored)
    }

    /// The same, where the caller knows already what [`Engine::pending`] tells of the connection: it is the same
    /// for all frames of a connection until more is taken in.
    #[must_use]
    pub fn findings_with(&self, frame: u32, layer: u8, look: Look, pending: &[Finding]) -> Vec<Finding> {
        let mut findings: Vec<Finding> = match look {
            Look::First => self.shared.store.proved_by(frame, layer).collect(),
            Look::Later => self.shared.store.about(frame, layer).collect(),
        };
        findings.extend(pending.iter().filter(|f| f.subject == frame && f.layer == layer).cloned());
        findings.sort_by_key(|f| (Reverse(f.severity), f.diagnosis));
        findings
    }

    /// Findings about other frames that this frame was the first to prove.
    #[must_use]
    pub fn proved_by(&self, frame: u32, layer: u8) -> Vec<Finding> {
        let mut findings: Vec<Finding> =
            self.shared.store.proved_by(frame, layer).filter(|f| f.subject != frame).collect();
        findings.sort_by_key(|f| (Reverse(f.severity), f.diagnosis));
        findings
    }

    /// All findings of one connection, by subject frame.
    #[must_use]
    pub fn findings_of(&self, stream: u32) -> Vec<Finding> {
        let Some(case) = self.cases.get(stream as usize) else { return Vec::new() };
        let mut findings: Vec<Finding> = self.shared.store.of(&case.heads).map(Cow::into_owned).collect();
        findings.extend(self.pending(stream));
        findings.sort_by_key(in_order);
        findings
    }

    /// All findings of the capture, by subject frame.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        let mut findings: Vec<Finding> = (0..self.connections()).flat_map(|n| self.findings_of(n)).collect();
        findings.sort_by_key(in_order);
        findings
    }

    fn milestones_at(&self, stream: u32, frame: u32) -> Vec<Finding> {
        let mut out = Vec::new();
        let case = self.cases.get(stream as usize);
        if let Some(Case { connection: c, .. }) = case
            && rules::milestones::may_be_about(c, frame)
        {
            rules::milestones::passed(c, Untraced, &mut out);
        }
        out
    }

    /// What is told of a connection without being kept: its milestones, and what follows from what it lacks.
    #[must_use]
    pub fn pending(&self, stream: u32) -> Vec<Finding> {
        let mut out = Vec::new();
        if let Some(Case { connection: c, notes, .. }) = self.cases.get(stream as usize) {
            rules::pending(c, notes, self.now_of(c), Untraced, &mut out);
            out.extend(self.moved(stream, Untraced));
        }
        out
    }

    /// Where the newest packet of the capture is one of an open connection of which nothing but milestones can be told:
    /// what all that is told of it depends on. While that stays the same, so do [`Engine::summary`], but for counts,
    /// states and last frame, and [`Engine::pending`], but for the frame that is the last. `None` for other connections.
    #[must_use]
    pub fn calm(&self, stream: u32) -> Option<Calm> {
        let Case { connection: c, notes, heads, zeek, .. } = self.cases.get(stream as usize)?;
        let open = c.handshake.syn_ack.is_set()
            && c.handshake.third_ack.is_set()
            && c.ends.iter().all(|e| !e.fin.is_set());
        let ordinary = notes.details.is_none()
            && c.is_ordinary()
            && c.started_late.is_none()
            && !c.succeeded
            && heads.is_empty()
            && self.now_of(c) == c.last().time;
        if !open || !ordinary {
            return None;
        }
        let mut lacking = Vec::new();
        rules::lacking(c, notes, c.last().time, Untraced, &mut lacking);
        let calm = Calm { zeek: zeek.ordinary(), vantage: c.vantage(), course: c.handshake.course };
        lacking.is_empty().then_some(calm)
    }

    /// The connection as a whole. `None` when there is no such connection.
    #[must_use]
    pub fn summary(&self, stream: u32) -> Option<Summary> {
        self.summary_with(stream, &self.pending(stream))
    }

    /// The same, where the caller knows already what [`Engine::pending`] tells of the connection.
    #[must_use]
    pub fn summary_with(&self, stream: u32, pending: &[Finding]) -> Option<Summary> {
        let Case { connection: c, notes, heads, zeek } = self.cases.get(stream as usize)?;
        let told: Vec<Cow<'_, Finding>> = self.shared.store.of(heads).collect();
        let mut findings: Vec<&Finding> = told.iter().map(Cow::as_ref).chain(pending).collect();
        findings.sort_by_key(|f| in_order(f));
        let worst = findings.iter().map(|finding| finding.severity).max();
        let outcome = outcome(c, &findings);
        let ended =
            |from| [c.end(from).fin, c.rst(from)].into_iter().filter_map(Mark::get).map(|m| m.frame).min();
        let ends = Side::BOTH.into_iter().filter_map(|from| Some((ended(from)?, from.party())));
        Some(Summary {
            stream,
            client: c.tuple.src.into(),
            server: c.tuple.dst.into(),
            vantage: c.vantage(),
            outcome,
            worst,
            client_state: c.state(Side::Client),
            server_state: c.state(Side::Server),
            conn_state: zeek::conn_state(zeek, c),
            history: zeek::history(zeek),
            closed_first: ends.min_by_key(|(frame, _)| *frame).map(|(_, side)| side),
            handshake_rtt: c.rtt(),
            handshake_rtt_server: Some(c.half(Side::Server)).filter(|t| *t > 0),
            handshake_rtt_client: Some(c.half(Side::Client)).filter(|t| *t > 0),
            first_frame: c.first.frame,
            last_frame: c.last().frame,
            first_time: c.first.time.saturating_add(self.clock.began.unwrap_or(0)),
            last_time: (c.last().time - c.set_back()).saturating_add(self.clock.began.unwrap_or(0)),
            segments: c.segments,
            client_bytes: c.client().bytes().saturating_sub(notes.uncaptured(Side::Client)),
            server_bytes: c.server().bytes().saturating_sub(notes.uncaptured(Side::Server)),
            story: Story::of(outcome, c.rtt(), &findings),
        })
    }

    /// That the connection goes on from another of the capture, whose address or port has changed.
    fn moved(&self, number: u32, trace: impl Tracing) -> Option<Finding> {
        let c = &self.cases.get(number as usize)?.connection;
        let answers = c.handshake.syn_ack.is_set() && c.handshake.syn_ack.frame == c.first.frame;
        if c.started_late.is_none() && !answers || c.syn().is_set() {
            return None;
        }
        let stray = Entry::of(c, std::iter::empty());
        let book = self.notebook();
        let of_client = book.index.of_client(stray.tuple.src).iter();
        let beside = of_client.chain(book.index.at_listener(stray.tuple.dst));
        let older = beside.filter(|n| **n < number).map(|n| &self.cases[*n as usize].connection);
        let mut older = older.map(|old| Entry::of(old, std::iter::empty()));
        let found = older.find_map(|old| causes::moved_from(&stray, &old));
        let goes_on = "its first segment goes on from where another connection of one of its ports stopped";
        known(trace, Diagnosis::PathAddressChanged, goes_on, found)
    }

    /// What is known of other connections by now.
    pub(crate) fn notebook(&self) -> MutexGuard<'_, Notebook> {
        let mut book = self.notebook.lock().unwrap_or_else(PoisonError::into_inner);
        while book.index.known < self.connections() {
            let tuple = self.cases[book.index.known as usize].connection.tuple;
            book.index.push(tuple);
        }
        if book.age != self.taken_in {
            book.lines.clear();
            book.age = self.taken_in;
        }
        book
    }

    /// What others may need to know of a connection.
    pub(crate) fn line(&self, number: u32) -> Line {
        let Case { connection: c, notes, heads, .. } = &self.cases[number as usize];
        let mut lacking = Vec::new();
        rules::lacking(c, notes, self.now_of(c), Untraced, &mut lacking);
        let told: Vec<_> = self.shared.store.of(heads).collect();
        Entry::of(c, told.iter().map(AsRef::as_ref).take(MOST_TOLD).chain(&lacking))
    }

    /// The connection of that number, and the time at which the capture stands as that counts it.
    pub(crate) fn connection(&self, number: u32) -> Option<(&Connection, i64)> {
        let c = &self.cases.get(number as usize)?.connection;
        Some((c, self.now_of(c)))
    }
}

/// So many findings of another connection are looked at, the newest: no flood of them takes long.
const MOST_TOLD: usize = 1 << 12;

/// By subject frame, and most severe first.
fn in_order(finding: &Finding) -> impl Ord + use<> {
    (finding.subject, Reverse(finding.severity), finding.diagnosis)
}
