//! What was worked out of connections, kept for their other frames until more is taken in.

use crate::fields::Field;
use crate::view::ValueList;
use tcpdx_engine::{Engine, Finding, Language, Severity};

/// What is the same at every frame of a connection.
#[derive(Default)]
pub(crate) struct Known {
    stream: u32,
    /// How often more had been taken in.
    age: u64,
    /// What is told of it without being kept by the engine.
    pub(crate) pending: Vec<Finding>,
    /// The first of the values: what is best shown ahead of the states.
    pub(crate) story: ValueList,
    /// The other values.
    pub(crate) rest: ValueList,
}

impl Known {
    /// What is known of a connection, in the room of what is not wanted any more.
    fn of(
        engine: &Engine,
        stream: u32,
        age: u64,
        language: Language,
        mut room: Box<Known>,
    ) -> Option<Box<Known>> {
        let pending = engine.pending(stream);
        let summary = engine.summary_with(stream, language, &pending)?;
        let Known { story, rest, .. } = &mut *room;
        story.clear();
        story.text(Field::Story, summary.story);
        rest.clear();
        rest.text(Field::Outcome, summary.outcome.name());
        rest.number(Field::Clean, (summary.worst < Some(Severity::Warn)).into());
        rest.number(Field::Stream, stream.into());
        rest.text(Field::Client, summary.client);
        rest.text(Field::Server, summary.server);
        if let Some(client) = summary.client_closed_first {
            rest.text(Field::ClosedFirst, if client { "client" } else { "server" });
        }
        rest.text(Field::Vantage, summary.vantage.name());
        rest.text(Field::ConnState, summary.conn_state);
        rest.text(Field::History, summary.history);
        rest.optional(Field::HandshakeRtt, summary.handshake_rtt);
        rest.optional(Field::HandshakeRttServer, summary.handshake_rtt_server);
        rest.optional(Field::HandshakeRttClient, summary.handshake_rtt_client);
        (room.stream, room.age, room.pending) = (stream, age, pending);
        Some(room)
    }
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
        if place.as_ref().is_none_or(|known| known.stream != stream || known.age != self.age) {
            *place = Known::of(engine, stream, self.age, language, place.take().unwrap_or_default());
        }
        place.as_deref()
    }
}
