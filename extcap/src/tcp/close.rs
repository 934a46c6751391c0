//! Ending a connection in order (RFC 9293, 3.6 and 3.10.4; `tcp_close`, `tcp_fin`).

use std::time::Duration;

use super::socket::{Failure, Socket, State};
use super::time_wait::TimeWait;
use super::{Env, settings};
use crate::net::{Flags, Kind, Reason};

impl Socket {
    /// The application closes: `close()`, or the end of its process.
    pub(crate) fn close(&mut self, env: &mut Env<'_>) {
        self.orphan = true;
        self.keepalive = None;
        if self.receive.unread_len > 0 && self.state != State::Closed {
            // RFC 2525, 2.17: the peer must learn that data was thrown away.
            self.abort_as(env, Kind::AbortUnread);
            return;
        }
        match self.state {
            State::SynSent => self.end(None),
            State::FinWait2 => self.wait_for_fin(env),
            _ => self.send_fin(env),
        }
    }

    /// The application ends its sending: `shutdown(SHUT_WR)`.
    pub(crate) fn shutdown(&mut self, env: &mut Env<'_>) {
        self.send_fin(env);
    }

    /// The application aborts.
    pub(crate) fn abort(&mut self, env: &mut Env<'_>) {
        self.orphan = true;
        self.abort_as(env, Kind::Abort);
    }

    /// The listener goes away before the application has accepted the connection.
    pub(super) fn drop_unaccepted(&mut self, env: &mut Env<'_>) {
        self.orphan = true;
        self.abort_as(env, Kind::ListenerGone);
    }

    /// A reset from a living socket carries what every segment carries (`tcp_send_active_reset`).
    pub(super) fn abort_as(&mut self, env: &mut Env<'_>, reason: impl Into<Reason>) {
        let wanted = matches!(
            self.state,
            State::SynReceived | State::Established | State::CloseWait | State::FinWait1 | State::FinWait2
        );
        if wanted {
            self.send_bare(env, Flags::RST, reason);
        }
        self.end(None);
    }

    fn send_fin(&mut self, env: &mut Env<'_>) {
        self.state = match self.state {
            State::Established | State::SynReceived => State::FinWait1,
            State::CloseWait => State::LastAck,
            _ => return,
        };
        self.send.fin_wanted = true;
        self.push(env);
    }

    /// Whether the FIN has left.
    pub(super) fn own_fin_sent(&self) -> bool {
        let closing = matches!(
            self.state,
            State::FinWait1 | State::FinWait2 | State::Closing | State::LastAck | State::TimeWait
        );
        closing && !self.send.fin_wanted
    }

    /// After an ACK: whether it was the one of the own FIN. `with_fin`: the peer's FIN is in the same segment.
    pub(super) fn own_fin_acknowledged(&mut self, env: &mut Env<'_>, with_fin: bool) {
        if !self.own_fin_sent() || self.send.una != self.send.next {
            return;
        }
        match self.state {
            State::FinWait1 => {
                self.state = State::FinWait2;
                if self.orphan && !with_fin {
                    self.wait_for_fin(env);
                }
            }
            State::Closing => self.remain(env, State::TimeWait),
            State::LastAck => self.end(None),
            _ => {}
        }
    }

    /// The peer's FIN, with everything before it.
    pub(super) fn peer_closed(&mut self, env: &mut Env<'_>) {
        self.receive.next += 1;
        self.receive.closed = true;
        match self.state {
            State::Established => {
                self.state = State::CloseWait;
                self.ack_fin_later(env.now);
            }
            State::FinWait1 => {
                self.state = State::Closing;
                self.send_ack(env, false);
            }
            State::FinWait2 => {
                self.send_ack(env, false);
                self.remain(env, State::TimeWait);
            }
            _ => {}
        }
    }

    /// Orphaned in FIN-WAIT-2: the peer's FIN is waited for, but not for ever (`tcp_fin_time`).
    fn wait_for_fin(&mut self, env: &mut Env<'_>) {
        let patience = self.settings.fin_timeout.max(self.rto() * 7 / 2);
        self.remain_for(env, State::FinWait2, patience);
    }

    /// The socket gives way to what only answers late segments.
    fn remain(&mut self, env: &mut Env<'_>, state: State) {
        self.remain_for(env, state, settings::TIME_WAIT);
    }

    fn remain_for(&mut self, env: &mut Env<'_>, state: State, time: Duration) {
        let deadline = self.clock.expiry(env.now, time);
        self.remains = Some(TimeWait::new(self, state, deadline));
        let failure: Option<Failure> = self.failure;
        self.end(failure);
    }
}
