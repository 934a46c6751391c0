//! The causes: why a diagnosis comes about, with what each can explain and which are the usual suspects.

use super::diagnosis::Diagnosis;
use std::sync::LazyLock;

/// Who is to act on a cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Actor {
    /// Nobody: nothing is wrong.
    Nobody,
    /// Who runs the client.
    Client,
    /// Who runs the host at one end.
    Host,
    /// Who runs the program at one end.
    Application,
    /// Who runs a device between the two.
    Path,
    /// Somebody cuts in on purpose.
    Forger,
    /// Who captured.
    Capture,
}

impl Actor {
    /// `nobody`, `client`, `host`, `application`, `path`, `forger` or `capture`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Actor::Nobody => "nobody",
            Actor::Client => "client",
            Actor::Host => "host",
            Actor::Application => "application",
            Actor::Path => "path",
            Actor::Forger => "forger",
            Actor::Capture => "capture",
        }
    }
}

macro_rules! causes {
    ($($variant:ident $id:literal [$($explains:ident)*];)+) => {
        /// A cause.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u16)]
        #[allow(missing_docs)]
        pub enum Cause { $($variant),+ }

        impl Cause {
            /// Every cause. `ALL[c as usize] == c`.
            pub const ALL: &'static [Cause] = &[$(Cause::$variant),+];

            /// Its name everywhere, e.g. `listener.accept_queue_full`.
            #[must_use]
            pub fn id(self) -> &'static str {
                match self { $(Cause::$variant => $id),+ }
            }

            /// The diagnoses that it can explain.
            #[must_use]
            pub fn explains(self) -> &'static [Diagnosis] {
                match self { $(Cause::$variant => &[$(Diagnosis::$explains),*]),+ }
            }
        }
    };
}

causes! {
    HostDown "host.down" [HandshakeSynUnanswered HandshakeRejectedByIcmp ResetRetransmissionTimeout ResetKeepaliveTimeout KeepaliveUnanswered CloseFinUnanswered LossStalled];
    HostRestarted "host.restarted" [ResetNoSuchConnection HandshakeSynOnLiveConnection HandshakeAnsweredByAck KeepaliveUnanswered ResetKeepaliveTimeout PathBlackout];
    HostStalled "host.stalled" [LossSpurious LossTimeout LossStalled PathBlackout AppSlowResponse HandshakeSlow KeepaliveUnanswered FlowZeroWindow];
    HostDropsReceived "host.drops_received" [LossTimeout LossStalled LossFastRetransmit LossSpurious];
    HostFirewallDrops "host.firewall_drops" [HandshakeSynIgnored HandshakeSynUnanswered HandshakeSynackIgnored HandshakeAcceptQueueOverflow HandshakeThirdAckLost LossStalled PathIdleStateLost];
    HostFirewallRejects "host.firewall_rejects" [ResetInjected HandshakeRejected ResetFollowedByTraffic HandshakeRejectedByIcmp];
    HostChecksumNotComputed "host.checksum_not_computed" [LossCorrupted HandshakeSynUnanswered HandshakeSynRetransmitted HandshakeSynackRetransmitted HandshakeSynackLost LossTimeout LossStalled AppNoResponse];
    HostRpFilter "host.rp_filter" [HandshakeSynIgnored HandshakeSynackIgnored];
    HostSignatureRequired "host.signature_required" [HandshakeSynIgnored HandshakeSynUnanswered HandshakeSynRetransmitted];
    HostTimeWait "host.time_wait" [HandshakeAnsweredByAck HandshakeSynIgnored HandshakeSynUnanswered HandshakeSynRetransmitted HandshakePortReused ResetNoSuchConnection];
    HostOldConnection "host.old_connection" [HandshakeAnsweredByAck HandshakeSynOnLiveConnection HandshakePortReused];
    HostFinWaitExpired "host.fin_wait_expired" [ResetInFinWait ResetAfterClose ResetLate ResetNoSuchConnection];
    HostRetransmissionLimit "host.retransmission_limit" [ResetRetransmissionTimeout ResetAbort ResetKeepaliveTimeout LossStalled AppNoResponse];
    StackRstWrongAck "stack.rst_wrong_ack" [HandshakeSynRetransmitted HandshakeSynUnanswered ResetIgnored HandshakeWrongAck];
    StackResetsRepeatedSyn "stack.resets_repeated_syn" [HandshakeRejected HandshakeResetAfterAccept ResetAbort HandshakeSynackLost];
    StackRefusesEcnSyn "stack.refuses_ecn_syn" [HandshakeRejected HandshakeSynUnanswered HandshakeSynIgnored HandshakeSynRetransmitted];
    StackNoWindowUpdate "stack.no_window_update" [FlowNeverReopened FlowZeroWindow];
    StackEarlyResend "stack.early_resend" [LossSpurious LossKarn];
    StackOneSegmentInFlight "stack.one_segment_in_flight" [FlowStopAndWait FlowNagleDelayedAck];
    StackChecksumFfff "stack.checksum_ffff" [LossStalled LossTimeout];
    StackChallengeLoop "stack.challenge_loop" [CloseStorm ResetFollowedByTraffic ResetIgnored];
    StackFinOutOfOrder "stack.fin_out_of_order" [CloseFinRetransmitted LossReordering];
    PawsRecycledTimestamps "paws.recycled_timestamps" [HandshakeSynIgnored HandshakeSynUnanswered HandshakeAnsweredByAck HandshakeSynRetransmitted];
    PawsClocksMixed "paws.clocks_mixed" [LossStaleTimestamp LossTimeout LossStalled LossFastRetransmit];
    PortNothingListens "port.nothing_listens" [HandshakeRejected HandshakeRejectedRetried];
    ListenerAcceptQueueFull "listener.accept_queue_full" [HandshakeAcceptQueueOverflow HandshakeThirdAckLost HandshakeSynIgnored HandshakeSynUnanswered HandshakeSynackRetransmitted HandshakeServerNeverEstablished ResetNoSuchConnection HandshakeSynRetransmitted LossTimeout LossStalled AppNoResponse];
    ListenerAbortOnOverflow "listener.abort_on_overflow" [HandshakeResetAfterAccept HandshakeRejected HandshakeRejectedRetried];
    ListenerSynQueueFull "listener.syn_queue_full" [HandshakeSynIgnored HandshakeSynUnanswered HandshakeSynRetransmitted];
    ListenerDeferAccept "listener.defer_accept" [HandshakeDeferAccept HandshakeThirdAckLost HandshakeAcceptQueueOverflow HandshakeSynackRetransmitted ResetNoSuchConnection];
    AppSlow "app.slow" [AppSlowResponse AppNoResponse];
    AppWaitsForBackend "app.waits_for_backend" [AppSlowResponse AppNoResponse];
    AppHeldOnPurpose "app.held_on_purpose" [AppSlowResponse AppNoResponse AppServerFirstSilence];
    AppHangs "app.hangs" [AppNoResponse ClosePeerNeverClosed FlowNeverReopened HandshakeAcceptQueueOverflow AppSlowResponse];
    AppWorkerHangs "app.worker_hangs" [AppNoResponse AppSlowResponse HandshakeAcceptQueueOverflow];
    AppClosedIdleConnection "app.closed_idle_connection" [ResetAfterClose ResetAbort CloseDataLost ResetNoSuchConnection AppNoResponse];
    PoolStaleConnection "pool.stale_connection" [ResetAfterClose CloseDataLost ClosePeerNeverClosed ResetInFinWait];
    AppUnreadDataAtClose "app.unread_data_at_close" [ResetAbort CloseDataLost ResetAfterClose];
    AppLingerZero "app.linger_zero" [ResetAbort ResetLate HandshakeResetAfterAccept HandshakeSynackRejected];
    AppKilled "app.killed" [ResetAbort HttpLengthMismatch HttpBadChunk CloseDataLost AppNoResponse];
    AppRestarted "app.restarted" [AppNoResponse ResetAbort ResetAfterClose HttpLengthMismatch HandshakeRejected];
    AppRefusesClient "app.refuses_client" [HandshakeResetAfterAccept ResetAbort AppNoResponse];
    AppNeverCloses "app.never_closes" [ClosePeerNeverClosed ResetInFinWait];
    AppNotReading "app.not_reading" [FlowZeroWindow FlowNeverReopened FlowWindowFull LossStalled ResetAbort];
    AppSmallBuffer "app.small_buffer" [FlowZeroWindow FlowWindowFull HandshakeOptionMissing];
    AppSmallWrites "app.small_writes" [FlowNagleDelayedAck];
    AppOtherProtocol "app.other_protocol" [AppServerFirstSilence HttpMalformed AppNoResponse ResetAbort];
    AppMalformedMessage "app.malformed_message" [HttpHeaderNewline HttpMalformed HttpLengthMismatch HttpBadChunk];
    ClientGaveUp "client.gave_up" [HandshakeSynUnanswered HandshakeSynackRejected HandshakeSynWithdrawn HandshakeResetAfterAccept AppNoResponse ResetAbort HandshakeThirdAckMissing CloseIncomplete];
    ClientPortScan "client.port_scan" [HandshakeSynackRejected HandshakeRejected HandshakeScan HandshakeOddFlags HandshakeSynUnanswered ResetBackscatter HandshakeSynWithdrawn];
    ClientPortReused "client.port_reused" [HandshakePortReused HandshakeSynOnLiveConnection HandshakeAnsweredByAck HandshakeSynIgnored];
    ClientConnectsAhead "client.connects_ahead" [AppServerFirstSilence CloseIncomplete HandshakeSynFlood];
    ClientRacesAddresses "client.races_addresses" [HandshakeSynWithdrawn HandshakeSynackRejected HandshakeResetAfterAccept AppServerFirstSilence HandshakeSynUnanswered CloseIncomplete];
    ClientRequestIncomplete "client.request_incomplete" [HttpRequestIncomplete AppNoResponse];
    BalancerHealthCheck "balancer.health_check" [HandshakeSynackRejected HandshakeResetAfterAccept ResetAbort AppServerFirstSilence HandshakeSynWithdrawn ResetLate];
    FirewallDropsSilently "firewall.drops_silently" [HandshakeSynUnanswered HandshakeSynRetransmitted PathIdleStateLost ResetRetransmissionTimeout LossStalled CloseFinUnanswered];
    FirewallRejectsInNameOfHost "firewall.rejects_in_name_of_host" [HandshakeRejected ResetByMiddlebox ResetInjected HandshakeResetAfterAccept];
    FirewallRejectsByIcmp "firewall.rejects_by_icmp" [HandshakeRejectedByIcmp];
    FirewallAsymmetricPath "firewall.asymmetric_path" [HandshakeThirdAckLost HandshakeThirdAckMissing HandshakeSynackLost HandshakeServerNeverEstablished LossStalled HandshakeSynFlood];
    FirewallRuleChanged "firewall.rule_changed" [ResetByMiddlebox ResetInjected PathBlackout ResetRetransmissionTimeout LossStalled ResetNoSuchConnection];
    ConntrackTableFull "conntrack.table_full" [HandshakeSynUnanswered HandshakeSynRetransmitted HandshakeSynIgnored HandshakeSynackIgnored];
    FirewallSequenceRandomised "firewall.sequence_randomised" [LossSackInvalid LossTimeout LossImpossibleAck HandshakeWrongAck HandshakeSynackChanged LossStalled];
    FirewallStripsOption "firewall.strips_option" [FlowWindowScaleMismatch HandshakeOptionMissing HandshakeFastOpen HandshakeSynRetransmitted HandshakeBadOption];
    FirewallIgnoresWindowScale "firewall.ignores_window_scale" [FlowWindowScaleMismatch LossTimeout LossStalled LossOutOfWindow];
    NatIdleTimeout "nat.idle_timeout" [PathIdleStateLost ResetNoSuchConnection ResetByMiddlebox ResetInjected ResetKeepaliveTimeout KeepaliveUnanswered ResetRetransmissionTimeout AppNoResponse CloseFinUnanswered LossStalled];
    NatRebound "nat.rebound" [PathAddressChanged ResetNoSuchConnection ResetBackscatter AppNoResponse CloseFinUnanswered LossStalled];
    NatPortRace "nat.port_race" [HandshakeSynRetransmitted HandshakeSynUnanswered];
    NatEngineAnswers "nat.engine_answers" [ResetInjected ResetByMiddlebox HandshakeRejected ResetLate ResetNoSuchConnection];
    IpvsReusedPort "ipvs.reused_port" [HandshakeSynRetransmitted HandshakePortReused HandshakeSynUnanswered];
    DnatReplyNotTranslated "dnat.reply_not_translated" [PathAddressChanged HandshakeSynUnanswered HandshakeSynackRejected HandshakeSynRetransmitted HandshakeSynackRetransmitted ResetNoSuchConnection ResetBackscatter];
    ConntrackInvalid "conntrack.invalid" [PathAddressChanged ResetByMiddlebox ResetInjected ResetNoSuchConnection];
    BalancerIdleTimeout "balancer.idle_timeout" [ResetByMiddlebox ResetInjected ResetNoSuchConnection PathIdleStateLost ResetAbort];
    BalancerNoBackend "balancer.no_backend" [HandshakeResetAfterAccept AppNoResponse ResetAbort HandshakeSlow];
    BalancerDeadBackend "balancer.dead_backend" [HandshakeRejected HandshakeRejectedRetried HandshakeSynUnanswered HandshakeSynRetransmitted HandshakeResetAfterAccept AppNoResponse ResetAbort];
    BalancerStateLost "balancer.state_lost" [LossStalled ResetRetransmissionTimeout PathBlackout ResetNoSuchConnection CloseFinUnanswered ResetByMiddlebox];
    BalancerScalesUnscaledWindow "balancer.scales_unscaled_window" [FlowWindowScaleMismatch LossOutOfWindow LossFastRetransmit LossTimeout];
    AddressUsedTwice "address.used_twice" [HandshakeSynackChanged ResetInjected ResetNoSuchConnection HandshakeAnsweredByAck];
    MtuIcmpFiltered "mtu.icmp_filtered" [PathPmtuBlackHole LossStalled PathBlackout];
    MtuIcmpIgnored "mtu.icmp_ignored" [PathPmtuBlackHole PathPmtuReduced LossStalled];
    LroMergedSegmentsDropped "lro.merged_segments_dropped" [LossTimeout LossStalled LossFastRetransmit];
    TunnelBadOuterChecksum "tunnel.bad_outer_checksum" [HandshakeSynRetransmitted HandshakeSynUnanswered LossTimeout LossStalled];
    PathRandomLoss "path.random_loss" [HandshakeSynRetransmitted HandshakeSynackLost HandshakeSynackRetransmitted HandshakeThirdAckLost HandshakeThirdAckMissing LossTimeout LossFastRetransmit LossTailProbe LossUpstream LossDownstream LossAckLost CloseFinRetransmitted CloseLastAckLost KeepaliveUnanswered];
    PathFullQueue "path.full_queue" [LossFastRetransmit LossDownstream LossUpstream LossTimeout FlowEcnCongestion LossTailProbe];
    PathDamagesPackets "path.damages_packets" [LossCorrupted LossConflictingData CaptureMalformed];
    PathInterrupted "path.interrupted" [PathBlackout LossStalled ResetRetransmissionTimeout CloseFinUnanswered KeepaliveUnanswered ResetKeepaliveTimeout LossTimeout];
    PathOneDirectionDead "path.one_direction_dead" [ResetKeepaliveTimeout KeepaliveUnanswered HandshakeSynackLost HandshakeSynackRetransmitted HandshakeThirdAckMissing HandshakeThirdAckLost LossSpurious LossStalled LossTimeout HandshakeSynUnanswered ResetRetransmissionTimeout];
    PathSeveralWays "path.several_ways" [LossReordering LossFastRetransmit LossSpurious CloseFinBeforeThirdAck HandshakeReordered LossKarn];
    PathDelayJump "path.delay_jump" [LossSpurious LossTimeout HandshakeSynRetransmitted HandshakeSynackRetransmitted HandshakeSlow];
    RouteMissing "route.missing" [HandshakeRejectedByIcmp PathBlackout];
    PathLongRoundTrip "path.long_round_trip" [HandshakeSynRetransmitted HandshakeSynackRetransmitted LossSpurious HandshakeSlow];
    ForgerContentFilter "forger.content_filter" [ResetInjected ResetByMiddlebox HandshakeResetAfterAccept HandshakeSynackRejected HandshakeRejected ResetNoSuchConnection LossConflictingData];
    ForgerKillsConnection "forger.kills_connection" [ResetInjected HandshakeSynOnLiveConnection ResetIgnored ResetFollowedByTraffic ResetNoSuchConnection];
    ForgerSpoofedSource "forger.spoofed_source" [HandshakeSynFlood HandshakeThirdAckMissing HandshakeSynackRejected ResetBackscatter HandshakeSynCookies HandshakeSynackRetransmitted];
    CaptureGroChecksum "capture.gro_checksum" [LossCorrupted CaptureOffload CaptureDroppedPackets];
    CaptureMissedPackets "capture.missed_packets" [CaptureDroppedPackets HandshakeThirdAckMissing AppNoResponse ClosePeerNeverClosed CaptureOneDirection];
    CaptureOneDirectionOnly "capture.one_direction_only" [CaptureOneDirection HandshakeSynUnanswered ResetBackscatter HandshakeThirdAckMissing];
    CaptureSamePacketTwice "capture.same_packet_twice" [CaptureDuplicate CaptureCopies HandshakeSynackChanged HandshakeWrongAck LossImpossibleAck];
    CaptureTooLate "capture.too_late" [CaptureStartedLate ResetNoSuchConnection ResetAfterClose HandshakeAnsweredByAck CloseFinUnanswered];
    NormalChallengeAck "normal.challenge_ack" [ResetIgnored ResetFollowedByTraffic];
    NormalFinRidesOnAck "normal.fin_rides_on_ack" [CloseFinRetransmitted CloseLastAckLost];
    NormalLatePacketAfterClose "normal.late_packet_after_close" [ResetLate ResetNoSuchConnection ResetAfterClose ResetBackscatter ResetInFinWait];
}

/// By diagnosis: what can explain it, the usual suspects first.
static CANDIDATES: LazyLock<Vec<Vec<Cause>>> = LazyLock::new(|| {
    let of = |diagnosis: &Diagnosis| {
        let usual = usual(*diagnosis).iter().copied();
        let rest = Cause::ALL
            .iter()
            .copied()
            .filter(|cause| cause.explains().contains(diagnosis) && !self::usual(*diagnosis).contains(cause));
        usual.chain(rest).collect()
    };
    Diagnosis::ALL.iter().map(of).collect()
});

impl Cause {
    /// The cause of that id.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Cause> {
        Self::ALL.iter().copied().find(|cause| cause.id() == id)
    }

    /// The part of the id before the dot, e.g. `listener`.
    #[must_use]
    pub fn family(self) -> &'static str {
        self.id().split('.').next().unwrap_or_default()
    }

    /// The part of the id behind the dot.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.id().split('.').nth(1).unwrap_or_default()
    }

    /// What can explain a diagnosis, the usual suspects first.
    #[must_use]
    pub fn candidates(diagnosis: Diagnosis) -> &'static [Cause] {
        &CANDIDATES[diagnosis as usize]
    }

    /// Nothing is wrong where this is the cause.
    #[must_use]
    pub fn is_harmless(self) -> bool {
        matches!(
            self,
            Cause::AppHeldOnPurpose
                | Cause::BalancerHealthCheck
                | Cause::ClientRacesAddresses
                | Cause::ClientConnectsAhead
                | Cause::NormalChallengeAck
                | Cause::NormalFinRidesOnAck
                | Cause::NormalLatePacketAfterClose
        )
    }

    /// Who is to act.
    #[must_use]
    pub fn actor(self) -> Actor {
        match self.family() {
            _ if self.is_harmless() => Actor::Nobody,
            "host" | "stack" | "paws" | "port" | "listener" => Actor::Host,
            "app" => Actor::Application,
            "client" | "pool" => Actor::Client,
            "forger" => Actor::Forger,
            "capture" => Actor::Capture,
            _ => Actor::Path,
        }
    }
}

/// The usual suspects of a diagnosis, most usual first: they may be shown though nothing speaks for them. The order is a
/// judgment from cases of the field, not a measured frequency.
#[must_use]
pub fn usual(diagnosis: Diagnosis) -> &'static [Cause] {
    use Cause as C;
    use Diagnosis as D;
    match diagnosis {
        D::HandshakeRejected => &[C::PortNothingListens, C::FirewallRejectsInNameOfHost],
        D::HandshakeRejectedByIcmp => &[C::FirewallRejectsByIcmp, C::HostDown, C::RouteMissing],
        D::HandshakeSynUnanswered => {
            &[C::FirewallDropsSilently, C::HostDown, C::ListenerAcceptQueueFull, C::PathOneDirectionDead]
        }
        D::HandshakeSynRetransmitted => {
            &[C::PathRandomLoss, C::FirewallDropsSilently, C::ListenerAcceptQueueFull]
        }
        D::HandshakeSynIgnored => &[C::ListenerAcceptQueueFull, C::HostFirewallDrops, C::HostTimeWait],
        D::HandshakeSynackLost => &[C::PathRandomLoss, C::FirewallAsymmetricPath, C::PathOneDirectionDead],
        D::HandshakeSynackIgnored => &[C::HostFirewallDrops, C::HostRpFilter],
        D::HandshakeSynackRetransmitted => {
            &[C::PathRandomLoss, C::ListenerAcceptQueueFull, C::ListenerDeferAccept]
        }
        D::HandshakeThirdAckLost => &[
            C::PathRandomLoss,
            C::FirewallAsymmetricPath,
            C::ListenerAcceptQueueFull,
            C::ListenerDeferAccept,
        ],
        D::HandshakeThirdAckMissing => {
            &[C::PathRandomLoss, C::FirewallAsymmetricPath, C::ClientGaveUp, C::ForgerSpoofedSource]
        }
        D::HandshakeAcceptQueueOverflow => &[C::ListenerAcceptQueueFull, C::ListenerDeferAccept],
        D::HandshakeDeferAccept => &[C::ListenerDeferAccept],
        D::HandshakeServerNeverEstablished => &[C::FirewallAsymmetricPath, C::ListenerAcceptQueueFull],
        D::HandshakeResetAfterAccept => &[
            C::AppRefusesClient,
            C::BalancerNoBackend,
            C::ListenerAbortOnOverflow,
            C::AppLingerZero,
            C::ClientGaveUp,
        ],
        D::HandshakeSynackRejected => &[C::ClientGaveUp, C::ClientPortScan, C::ForgerSpoofedSource],
        D::HandshakeAnsweredByAck => &[C::HostOldConnection, C::HostTimeWait],
        D::HandshakeSynOnLiveConnection => &[C::HostRestarted, C::ClientPortReused],
        D::HandshakePortReused => &[C::ClientPortReused],
        D::HandshakeScan => &[C::ClientPortScan],
        D::HandshakeSynFlood => &[C::ForgerSpoofedSource, C::FirewallAsymmetricPath],
        D::HandshakeSlow => &[C::PathDelayJump, C::HostStalled],
        D::HandshakeOptionMissing | D::FlowWindowScaleMismatch => &[C::FirewallStripsOption],
        D::HandshakeWrongAck | D::LossImpossibleAck | D::LossSackInvalid => &[C::FirewallSequenceRandomised],
        D::HandshakeSynackChanged => &[C::FirewallSequenceRandomised, C::AddressUsedTwice],
        D::ResetAbort => &[C::AppUnreadDataAtClose, C::AppLingerZero, C::AppKilled, C::ClientGaveUp],
        D::ResetNoSuchConnection => &[
            C::HostRestarted,
            C::NatIdleTimeout,
            C::BalancerStateLost,
            C::NatRebound,
            C::ForgerKillsConnection,
        ],
        D::ResetAfterClose => &[C::AppClosedIdleConnection, C::PoolStaleConnection, C::AppUnreadDataAtClose],
        D::ResetInFinWait => &[C::HostFinWaitExpired],
        D::ResetLate => &[C::NormalLatePacketAfterClose, C::AppLingerZero],
        D::ResetInjected => {
            &[C::ForgerContentFilter, C::ForgerKillsConnection, C::FirewallRejectsInNameOfHost]
        }
        D::ResetByMiddlebox => {
            &[C::NatIdleTimeout, C::BalancerIdleTimeout, C::FirewallRuleChanged, C::ForgerContentFilter]
        }
        D::ResetIgnored | D::ResetFollowedByTraffic => &[C::ForgerKillsConnection, C::NormalChallengeAck],
        D::ResetKeepaliveTimeout | D::KeepaliveUnanswered => {
            &[C::HostDown, C::PathInterrupted, C::NatIdleTimeout, C::PathOneDirectionDead]
        }
        D::ResetRetransmissionTimeout | D::CloseFinUnanswered | D::LossStalled => {
            &[C::PathInterrupted, C::HostDown, C::BalancerStateLost]
        }
        D::ResetBackscatter => &[C::ForgerSpoofedSource, C::CaptureOneDirectionOnly],
        D::CloseDataLost => &[C::AppUnreadDataAtClose, C::AppClosedIdleConnection],
        D::ClosePeerNeverClosed => &[C::AppNeverCloses, C::AppHangs],
        D::CloseStorm => &[C::StackChallengeLoop],
        D::LossUpstream | D::LossDownstream | D::LossTailProbe | D::LossTimeout => {
            &[C::PathRandomLoss, C::PathFullQueue]
        }
        D::CloseFinRetransmitted | D::CloseLastAckLost | D::LossAckLost => &[C::PathRandomLoss],
        D::LossFastRetransmit => &[C::PathRandomLoss, C::PathFullQueue, C::PathSeveralWays],
        D::LossSpurious => &[C::PathDelayJump, C::PathSeveralWays],
        D::LossReordering => &[C::PathSeveralWays],
        D::LossCorrupted => &[C::PathDamagesPackets],
        D::FlowEcnCongestion => &[C::PathFullQueue],
        D::CaptureOffload => &[C::CaptureGroChecksum],
        D::LossConflictingData => &[C::ForgerContentFilter, C::PathDamagesPackets],
        D::LossStaleTimestamp => &[C::PawsClocksMixed],
        D::FlowZeroWindow => &[C::AppNotReading, C::AppSmallBuffer],
        D::FlowNeverReopened => &[C::AppNotReading],
        D::FlowWindowFull => &[C::AppSmallBuffer, C::AppNotReading],
        D::FlowNagleDelayedAck => &[C::AppSmallWrites],
        D::FlowStopAndWait => &[C::StackOneSegmentInFlight],
        D::PathPmtuBlackHole => &[C::MtuIcmpFiltered],
        D::PathIdleStateLost => &[C::NatIdleTimeout, C::BalancerIdleTimeout, C::FirewallDropsSilently],
        D::PathBlackout => &[C::PathInterrupted, C::HostStalled],
        D::PathAddressChanged => &[C::ConntrackInvalid, C::DnatReplyNotTranslated, C::NatRebound],
        D::AppSlowResponse => &[C::AppSlow, C::AppWaitsForBackend],
        D::AppNoResponse => &[C::AppHangs, C::AppSlow, C::AppWaitsForBackend],
        D::AppServerFirstSilence => &[C::ClientConnectsAhead, C::AppOtherProtocol],
        D::HttpRequestIncomplete => &[C::ClientRequestIncomplete],
        D::HttpHeaderNewline | D::HttpMalformed | D::HttpBadChunk => &[C::AppMalformedMessage],
        D::HttpLengthMismatch => &[C::AppKilled, C::AppMalformedMessage],
        D::CaptureDroppedPackets => &[C::CaptureMissedPackets],
        D::CaptureOneDirection => &[C::CaptureOneDirectionOnly],
        D::CaptureDuplicate | D::CaptureCopies => &[C::CaptureSamePacketTwice],
        D::CaptureStartedLate => &[C::CaptureTooLate],
        _ => &[],
    }
}
