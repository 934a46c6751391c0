//! The fields in English.

use super::Field;

/// What a field is called, and what it means.
pub(super) fn text(field: Field) -> (&'static str, &'static str) {
    match field {
        Field::Stream => ("Connection", "Number of the connection, counted from 0 in order of appearance"),
        Field::Client => ("Client", "Address and port of the side that opened the connection"),
        Field::Server => ("Server", "Address and port of the side that was connected to"),
        Field::ClientState => (
            "Client state",
            "State of the client after this frame (RFC 9293), as far as the capture proves it",
        ),
        Field::ServerState => (
            "Server state",
            "State of the server after this frame (RFC 9293), as far as the capture proves it",
        ),
        Field::Outcome => ("Outcome", "How the connection ended, or how it stands, in one word"),
        Field::Clean => ("Clean", "Whether nothing worse than a note was found about the connection"),
        Field::Story => ("Story", "The whole connection in one sentence"),
        Field::Vantage => {
            ("Captured at", "Where the capture was taken: client, server, middle, both or unknown")
        }
        Field::ConnState => (
            "Zeek state",
            "State of the connection in the notation of Zeek's conn.log, such as SF, S0, REJ or RSTO",
        ),
        Field::History => (
            "Zeek history",
            "What happened in the letters of Zeek's conn.log, capital for the client: ShADadFf",
        ),
        Field::ClosedFirst => ("Closed first by", "The side that sent the first FIN or RST"),
        Field::HandshakeRtt => (
            "Handshake round trip",
            "Time from the SYN to the third ACK: one round trip, wherever the capture was taken",
        ),
        Field::HandshakeRttServer => (
            "Of it to the server",
            "Time from the SYN to the SYN-ACK: from the capture point to the server and back",
        ),
        Field::HandshakeRttClient => (
            "Of it to the client",
            "Time from the SYN-ACK to the third ACK: from the capture point to the client and back",
        ),
        Field::Proves => {
            ("Proves", "The earlier frame about which this frame was the first to prove something")
        }
        Field::Diagnosis => ("Diagnosis", "Id of a diagnosis told at this frame; tcpdx.<id> filters for it"),
        Field::Severity => {
            ("Severity", "How bad it is: chat, note, warn or error, in the order of tcpdx.diagnosis")
        }
        Field::Certainty => {
            ("Certainty", "How sure it is: proved, likely or possible, in the order of tcpdx.diagnosis")
        }
        Field::Effect => (
            "Effect",
            "What it did to the connection: none, slowed or ended, in the order of tcpdx.diagnosis",
        ),
        Field::Subject => ("About", "The frame that the diagnosis is about, when it is not this one"),
        Field::Trigger => {
            ("Proved by", "The first frame at which the diagnosis could be known, when it is not this one")
        }
        Field::Follows => {
            ("Follows from", "The frame of the finding that this one is a consequence of: the root")
        }
        Field::Cause => (
            "Cause",
            "Id of the cause that fits best, in the order of tcpdx.diagnosis; - where there is none to tell",
        ),
        Field::Why => ("Why", "A cause of what was found, with the facts that speak for it, the best first"),
        Field::Check => ("To check", "What to look at next"),
        Field::Reference => ("Reference", "The RFC section or the rule behind the diagnosis"),
        Field::Evidence => ("Evidence", "A frame that shows what was found"),
    }
}
