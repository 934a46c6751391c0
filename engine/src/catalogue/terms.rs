//! The words of findings, each from one list: what part a frame plays, what a number is, and the clauses that texts fill in.
//!
//! Their texts are in the files of the languages; a test holds that every language has all of them.

use crate::state::Vantage;

macro_rules! names {
    ($(#[$about:meta])* $kind:ident { $($variant:ident $name:literal)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        #[allow(missing_docs)]
        pub enum $kind { $($variant),+ }

        impl $kind {
            /// All of them.
            pub const ALL: &'static [$kind] = &[$($kind::$variant),+];

            /// The one of that name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<$kind> {
                match name { $($name => Some($kind::$variant),)+ _ => None }
            }

            /// Its name in JSON, and the key of its words in the texts.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $($kind::$variant => $name),+ }
            }
        }
    };
}

names! {
    /// The part that a frame plays as evidence.
    Role {
        Syn "syn"
        SynAgain "syn_again"
        SynAck "syn_ack"
        SynAckAgain "syn_ack_again"
        ThirdAck "third_ack"
        Challenge "challenge"
        Before "before"
        Fin "fin"
        FinAgain "fin_again"
        FinAck "fin_ack"
        Rst "rst"
        Data "data"
        Original "original"
        ResentBefore "resent_before"
        Probe "probe"
        ProbeBefore "probe_before"
        Answer "answer"
        Answered "answered"
        LastHeard "last_heard"
        Resend "resend"
        BehindGap "behind_gap"
        BeforeGap "before_gap"
        Overtook "overtook"
        Asks "asks"
        Dsack "dsack"
        Ack "ack"
        Newest "newest"
        SmallPasses "small_passes"
        HeardAgain "heard_again"
        Genuine "genuine"
        Forged "forged"
        GoesOn "goes_on"
        ZeroWindow "zero_window"
        Reopened "reopened"
        Window "window"
        WindowBefore "window_before"
        SmallWrite "small_write"
        NextWrite "next_write"
        Cwr "cwr"
        Request "request"
        Reaction "reaction"
    }
}

names! {
    /// A number, a side or a clause that the texts of a finding name.
    Param {
        Acked "acked"
        Answer "answer"
        Apart "apart"
        Before "before"
        Behind "behind"
        Beyond "beyond"
        By "by"
        Bytes "bytes"
        Carrier "carrier"
        Cause "cause"
        Code "code"
        Count "count"
        Delay "delay"
        Every "every"
        Flags "flags"
        Forged "forged"
        Hosts "hosts"
        How "how"
        Idle "idle"
        Interval "interval"
        Kind "kind"
        Known "known"
        Late "late"
        Later "later"
        Limit "limit"
        Listener "listener"
        Loser "loser"
        Missing "missing"
        Mss "mss"
        Mtu "mtu"
        Overtaken "overtaken"
        Parts "parts"
        Peer "peer"
        Pointer "pointer"
        Probes "probes"
        Reaction "reaction"
        Reading "reading"
        Repeats "repeats"
        Reporter "reporter"
        Rtt "rtt"
        Shut "shut"
        Sign "sign"
        Silent "silent"
        Since "since"
        Source "source"
        Span "span"
        Spoke "spoke"
        Text "text"
        Took "took"
        Ttl "ttl"
        Unacknowledged "unacknowledged"
        Use "use"
        Usual "usual"
        Vantage "vantage"
        Waited "waited"
        What "what"
        Who "who"
        Window "window"
        Woken "woken"
    }
}

names! {
    /// A word or clause that the texts hold per language.
    Term {
        SlowApplication "slow_application"
        SlowApplicationOrLoss "slow_application_or_loss"
        MaybeStillTrying "maybe_still_trying"
        Unknown "unknown"
        Client "client"
        Server "server"
        Middle "middle"
        Both "both"
        CarriedByAck "carried_by_ack"
        CarriedByData "carried_by_data"
        CarriedByFin "carried_by_fin"
        PathOrQueue "path_or_queue"
        PathOrDefer "path_or_defer"
        QueueOrPath "queue_or_path"
        DataUnanswered "data_unanswered"
        ClientSilent "client_silent"
        ClientReset "client_reset"
        OnceSoFar "once_so_far"
        WithoutEcn "without_ecn"
        Signed "signed"
        Answered "answered"
        DataRejected "data_rejected"
        IcmpNetUnreachable "icmp_net_unreachable"
        IcmpHostUnreachable "icmp_host_unreachable"
        IcmpNoRoute "icmp_no_route"
        IcmpPortUnreachable "icmp_port_unreachable"
        IcmpProtocolUnreachable "icmp_protocol_unreachable"
        IcmpProhibited "icmp_prohibited"
        IcmpTimeExceeded "icmp_time_exceeded"
        IcmpParameterProblem "icmp_parameter_problem"
        IcmpTooBig "icmp_too_big"
        Traceroute "traceroute"
        TfoAsks "tfo_asks"
        TfoData "tfo_data"
        TfoCookie "tfo_cookie"
        TfoNoAnswer "tfo_no_answer"
        TfoAccepted "tfo_accepted"
        TfoIgnored "tfo_ignored"
        TfoCookieGiven "tfo_cookie_given"
        TfoRefused "tfo_refused"
        MptcpNoAnswer "mptcp_no_answer"
        MptcpGiven "mptcp_given"
        MptcpRefused "mptcp_refused"
        BeforeUnanswered "before_unanswered"
        BeforeRefused "before_refused"
        BeforeTimeWait "before_time_wait"
        BeforeClosed "before_closed"
        BeforeReset "before_reset"
        BeforeOpen "before_open"
        WrongSynAck "wrong_syn_ack"
        WrongThirdAck "wrong_third_ack"
        NoWindowScale "no_window_scale"
        NoSack "no_sack"
        NoMss "no_mss"
        NoFlags "no_flags"
        SignTtl "sign_ttl"
        SignGoesOn "sign_goes_on"
        SignGoesOnBesideIt "sign_goes_on_beside_it"
        SignNeverReached "sign_never_reached"
        MaybeUnread "maybe_unread"
        NoUnread "no_unread"
        OnPurpose "on_purpose"
        NeverEstablished "never_established"
        KilledByForged "killed_by_forged"
        KilledEarly "killed_early"
        EarlyOrNever "early_or_never"
        KilledLater "killed_later"
        BeforeCapture "before_capture"
        ClosedBefore "closed_before"
        ResetBefore "reset_before"
        AnswersLost "answers_lost"
        NoAnswers "no_answers"
        RstChallenged "rst_challenged"
        RstOutOfWindow "rst_out_of_window"
        AloneRst "alone_rst"
        AloneSynAck "alone_syn_ack"
        IntervalGo "interval_go"
        Interval30s "interval_30s"
        IntervalOther "interval_other"
        AskedByPartialAck "asked_by_partial_ack"
        AskedBySack "asked_by_sack"
        AskedByDupAcks "asked_by_dup_acks"
        ReportedByDsack "reported_by_dsack"
        EchoesFirstCopy "echoes_first_copy"
        AnswersFirstCopy "answers_first_copy"
        AckedBefore "acked_before"
        CwrNotYet "cwr_not_yet"
        CwrAnswers "cwr_answers"
        StormFin "storm_fin"
        StormRst "storm_rst"
        CopiesByTtl "copies_by_ttl"
        CopiesByNumbers "copies_by_numbers"
        CopiesByLink "copies_by_link"
        OffloadLarge "offload_large"
        OffloadChecksum "offload_checksum"
        NewlineBare "newline_bare"
        NewlineDoubled "newline_doubled"
        NoReaction "no_reaction"
        ServerAnswered "server_answered"
        Closed "closed"
        UntilItEnded "until_it_ended"
        UntilCaptureEnds "until_capture_ends"
        ReadsUnscaled "reads_unscaled"
        ReadsScaled "reads_scaled"
        ScaleLost "scale_lost"
        ScaleApplied "scale_applied"
        RstWrongAck "rst_wrong_ack"
        RstSigned "rst_signed"
        WrongRst "wrong_rst"
        FirstCopyArrived "first_copy_arrived"
        HeardAgain "heard_again"
        HeldNobodyUp "held_nobody_up"
        NotByTimer "not_by_timer"
        AnsweredAfterAll "answered_after_all"
        DeferAccept "defer_accept"
        StillWaiting "still_waiting"
        NotRepeated "not_repeated"
        AfterTheEnd "after_the_end"
        HarmlessAnswer "harmless_answer"
        HeldOnPurpose "held_on_purpose"
        ShortPause "short_pause"
        OnlyTried "only_tried"
    }
}

impl From<Vantage> for Term {
    fn from(vantage: Vantage) -> Term {
        match vantage {
            Vantage::Unknown => Term::Unknown,
            Vantage::Client => Term::Client,
            Vantage::Server => Term::Server,
            Vantage::Middle => Term::Middle,
            Vantage::Both => Term::Both,
        }
    }
}
