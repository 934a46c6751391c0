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
    ($($variant:ident $id:literal $severity:ident $group:ident;)+) => {
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

            /// How Wireshark groups it.
            #[must_use]
            pub fn group(self) -> Group {
                match self { $(Diagnosis::$variant => Group::$group),+ }
            }
        }
    };
}

diagnoses! {
    HandshakeCompleted "handshake.completed" Chat Sequence;
    HandshakeRejected "handshake.rejected" Error Response;
    HandshakeRejectedByIcmp "handshake.rejected_by_icmp" Error Response;
    HandshakeSynUnanswered "handshake.syn_unanswered" Error Response;
    HandshakeSynRetransmitted "handshake.syn_retransmitted" Warn Sequence;
    HandshakeSynackLost "handshake.synack_lost" Warn Sequence;
    HandshakeSynackRetransmitted "handshake.synack_retransmitted" Warn Sequence;
    HandshakeThirdAckLost "handshake.third_ack_lost" Error Sequence;
    HandshakeThirdAckMissing "handshake.third_ack_missing" Error Sequence;
    HandshakeAcceptQueueOverflow "handshake.accept_queue_overflow" Error Response;
    HandshakeSynackRejected "handshake.synack_rejected" Warn Response;
    HandshakeResetAfterAccept "handshake.reset_after_accept" Error Response;
    HandshakeServerNeverEstablished "handshake.server_never_established" Error Response;
    HandshakeSimultaneousOpen "handshake.simultaneous_open" Note Sequence;
    HandshakeFastOpen "handshake.fast_open" Note Sequence;
    HandshakePortReused "handshake.port_reused" Note Sequence;
    HandshakeSynOnLiveConnection "handshake.syn_on_live_connection" Warn Sequence;
    HandshakeSlow "handshake.slow" Note Response;
    HandshakeRejectedRetried "handshake.rejected_retried" Note Sequence;
    HandshakeDeferAccept "handshake.defer_accept" Note Sequence;
    HandshakeSynCookies "handshake.syn_cookies" Note Response;
    HandshakeAnsweredByAck "handshake.answered_by_ack" Warn Response;
    HandshakeWrongAck "handshake.wrong_ack" Warn Protocol;
    HandshakeSplit "handshake.split" Note Sequence;
    HandshakeReordered "handshake.reordered" Note Sequence;
    HandshakeSynWithdrawn "handshake.syn_withdrawn" Note Sequence;
    HandshakeOddFlags "handshake.odd_flags" Warn Protocol;
    HandshakeSynackChanged "handshake.synack_changed" Warn Protocol;
    HandshakeOptionMissing "handshake.option_missing" Note Protocol;
    HandshakeBadOption "handshake.bad_option" Warn Protocol;
    HandshakeMultipath "handshake.multipath" Note Sequence;
    HandshakeSynIgnored "handshake.syn_ignored" Error Response;
    HandshakeScan "handshake.scan" Warn Sequence;
    HandshakeSynFlood "handshake.syn_flood" Warn Sequence;
    ResetAbort "reset.abort" Warn Response;
    ResetNoSuchConnection "reset.no_such_connection" Error Response;
    ResetAfterClose "reset.after_close" Warn Response;
    ResetLate "reset.late" Note Response;
    ResetInjected "reset.injected" Error Protocol;
    ResetKeepaliveTimeout "reset.keepalive_timeout" Error Response;
    ResetRetransmissionTimeout "reset.retransmission_timeout" Error Response;
    ResetInFinWait "reset.in_fin_wait" Note Response;
    ResetIgnored "reset.ignored" Warn Protocol;
    ResetByMiddlebox "reset.by_middlebox" Error Response;
    ResetWithText "reset.with_text" Note Response;
    ResetFollowedByTraffic "reset.followed_by_traffic" Warn Protocol;
    ResetBackscatter "reset.backscatter" Note Sequence;
    CloseFourSegments "close.four_segments" Chat Sequence;
    CloseThreeSegments "close.three_segments" Chat Sequence;
    CloseSimultaneous "close.simultaneous" Chat Sequence;
    CloseFinBeforeThirdAck "close.fin_before_third_ack" Note Sequence;
    CloseHalf "close.half" Note Sequence;
    CloseFinRetransmitted "close.fin_retransmitted" Warn Sequence;
    CloseFinUnanswered "close.fin_unanswered" Error Response;
    ClosePeerNeverClosed "close.peer_never_closed" Warn Response;
    CloseLastAckLost "close.last_ack_lost" Warn Sequence;
    CloseDataLost "close.data_lost" Error Response;
    CloseStorm "close.storm" Warn Sequence;
    CloseIncomplete "close.incomplete" Chat Sequence;
    KeepaliveProbe "keepalive.probe" Note Sequence;
    KeepaliveAnswer "keepalive.answer" Note Sequence;
    KeepaliveUnanswered "keepalive.unanswered" Warn Response;
    KeepaliveFrequent "keepalive.frequent" Note Sequence;
    LossTimeout "loss.timeout" Warn Sequence;
    LossFastRetransmit "loss.fast_retransmit" Warn Sequence;
    LossTailProbe "loss.tail_probe" Note Sequence;
    LossSpurious "loss.spurious" Note Sequence;
    LossReordering "loss.reordering" Note Sequence;
    LossAckLost "loss.ack_lost" Note Sequence;
    LossStalled "loss.stalled" Error Sequence;
    LossUpstream "loss.upstream" Note Sequence;
    LossDownstream "loss.downstream" Note Sequence;
    LossCorrupted "loss.corrupted" Warn Protocol;
    LossConflictingData "loss.conflicting_data" Error Protocol;
    LossStaleTimestamp "loss.stale_timestamp" Note Protocol;
    LossKarn "loss.karn" Note Sequence;
    LossOutOfWindow "loss.out_of_window" Note Protocol;
    LossImpossibleAck "loss.impossible_ack" Warn Protocol;
    LossDuplicateDelivery "loss.duplicate_delivery" Note Sequence;
    FlowZeroWindow "flow.zero_window" Warn Response;
    FlowWindowProbe "flow.window_probe" Note Sequence;
    FlowWindowReopened "flow.window_reopened" Note Response;
    FlowWindowFull "flow.window_full" Note Sequence;
    FlowWindowShrunk "flow.window_shrunk" Warn Protocol;
    FlowNeverReopened "flow.never_reopened" Error Response;
    FlowNagleDelayedAck "flow.nagle_delayed_ack" Warn Response;
    FlowWindowScaleMismatch "flow.window_scale_mismatch" Warn Protocol;
    FlowEcnCongestion "flow.ecn_congestion" Note Sequence;
    PathPmtuBlackHole "path.pmtu_black_hole" Error Response;
    PathPmtuReduced "path.pmtu_reduced" Note Response;
    PathIdleStateLost "path.idle_state_lost" Error Response;
    PathBlackout "path.blackout" Error Response;
    CaptureStartedLate "capture.started_late" Note Assumption;
    CaptureOneDirection "capture.one_direction" Note Assumption;
    CaptureDroppedPackets "capture.dropped_packets" Note Assumption;
    CaptureDuplicate "capture.duplicate" Note Assumption;
    CaptureCopies "capture.copies" Note Assumption;
    CaptureTruncated "capture.truncated" Note Assumption;
    CaptureTimeBackwards "capture.time_backwards" Note Assumption;
    CaptureOffload "capture.offload" Note Assumption;
    CaptureMalformed "capture.malformed" Note Assumption;
    AppSlowResponse "app.slow_response" Warn Response;
    AppServerFirstSilence "app.server_first_silence" Note Response;
    AppNoResponse "app.no_response" Warn Response;
    AppUrgentData "app.urgent_data" Note Sequence;
    HttpHeaderNewline "http.header_newline" Error Protocol;
    HttpLengthMismatch "http.length_mismatch" Warn Protocol;
    HttpRequestIncomplete "http.request_incomplete" Warn Protocol;
    HttpStreamCompressed "http.stream_compressed" Warn Response;
    HttpMalformed "http.malformed" Warn Protocol;
    HttpBadChunk "http.bad_chunk" Warn Protocol;
}

impl Diagnosis {
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
