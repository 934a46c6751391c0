//! What was worked out of connections, kept for their other frames.

use crate::fields::Field;
use crate::view::{Content, Explained, ValueList};
use tcpdx_engine::{Calm, Engine, Finding, FrameView, Language, Look, Reasons, Severity, State, Summary};

/// What was said last of a connection.
#[derive(Default)]
pub(crate) struct Known {
    stream: u32,
    /// How often more had been taken in.
    age: u64,
    calm: Option<Calm>,
    summary: Option<Summary>,
    /// What is told of it without being kept by the engine, and the age of that.
    pending: Vec<Finding>,
    pending_age: u64,
    /// Why what was found of it may have happened, and the age of that.
    reasons: Reasons,
    reasons_age: Option<u64>,
    /// Words that take long to find, and seldom change.
    client: String,
    server: String,
    story: String,
    /// The values of a frame with these states.
    values: ValueList,
    states: Option<[State; 2]>,
}

impl Known {
    /// Brings it up to date with a connection, which need not be that of before. `false` when there is none.
    fn renew(&mut self, engine: &Engine, stream: u32, age: u64, language: Language) -> bool {
        let calm = engine.calm(stream);
        if self.holds(stream) && calm.is_some() && calm == self.calm {
            self.age = age;
            return true;
        }
        let pending = engine.pending(stream);
        let Some(summary) = engine.summary_with(stream, &pending) else { return false };
        // Few packets change what is said of their connection, and to say it is what costs most.
        let changed = |is_other: fn(&Summary, &Summary) -> bool| {
            self.summary.as_ref().is_none_or(|old| is_other(old, &summary))
        };
        if changed(|old, new| shown(old) != shown(new)) {
            if changed(|old, new| old.client != new.client) {
                self.client = summary.client.to_string();
            }
            if changed(|old, new| old.server != new.server) {
                self.server = summary.server.to_string();
            }
            if changed(|old, new| old.story != new.story) {
                self.story = summary.story.tell(language);
            }
            self.states = None;
        }
        if self.stream != stream {
            self.reasons_age = None;
        }
        *self = Known {
            stream,
            age,
            calm,
            summary: Some(summary),
            pending,
            pending_age: age,
            ..std::mem::take(self)
        };
        true
    }

    fn holds(&self, stream: u32) -> bool {
        self.summary.is_some() && self.stream == stream
    }

    /// What is told of it without being kept by the engine.
    pub(crate) fn pending(&mut self, engine: &Engine) -> &[Finding] {
        if self.pending_age != self.age {
            self.pending = engine.pending(self.stream);
            self.pending_age = self.age;
        }
        &self.pending
    }

    /// Why what was found of it may have happened. Of a connection of which very much is found, what was worked out before holds
    /// on while more is taken in: else each frame would cost as much as all before.
    pub(crate) fn explain(&mut self, engine: &Engine, finding: Finding, look: Look) -> Explained {
        let much = self.reasons_age.is_some() && self.reasons.told().len() >= Self::VERY_MUCH;
        let holds = self.reasons_age == Some(self.age) || much && look == Look::First;
        if !holds {
            self.reasons = engine.reasons(self.stream);
            self.reasons_age = Some(self.age);
        }
        let causes = self.reasons.of(engine, &finding);
        let follows = self.reasons.root_of(&finding);
        Explained { finding, causes, follows }
    }

    /// So many findings of a connection are very much.
    const VERY_MUCH: usize = 256;

    /// What is known about the connection at one of its frames.
    pub(crate) fn values(&mut self, view: FrameView, language: Language) -> &ValueList {
        let states = [view.client_state, view.server_state];
        if self.states != Some(states) {
            self.lay_out(states, language);
            self.states = Some(states);
        }
        &self.values
    }

    fn lay_out(&mut self, [client_state, server_state]: [State; 2], language: Language) {
        use Content::{Boolean, Duration, Number, Text};
        let Some(summary) = &self.summary else { return };
        let list = &mut self.values;
        list.clear();
        list.line(language, &[(Field::Story, Text(&self.story))]);
        let states = [
            (Field::ClientState, Text(client_state.name())),
            (Field::ServerState, Text(server_state.name())),
        ];
        list.line(language, &states);
        let mut outcome = vec![
            (Field::Outcome, Text(summary.outcome.name())),
            (Field::Clean, Boolean(summary.worst < Some(Severity::Warn))),
        ];
        outcome.extend(summary.closed_first.map(|side| (Field::ClosedFirst, Text(side.name()))));
        outcome.push((Field::ConnState, Text(summary.conn_state)));
        outcome.push((Field::History, Text(&summary.history)));
        list.line(language, &outcome);
        let connection = [
            (Field::Stream, Number(summary.stream.into())),
            (Field::Client, Text(&self.client)),
            (Field::Server, Text(&self.server)),
            (Field::Vantage, Text(summary.vantage.name())),
        ];
        list.line(language, &connection);
        let round_trips = [
            (Field::HandshakeRtt, summary.handshake_rtt),
            (Field::HandshakeRttServer, summary.handshake_rtt_server),
            (Field::HandshakeRttClient, summary.handshake_rtt_client),
        ];
        let round_trips: Vec<_> =
            round_trips.into_iter().filter_map(|(field, span)| Some((field, Duration(span?)))).collect();
        if !round_trips.is_empty() {
            list.line(language, &round_trips);
        }
        list.point();
    }
}

/// What the values tell of a summary.
fn shown(summary: &Summary) -> impl PartialEq + '_ {
    let Summary { stream, client, server, vantage, outcome, worst, story, .. } = summary;
    let round_trips = (summary.handshake_rtt, summary.handshake_rtt_server, summary.handshake_rtt_client);
    let zeek = (summary.conn_state, &summary.history);
    (stream, client, server, vantage, outcome, worst, summary.closed_first, story, zeek, round_trips)
}

/// The connections that were asked about last.
#[derive(Default)]
pub(crate) struct Recent {
    /// By number, the last of those that share a place.
    places: Vec<Option<Box<Known>>>,
    /// How often more was taken in.
    age: u64,
}

impl Recent {
    /// So many at once: interleaved connections find theirs, and a capture of millions takes no more.
    const PLACES: usize = 1024;

    /// More was taken in: nothing need hold any more.
    pub(crate) fn forget(&mut self) {
        self.age += 1;
    }

    /// What is known of a connection. `None` when there is none of that number.
    pub(crate) fn get(&mut self, engine: &Engine, stream: u32, language: Language) -> Option<&mut Known> {
        if self.places.is_empty() {
            self.places.resize_with(Self::PLACES, || None);
        }
        let place = self.places.get_mut(stream as usize % Self::PLACES)?;
        let known = place.get_or_insert_default();
        let holds = known.holds(stream) && known.age == self.age;
        (holds || known.renew(engine, stream, self.age, language)).then_some(known)
    }
}
