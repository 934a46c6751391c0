//! What was worked out of connections, kept for their other frames.

use crate::fields::Field;
use crate::view::{Content, ValueList};
use tcpdx_engine::{Engine, Finding, Language, Severity, Summary};

/// What is the same at every frame of a connection.
#[derive(Default)]
pub(crate) struct Known {
    stream: u32,
    /// How often more had been taken in.
    age: u64,
    /// What is told of it without being kept by the engine.
    pub(crate) pending: Vec<Finding>,
    /// What the values below tell.
    summary: Option<Summary>,
    /// The first of the values: what is best shown ahead of the states.
    pub(crate) story: ValueList,
    /// The other values.
    pub(crate) rest: ValueList,
}

impl Known {
    /// Brings it up to date with a connection, which need not be that of before. `false` when there is none.
    fn renew(&mut self, engine: &Engine, stream: u32, age: u64, language: Language) -> bool {
        let pending = engine.pending(stream);
        let Some(summary) = engine.summary_with(stream, &pending) else { return false };
        // Few packets change what is said of their connection, and to say it is what costs most.
        if self.summary.as_ref().is_none_or(|old| shown(old) != shown(&summary)) {
            self.lay_out(&summary, language);
        }
        (self.stream, self.age, self.pending, self.summary) = (stream, age, pending, Some(summary));
        true
    }

    fn lay_out(&mut self, summary: &Summary, language: Language) {
        use Content::{Boolean, Duration, Number, Text};
        self.story.clear();
        self.story.line(language, &[(Field::Story, Text(&summary.story.tell(language)))]);
        let list = &mut self.rest;
        list.clear();
        let mut outcome = vec![
            (Field::Outcome, Text(summary.outcome.name())),
            (Field::Clean, Boolean(summary.worst < Some(Severity::Warn))),
        ];
        outcome.extend(summary.closed_first.map(|side| (Field::ClosedFirst, Text(side.name()))));
        list.line(language, &outcome);
        let (client, server) = (summary.client.to_string(), summary.server.to_string());
        let connection = [
            (Field::Stream, Number(summary.stream.into())),
            (Field::Client, Text(&client)),
            (Field::Server, Text(&server)),
            (Field::Vantage, Text(summary.vantage.name())),
        ];
        list.line(language, &connection);
        let zeek =
            [(Field::ConnState, Text(summary.conn_state)), (Field::History, Text(summary.history.as_str()))];
        list.line(language, &zeek);
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
    pub(crate) fn get(&mut self, engine: &Engine, stream: u32, language: Language) -> Option<&Known> {
        if self.places.is_empty() {
            self.places.resize_with(Self::PLACES, || None);
        }
        let place = self.places.get_mut(stream as usize % Self::PLACES)?;
        let known = place.get_or_insert_default();
        let holds = known.summary.is_some() && known.stream == stream && known.age == self.age;
        (holds || known.renew(engine, stream, self.age, language)).then_some(known)
    }
}
