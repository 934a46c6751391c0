//! A host's settings: what differs from one system to another.

use std::time::Duration;

use crate::net::OptionOrder;
use crate::scenario::file::{self, System};

/// The receive buffer that Linux starts with (`tcp_rmem[1]`).
const RECEIVE_BUFFER: u32 = 131_072;
/// TIME-WAIT, and the longest stay of an orphan in FIN-WAIT-2 as the small form (`TCP_TIMEWAIT_LEN`).
pub(super) const TIME_WAIT: Duration = Duration::from_secs(60);
/// A SYN's or SYN-ACK's first timeout (`TCP_TIMEOUT_INIT`; RFC 6298, 2.1).
pub(super) const SYN_TIMEOUT: Duration = Duration::from_secs(1);
/// `TCP_RTO_MAX`.
pub(super) const RTO_MAX: Duration = Duration::from_secs(120);

/// How a host numbers its IP packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IpIds {
    /// Each socket counts its own, from a number of its own: Linux, and Windows near enough.
    PerSocket,
    /// Always 0, which is right as nothing may be fragmented (RFC 6864): macOS.
    Zero,
}

/// Keep-alive where an application turns it on and says no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KeepAliveDefaults {
    pub(super) idle: Duration,
    pub(super) interval: Duration,
    pub(super) count: u32,
    /// A probe carries one octet.
    pub(super) octet: bool,
}

/// The numbers of a host's TCP, as its system has them where a scenario does not say otherwise.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) ttl: u8,
    pub(super) ip_ids: IpIds,
    pub(super) option_order: OptionOrder,
    /// The MSS that it announces: what fits in an Ethernet frame.
    pub(super) mss: u16,
    /// The window of a SYN; Linux computes it.
    syn_window: Option<u32>,
    /// What is offered once the connection is open, where that is more than the SYN could say.
    pub(super) open_window: Option<u32>,
    pub(super) syn_retries: u32,
    /// So many repeats of the SYN come every second before the time between them doubles.
    pub(super) syn_linear_timeouts: u32,
    /// A SYN that was answered with RST is sent again so often, half a second later.
    pub(super) refused_retries: u32,
    pub(super) synack_retries: u32,
    pub(super) abort_on_overflow: bool,
    pub(super) syncookies: bool,
    pub(super) max_syn_backlog: u32,
    pub(super) timestamps: bool,
    pub(super) sack: bool,
    pub(super) window_scaling: bool,
    /// The scale that it announces.
    pub(super) window_scale: u8,
    /// The receive buffer (`sk_rcvbuf`), whether the application has chosen it (`SO_RCVBUF`), and how large it may
    /// become by itself.
    pub(super) receive_buffer: u32,
    pub(super) receive_buffer_fixed: bool,
    pub(super) receive_buffer_max: u32,
    /// `tcp_retries2`: timeouts until a connection is given up.
    pub(super) retries: u32,
    /// `tcp_orphan_retries`: the same once the application has closed it.
    pub(super) orphan_retries: u32,
    /// `TCP_NODELAY`: small segments do not wait.
    pub(super) nodelay: bool,
    /// `TCP_QUICKACK`: ACKs go at once in the beginning.
    pub(super) quickack: bool,
    pub(super) slow_start_after_idle: bool,
    /// ECN is asked for, and accepted.
    pub(super) ecn_asks: bool,
    pub(super) ecn_accepts: bool,
    /// `tcp_mtu_probing`
    pub(super) mtu_probing: bool,
    /// How long an orphan waits for the peer's FIN.
    pub(super) fin_timeout: Duration,
    /// A port in TIME-WAIT may be used again after a second.
    pub(super) tw_reuse: bool,
    /// A RST does not end TIME-WAIT (RFC 1337).
    pub(super) rfc1337: bool,
    pub(super) fast_open_client: bool,
    pub(super) fast_open_server: bool,
    pub(super) keepalive: KeepAliveDefaults,
}

impl Settings {
    /// The settings of a host on a link with an MTU of 1500 whose IP header has that many bytes.
    pub(crate) fn new(host: &file::Host, ip_header: u16) -> Self {
        let mut settings = Settings::linux(host, 1500 - ip_header - 20);
        match host.system {
            System::Linux => {}
            System::LinuxOld => settings.syn_linear_timeouts = 0,
            System::Windows => settings.become_windows(),
            System::Macos => settings.become_macos(),
        }
        settings.set(&host.sysctl);
        settings
    }

    fn linux(host: &file::Host, mss: u16) -> Self {
        let rmem_max = host.sysctl.tcp_rmem_max.unwrap_or(6_291_456).max(RECEIVE_BUFFER);
        // The kernel doubles what the application asks for, to have room for its own records.
        let fixed = host.receive_buffer.map(|size| size.saturating_mul(2).max(2304));
        let space = fixed.map_or(rmem_max, |size| size / 2);
        let ecn = host.sysctl.tcp_ecn.unwrap_or(2);
        Settings {
            ttl: 64,
            ip_ids: IpIds::PerSocket,
            option_order: OptionOrder::Linux,
            mss,
            syn_window: None,
            open_window: None,
            syn_retries: 6,
            syn_linear_timeouts: 4,
            refused_retries: 0,
            synack_retries: 5,
            abort_on_overflow: false,
            syncookies: true,
            max_syn_backlog: 1024,
            timestamps: true,
            sack: true,
            window_scaling: true,
            window_scale: space.ilog2().saturating_sub(15).min(14) as u8,
            receive_buffer: fixed.unwrap_or(RECEIVE_BUFFER),
            receive_buffer_fixed: fixed.is_some(),
            receive_buffer_max: rmem_max,
            retries: 15,
            orphan_retries: 8,
            nodelay: host.nodelay,
            quickack: host.quickack.unwrap_or(true),
            slow_start_after_idle: host.sysctl.tcp_slow_start_after_idle.unwrap_or(true),
            ecn_asks: ecn == 1,
            ecn_accepts: ecn != 0,
            mtu_probing: host.sysctl.tcp_mtu_probing.unwrap_or(0) > 0,
            fin_timeout: TIME_WAIT,
            tw_reuse: false,
            rfc1337: false,
            fast_open_client: true,
            fast_open_server: false,
            keepalive: KeepAliveDefaults {
                idle: Duration::from_secs(7200),
                interval: Duration::from_secs(75),
                count: 9,
                octet: false,
            },
        }
    }

    /// The same on a path with that MTU.
    pub(super) fn with_mtu(&self, mtu: u16, v6: bool) -> Self {
        let headers = if v6 { 60 } else { 40 };
        Settings { mss: self.mss.min(mtu.saturating_sub(headers)), ..self.clone() }
    }

    /// Windows 10: no timestamps, a scale of 8, a refused SYN is tried again.
    fn become_windows(&mut self) {
        self.ttl = 128;
        self.option_order = OptionOrder::Windows;
        self.timestamps = false;
        self.window_scale = 8;
        self.syn_window = Some(64_240);
        self.open_window = Some(262_656);
        self.syn_linear_timeouts = 0;
        self.syn_retries = 4;
        self.refused_retries = 2;
        self.retries = 5;
        self.keepalive.interval = Duration::from_secs(1);
        self.keepalive.count = 10;
        self.keepalive.octet = true;
    }

    /// macOS: a scale of 6, IP identification 0, its own option order.
    fn become_macos(&mut self) {
        self.option_order = OptionOrder::Macos;
        self.ip_ids = IpIds::Zero;
        self.window_scale = 6;
        self.syn_window = Some(65_535);
        self.open_window = Some(131_712);
        self.keepalive.count = 8;
    }

    /// What the scenario says itself.
    fn set(&mut self, sysctl: &file::Sysctl) {
        fn put<T: Copy>(place: &mut T, value: Option<T>) {
            *place = value.unwrap_or(*place);
        }
        let seconds = |value: Option<u32>| value.map(|s| Duration::from_secs(s.into()));
        put(&mut self.ttl, sysctl.ip_default_ttl);
        put(&mut self.syn_retries, sysctl.tcp_syn_retries);
        put(&mut self.syn_linear_timeouts, sysctl.tcp_syn_linear_timeouts);
        put(&mut self.synack_retries, sysctl.tcp_synack_retries);
        put(&mut self.abort_on_overflow, sysctl.tcp_abort_on_overflow);
        put(&mut self.syncookies, sysctl.tcp_syncookies);
        put(&mut self.max_syn_backlog, sysctl.tcp_max_syn_backlog);
        put(&mut self.timestamps, sysctl.tcp_timestamps);
        put(&mut self.sack, sysctl.tcp_sack);
        put(&mut self.window_scaling, sysctl.tcp_window_scaling);
        put(&mut self.retries, sysctl.tcp_retries2);
        put(&mut self.orphan_retries, sysctl.tcp_orphan_retries);
        put(&mut self.fin_timeout, seconds(sysctl.tcp_fin_timeout));
        put(&mut self.tw_reuse, sysctl.tcp_tw_reuse);
        put(&mut self.rfc1337, sysctl.tcp_rfc1337);
        put(&mut self.fast_open_client, sysctl.tcp_fastopen.map(|bits| bits & 1 != 0));
        put(&mut self.fast_open_server, sysctl.tcp_fastopen.map(|bits| bits & 2 != 0));
        put(&mut self.keepalive.idle, seconds(sysctl.tcp_keepalive_time));
        put(&mut self.keepalive.interval, seconds(sysctl.tcp_keepalive_intvl));
        put(&mut self.keepalive.count, sysctl.tcp_keepalive_probes);
    }

    /// The window of a SYN or SYN-ACK: on Linux as many whole segments as half the buffer holds
    /// (`tcp_select_initial_window`).
    pub(super) fn first_window(&self, timestamps: bool) -> u32 {
        let segment = u32::from(self.mss) - if timestamps { 12 } else { 0 };
        let space = self.receive_buffer / 2;
        self.syn_window.unwrap_or(if space > segment { space / segment * segment } else { space })
    }
}
