//! The diagnoses, with severity and group.

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Severity {
    /// A normal milestone.
    Chat = 1,
    /// Worth knowing.
    Note = 2,
    /// Trouble that it recovered from, or an abnormal end.
    Warn = 3,
    /// The connection failed, died or is stuck.
    Error = 4,
}

impl Severity {
    /// `chat`, `note`, `warn` or `error`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Severity::Chat => "chat",
            Severity::Note => "note",
            Severity::Warn => "warn",
            Severity::Error => "error",
        }
    }
}

/// How sure a finding is. It says nothing of how bad it is, which is the [`Severity`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Certainty {
    /// It fits, as other explanations do.
    Possible = 1,
    /// It fits best; what else would do is unusual.
    Likely = 2,
    /// The packets leave no other explanation.
    Proved = 3,
}

impl Certainty {
    /// `possible`, `likely` or `proved`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Certainty::Possible => "possible",
            Certainty::Likely => "likely",
            Certainty::Proved => "proved",
        }
    }
}

/// What a finding did to its connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Effect {
    /// Nothing that one would notice.
    #[default]
    None = 0,
    /// It was slowed down, or had to be repaired.
    Slowed = 1,
    /// It ended it, or kept it from beginning.
    Ended = 2,
}

impl Effect {
    /// `none`, `slowed` or `ended`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Effect::None => "none",
            Effect::Slowed => "slowed",
            Effect::Ended => "ended",
        }
    }
}

/// What decides how Wireshark groups a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Group {
    /// The order of things: handshake, close, loss.
    Sequence = 1,
    /// What a peer or application answered, or failed to answer.
    Response = 2,
    /// What the protocol forbids.
    Protocol = 3,
    /// The capture itself.
    Assumption = 4,
}

macro_rules! diagnoses {
    ($($variant:ident $id:literal $severity:ident $group:ident $certainty:ident;)+) => {
        /// A diagnosis of the catalogue.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u16)]
        #[allow(missing_docs)]
        pub enum Diagnosis { $($variant),+ }

        impl Diagnosis {
            /// Every diagnosis, in the order of the catalogue. `ALL[d as usize] == d`.
            pub const ALL: &'static [Diagnosis] = &[$(Diagnosis::$variant),+];

            /// Its name everywhere, e.g. `handshake.rejected`.
            #[must_use]
            pub fn id(self) -> &'static str {
                match self { $(Diagnosis::$variant => $id),+ }
            }

            /// Its severity unless the course of things changes it.
            #[must_use]
            pub fn severity(self) -> Severity {
                match self { $(Diagnosis::$variant => Severity::$severity),+ }
            }

            /// How sure it is unless the course of things changes it.
            #[must_use]
            pub fn certainty(self) -> Certainty {
                match self { $(Diagnosis::$variant => Certainty::$certainty),+ }
            }

            /// How Wireshark groups it.
            #[must_use]
            pub fn group(self) -> Group {
                match self { $(Diagnosis::$variant => Group::$group),+ }
            }
        }
    };
}

diagnoses! {
    HandshakeCompleted "handshake.completed" Chat Sequence Proved;
    HandshakeRejected "handshake.rejected" Error Response Proved;
    HandshakeRejectedByIcmp "handshake.rejected_by_icmp" Error Response Proved;
    HandshakeSynUnanswered "handshake.syn_unanswered" Error Response Proved;
    HandshakeSynRetransmitted "handshake.syn_retransmitted" Warn Sequence Proved;
    HandshakeSynackLost "handshake.synack_lost" Warn Sequence Likely;
    HandshakeSynackIgnored "handshake.synack_ignored" Error Response Likely;
    HandshakeSynackRetransmitted "handshake.synack_retransmitted" Warn Sequence Proved;
    HandshakeThirdAckLost "handshake.third_ack_lost" Error Sequence Likely;
    HandshakeThirdAckMissing "handshake.third_ack_missing" Error Sequence Proved;
    HandshakeAcceptQueueOverflow "handshake.accept_queue_overflow" Error Response Likely;
    HandshakeSynackRejected "handshake.synack_rejected" Warn Response Proved;
    HandshakeResetAfterAccept "handshake.reset_after_accept" Error Response Proved;
    HandshakeServerNeverEstablished "handshake.server_never_established" Error Response Likely;
    HandshakeSimultaneousOpen "handshake.simultaneous_open" Note Sequence Proved;
    HandshakeFastOpen "handshake.fast_open" Note Sequence Proved;
    HandshakePortReused "handshake.port_reused" Note Sequence Proved;
    HandshakeSynOnLiveConnection "handshake.syn_on_live_connection" Warn Sequence Proved;
    HandshakeSlow "handshake.slow" Note Response Likely;
    HandshakeRejectedRetried "handshake.rejected_retried" Note Sequence Proved;
    HandshakeDeferAccept "handshake.defer_accept" Note Sequence Likely;
    HandshakeSynCookies "handshake.syn_cookies" Note Response Possible;
    HandshakeAnsweredByAck "handshake.answered_by_ack" Warn Response Proved;
    HandshakeWrongAck "handshake.wrong_ack" Warn Protocol Proved;
    HandshakeSplit "handshake.split" Note Sequence Proved;
    HandshakeReordered "handshake.reordered" Note Sequence Proved;
    HandshakeSynWithdrawn "handshake.syn_withdrawn" Note Sequence Proved;
    HandshakeOddFlags "handshake.odd_flags" Warn Protocol Proved;
    HandshakeSynackChanged "handshake.synack_changed" Warn Protocol Proved;
    HandshakeOptionMissing "handshake.option_missing" Note Protocol Proved;
    HandshakeBadOption "handshake.bad_option" Warn Protocol Proved;
    HandshakeMultipath "handshake.multipath" Note Sequence Proved;
    HandshakeSynIgnored "handshake.syn_ignored" Error Response Proved;
    HandshakeScan "handshake.scan" Warn Sequence Likely;
    HandshakeSynFlood "handshake.syn_flood" Warn Sequence Likely;
    ResetAbort "reset.abort" Warn Response Proved;
    ResetNoSuchConnection "reset.no_such_connection" Error Response Likely;
    ResetAfterClose "reset.after_close" Warn Response Likely;
    ResetLate "reset.late" Note Response Proved;
    ResetInjected "reset.injected" Error Protocol Likely;
    ResetKeepaliveTimeout "reset.keepalive_timeout" Error Response Likely;
    ResetRetransmissionTimeout "reset.retransmission_timeout" Error Response Likely;
    ResetInFinWait "reset.in_fin_wait" Note Response Likely;
    ResetIgnored "reset.ignored" Warn Protocol Proved;
    ResetByMiddlebox "reset.by_middlebox" Error Response Likely;
    ResetWithText "reset.with_text" Note Response Proved;
    ResetFollowedByTraffic "reset.followed_by_traffic" Warn Protocol Proved;
    ResetBackscatter "reset.backscatter" Note Sequence Likely;
    CloseFourSegments "close.four_segments" Chat Sequence Proved;
    CloseThreeSegments "close.three_segments" Chat Sequence Proved;
    CloseSimultaneous "close.simultaneous" Chat Sequence Proved;
    CloseFinBeforeThirdAck "close.fin_before_third_ack" Note Sequence Proved;
    CloseHalf "close.half" Note Sequence Proved;
    CloseFinRetransmitted "close.fin_retransmitted" Warn Sequence Proved;
    CloseFinUnanswered "close.fin_unanswered" Error Response Proved;
    ClosePeerNeverClosed "close.peer_never_closed" Warn Response Proved;
    CloseLastAckLost "close.last_ack_lost" Warn Sequence Likely;
    CloseDataLost "close.data_lost" Error Response Likely;
    CloseStorm "close.storm" Warn Sequence Proved;
    CloseIncomplete "close.incomplete" Chat Sequence Proved;
    KeepaliveProbe "keepalive.probe" Note Sequence Likely;
    KeepaliveAnswer "keepalive.answer" Note Sequence Likely;
    KeepaliveUnanswered "keepalive.unanswered" Warn Response Proved;
    KeepaliveFrequent "keepalive.frequent" Note Sequence Likely;
    LossTimeout "loss.timeout" Warn Sequence Proved;
    LossFastRetransmit "loss.fast_retransmit" Warn Sequence Proved;
    LossTailProbe "loss.tail_probe" Note Sequence Likely;
    LossSpurious "loss.spurious" Note Sequence Proved;
    LossReordering "loss.reordering" Note Sequence Likely;
    LossAckLost "loss.ack_lost" Note Sequence Likely;
    LossStalled "loss.stalled" Error Sequence Proved;
    LossUpstream "loss.upstream" Note Sequence Likely;
    LossDownstream "loss.downstream" Note Sequence Likely;
    LossCorrupted "loss.corrupted" Warn Protocol Proved;
    LossConflictingData "loss.conflicting_data" Error Protocol Proved;
    LossStaleTimestamp "loss.stale_timestamp" Note Protocol Proved;
    LossKarn "loss.karn" Note Sequence Proved;
    LossOutOfWindow "loss.out_of_window" Note Protocol Likely;
    LossImpossibleAck "loss.impossible_ack" Warn Protocol Proved;
    LossSackInvalid "loss.sack_invalid" Warn Protocol Proved;
    LossDuplicateDelivery "loss.duplicate_delivery" Note Sequence Likely;
    FlowZeroWindow "flow.zero_window" Warn Response Proved;
    FlowWindowProbe "flow.window_probe" Note Sequence Proved;
    FlowWindowReopened "flow.window_reopened" Note Response Proved;
    FlowWindowFull "flow.window_full" Note Sequence Proved;
    FlowWindowShrunk "flow.window_shrunk" Warn Protocol Proved;
    FlowNeverReopened "flow.never_reopened" Error Response Proved;
    FlowNagleDelayedAck "flow.nagle_delayed_ack" Warn Response Likely;
    FlowWindowScaleMismatch "flow.window_scale_mismatch" Warn Protocol Likely;
    FlowStopAndWait "flow.stop_and_wait" Warn Response Likely;
    FlowEcnCongestion "flow.ecn_congestion" Note Sequence Proved;
    PathPmtuBlackHole "path.pmtu_black_hole" Error Response Likely;
    PathPmtuReduced "path.pmtu_reduced" Note Response Proved;
    PathIdleStateLost "path.idle_state_lost" Error Response Likely;
    PathBlackout "path.blackout" Error Response Likely;
    PathAddressChanged "path.address_changed" Error Response Proved;
    CaptureStartedLate "capture.started_late" Note Assumption Proved;
    CaptureOneDirection "capture.one_direction" Note Assumption Proved;
    CaptureDroppedPackets "capture.dropped_packets" Note Assumption Likely;
    CaptureDuplicate "capture.duplicate" Note Assumption Likely;
    CaptureCopies "capture.copies" Note Assumption Likely;
    CaptureTruncated "capture.truncated" Note Assumption Proved;
    CaptureTimeBackwards "capture.time_backwards" Note Assumption Proved;
    CaptureOffload "capture.offload" Note Assumption Likely;
    CaptureMalformed "capture.malformed" Note Assumption Proved;
    AppSlowResponse "app.slow_response" Warn Response Likely;
    AppServerFirstSilence "app.server_first_silence" Note Response Proved;
    AppNoResponse "app.no_response" Warn Response Proved;
    AppUrgentData "app.urgent_data" Note Sequence Proved;
    HttpHeaderNewline "http.header_newline" Error Protocol Proved;
    HttpLengthMismatch "http.length_mismatch" Warn Protocol Proved;
    HttpRequestIncomplete "http.request_incomplete" Warn Protocol Proved;
    HttpStreamCompressed "http.stream_compressed" Warn Response Proved;
    HttpExpectUnanswered "http.expect_unanswered" Warn Response Proved;
    HttpMalformed "http.malformed" Warn Protocol Proved;
    HttpBadChunk "http.bad_chunk" Warn Protocol Proved;
}

impl Diagnosis {
    /// What it does to its connection unless the course of things changes it.
    #[must_use]
    pub fn effect(self) -> Effect {
        use Diagnosis as D;
        match self {
            D::HandshakeRejected
            | D::HandshakeRejectedByIcmp
            | D::HandshakeSynUnanswered
            | D::HandshakeSynIgnored
            | D::HandshakeSynackIgnored
            | D::HandshakeThirdAckLost
            | D::HandshakeThirdAckMissing
            | D::HandshakeAcceptQueueOverflow
            | D::HandshakeSynackRejected
            | D::HandshakeResetAfterAccept
            | D::HandshakeServerNeverEstablished
            | D::ResetAbort
            | D::ResetNoSuchConnection
            | D::ResetAfterClose
            | D::ResetInjected
            | D::ResetByMiddlebox
            | D::ResetKeepaliveTimeout
            | D::ResetRetransmissionTimeout
            | D::ResetLate
            | D::ResetInFinWait
            | D::CloseFinUnanswered
            | D::FlowNeverReopened
            | D::PathPmtuBlackHole
            | D::PathIdleStateLost
            | D::PathAddressChanged => Effect::Ended,
            D::HandshakeSynRetransmitted
            | D::HandshakeSynackRetransmitted
            | D::HandshakeSynackLost
            | D::HandshakeSlow
            | D::HandshakeDeferAccept
            | D::CloseFinRetransmitted
            | D::CloseLastAckLost
            | D::LossTimeout
            | D::LossFastRetransmit
            | D::LossTailProbe
            | D::LossStalled
            | D::LossUpstream
            | D::LossDownstream
            | D::LossCorrupted
            | D::LossSackInvalid
            | D::FlowZeroWindow
            | D::FlowWindowFull
            | D::FlowNagleDelayedAck
            | D::FlowStopAndWait
            | D::FlowWindowScaleMismatch
            | D::FlowEcnCongestion
            | D::PathBlackout
            | D::PathPmtuReduced
            | D::AppSlowResponse
            | D::AppNoResponse
            | D::HttpStreamCompressed
            | D::HttpExpectUnanswered => Effect::Slowed,
            _ => Effect::None,
        }
    }

    /// The diagnosis of that id.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Diagnosis> {
        Self::ALL.iter().copied().find(|d| d.id() == id)
    }

    /// Every family, in the order of the catalogue.
    pub fn families() -> impl Iterator<Item = &'static str> {
        let mut last = "";
        Self::ALL
            .iter()
            .map(|d| d.family())
            .filter(move |family| std::mem::replace(&mut last, family) != *family)
    }

    /// The part of the id before the dot, e.g. `handshake`.
    #[must_use]
    pub fn family(self) -> &'static str {
        self.id().split('.').next().unwrap_or_default()
    }
}
