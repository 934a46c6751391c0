//! A host's settings: what differs from one system to another.

use std::time::Duration;

use crate::scenario::file::Host;

/// The receive buffer that Linux starts with (`tcp_rmem[1]`).
const RECEIVE_BUFFER: u32 = 131_072;
/// TIME-WAIT, and the longest stay of an orphan in FIN-WAIT-2 (`TCP_TIMEWAIT_LEN`, `tcp_fin_timeout`).
pub(super) const TIME_WAIT: Duration = Duration::from_secs(60);
/// A SYN's or SYN-ACK's first timeout (`TCP_TIMEOUT_INIT`; RFC 6298, 2.1).
pub(super) const SYN_TIMEOUT: Duration = Duration::from_secs(1);
/// `TCP_RTO_MAX`.
pub(super) const RTO_MAX: Duration = Duration::from_secs(120);

/// The numbers of a host's TCP, as Linux 6.18 has them where a scenario does not say otherwise.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) ttl: u8,
    /// The MSS that it announces: what fits in an Ethernet frame.
    pub(super) mss: u16,
    pub(super) syn_retries: u32,
    /// So many repeats of the SYN come every second before the time between them doubles.
    pub(super) syn_linear_timeouts: u32,
    pub(super) synack_retries: u32,
    pub(super) abort_on_overflow: bool,
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
    /// `TCP_NODELAY`: small segments do not wait.
    pub(super) nodelay: bool,
    /// ECN is asked for, and accepted.
    pub(super) ecn_asks: bool,
    pub(super) ecn_accepts: bool,
    /// `tcp_mtu_probing`
    pub(super) mtu_probing: bool,
}

impl Settings {
    /// The settings of a host on a link with an MTU of 1500 whose IP header has that many bytes.
    pub(crate) fn new(host: &Host, ip_header: u16) -> Self {
        let sysctl = &host.sysctl;
        let rmem_max = sysctl.tcp_rmem_max.unwrap_or(6_291_456).max(RECEIVE_BUFFER);
        // The kernel doubles what the application asks for, to have room for its own records.
        let fixed = host.receive_buffer.map(|size| size.saturating_mul(2).max(2304));
        let space = fixed.map_or(rmem_max, |size| size / 2);
        let ecn = sysctl.tcp_ecn.unwrap_or(2);
        Settings {
            ttl: sysctl.ip_default_ttl.unwrap_or(64),
            mss: 1500 - ip_header - 20,
            syn_retries: sysctl.tcp_syn_retries.unwrap_or(6),
            syn_linear_timeouts: sysctl.tcp_syn_linear_timeouts.unwrap_or(4),
            synack_retries: sysctl.tcp_synack_retries.unwrap_or(5),
            abort_on_overflow: sysctl.tcp_abort_on_overflow.unwrap_or(false),
            timestamps: sysctl.tcp_timestamps.unwrap_or(true),
            sack: sysctl.tcp_sack.unwrap_or(true),
            window_scaling: sysctl.tcp_window_scaling.unwrap_or(true),
            window_scale: space.ilog2().saturating_sub(15).min(14) as u8,
            receive_buffer: fixed.unwrap_or(RECEIVE_BUFFER),
            receive_buffer_fixed: fixed.is_some(),
            receive_buffer_max: rmem_max,
            retries: sysctl.tcp_retries2.unwrap_or(15),
            nodelay: host.nodelay,
            ecn_asks: ecn == 1,
            ecn_accepts: ecn != 0,
            mtu_probing: sysctl.tcp_mtu_probing.unwrap_or(0) > 0,
        }
    }

    /// The same on a path with that MTU.
    pub(super) fn with_mtu(&self, mtu: u16, v6: bool) -> Self {
        let headers = if v6 { 60 } else { 40 };
        Settings { mss: self.mss.min(mtu.saturating_sub(headers)), ..self.clone() }
    }

    /// The first window: as many whole segments as half the buffer holds (`tcp_select_initial_window`).
    pub(super) fn initial_window(&self, segment: u16) -> u32 {
        let (space, segment) = (self.receive_buffer / 2, u32::from(segment));
        if space > segment { space / segment * segment } else { space }
    }
}
