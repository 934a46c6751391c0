//! What an ACK makes of the sender's phase (`tcp_fastretrans_alert`): recovery begins, goes on, ends, or turns out to
//! have been needless (RFC 5681, 3.2; RFC 6582; RFC 6675; F-RTO, RFC 5682; undo by DSACK or timestamps, RFC 3522).

use super::Env;
use super::congestion::Phase;
use super::output::Nagle;
use super::rack::Rack;
use super::sack::Told;
use super::socket::Socket;
use crate::net::{Segment, Seq};

/// Duplicate ACKs that stand for a loss (`DupThresh`).
const DUPLICATES: u32 = 3;

/// What recovery remembers.
#[derive(Debug)]
pub(super) struct Recovery {
    pub(super) rack: Rack,
    /// How far out of order segments are known to arrive, in segments.
    pub(super) reordering: u32,
    pub(super) reordering_seen: bool,
    pub(super) highest_sacked: Seq,
    /// SND.UNA when the window was reduced, while that may still be undone.
    pub(super) undo: Option<Seq>,
    /// Repeats since then of which no DSACK has told; below zero before the first.
    pub(super) undo_repeats: i32,
    /// TSval of the first repeat since then.
    pub(super) first_repeat: Option<u32>,
    /// F-RTO waits for what new data brings.
    frto: bool,
    /// Segments sent again so far, and those that are known to have come twice.
    pub(super) repeats: u32,
    pub(super) duplicates: u32,
}

impl Recovery {
    /// Nothing has gone wrong yet; the first number is this.
    pub(super) fn new(first: Seq) -> Self {
        Recovery {
            rack: Rack::default(),
            reordering: DUPLICATES,
            reordering_seen: false,
            highest_sacked: first,
            undo: None,
            undo_repeats: 0,
            first_repeat: None,
            frto: false,
            repeats: 0,
            duplicates: 0,
        }
    }
}

/// What is to be sent after an ACK.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Resend {
    #[default]
    Nothing,
    /// What is lost.
    Lost,
    /// New data, to see whether a timeout was needless.
    New,
}

impl Socket {
    pub(super) fn mark_lost(&mut self, index: usize) {
        if self.send.flight.mark_lost(index) {
            self.congestion.lost += 1;
        }
    }

    /// Takes a suspicious ACK.
    pub(super) fn alert(
        &mut self,
        env: &Env<'_>,
        segment: &Segment,
        prior_una: Seq,
        duplicate: bool,
        told: &mut Told,
    ) -> Resend {
        if told.echo {
            self.congestion.prior_threshold = 0;
        }
        if self.congestion.phase == Phase::Open {
            self.recovery.first_repeat = None;
        } else if !self.send.una.before(self.congestion.high) {
            match self.congestion.phase {
                Phase::Reduced if self.send.una != self.congestion.high => {
                    self.end_reduction(env);
                    self.congestion.phase = Phase::Open;
                }
                Phase::Recovery => {
                    if !self.sack {
                        self.send.flight.sacked = 0;
                    }
                    if self.try_undo_recovery(env, segment) {
                        return Resend::Nothing;
                    }
                    self.end_reduction(env);
                }
                _ => {}
            }
        }
        let mut resend = Resend::Lost;
        match self.congestion.phase {
            Phase::Recovery => {
                if !told.advanced {
                    self.count_duplicate(duplicate);
                } else if self.try_undo_partial(env, segment, prior_una) {
                    return Resend::Nothing;
                }
                if self.try_undo_by_dsack(env) {
                    self.try_to_open(told);
                }
                self.identify_losses(env, told);
                if self.congestion.phase == Phase::Recovery {
                    return Resend::Lost;
                }
                if self.send.flight.lost() == 0 {
                    return Resend::Nothing;
                }
                self.enter_recovery(told.echo);
                return Resend::Lost;
            }
            Phase::Loss => {
                resend = self.process_loss(env, segment, duplicate, told);
                self.identify_losses(env, told);
                if self.congestion.phase != Phase::Open && !told.repeat_lost {
                    return resend;
                }
            }
            _ => {}
        }
        if !self.sack {
            if told.advanced {
                self.send.flight.sacked = 0;
            }
            self.count_duplicate(duplicate);
        }
        if self.congestion.phase <= Phase::Disorder {
            self.try_undo_by_dsack(env);
        }
        self.identify_losses(env, told);
        if self.send.flight.lost() == 0 {
            self.try_to_open(told);
            return if resend == Resend::New { resend } else { Resend::Nothing };
        }
        self.enter_recovery(told.echo);
        Resend::Lost
    }

    fn identify_losses(&mut self, env: &Env<'_>, told: &mut Told) {
        if self.send.flight.is_empty() {
            return;
        }
        if !self.sack {
            let many = self.congestion.phase < Phase::Recovery
                && self.send.flight.sacked >= self.recovery.reordering;
            // A partial ACK shows the next hole (RFC 6582, 3.2).
            let partial = self.congestion.phase == Phase::Recovery && told.advanced;
            if (many || partial) && self.send.flight.front().is_some_and(|first| !first.lost) {
                self.mark_lost(0);
            }
            return;
        }
        let resent = self.send.flight.resent();
        if self.look_for_losses(env) {
            told.restart_timer = false;
        }
        told.repeat_lost |= self.send.flight.resent() < resent;
    }

    /// Without SACK, each duplicate ACK tells that some segment has arrived (`tcp_add_reno_sack`).
    fn count_duplicate(&mut self, duplicate: bool) {
        if self.sack || !duplicate {
            return;
        }
        let flight = &mut self.send.flight;
        let most = flight.len().saturating_sub(flight.lost().max(1));
        if flight.sacked < most {
            flight.sacked += 1;
        }
        self.congestion.delivered += 1;
    }

    /// Fast recovery begins (`tcp_enter_recovery`).
    pub(super) fn enter_recovery(&mut self, echo: bool) {
        self.begin_undo();
        self.congestion.prior_threshold = 0;
        if !self.congestion.in_reduction() {
            if !echo {
                self.congestion.prior_threshold = self.congestion.current_threshold();
            }
            self.begin_reduction();
        }
        self.congestion.phase = Phase::Recovery;
    }

    pub(super) fn begin_reduction(&mut self) {
        self.congestion.begin_reduction(self.send.next);
        self.retransmit.probe = None;
        self.ecn_reduced();
    }

    pub(super) fn begin_undo(&mut self) {
        self.recovery.undo = Some(self.send.una);
        let probe = self.retransmit.probe.is_some() && self.retransmit.probe_repeats;
        let resent = (self.send.flight.resent() + u32::from(probe)) as i32;
        self.recovery.undo_repeats = if resent > 0 { resent } else { -1 };
    }

    /// A router's mark, or a loss that is repaired already (`tcp_enter_cwr`).
    pub(super) fn enter_reduced(&mut self) {
        self.congestion.prior_threshold = 0;
        if self.congestion.phase < Phase::Reduced {
            self.recovery.undo = None;
            self.begin_reduction();
            self.congestion.phase = Phase::Reduced;
        }
    }

    pub(super) fn end_reduction(&mut self, env: &Env<'_>) {
        let undone = self.recovery.undo.is_none();
        self.congestion.end_reduction(env.now, undone);
    }

    fn any_repeat_out(&self) -> bool {
        self.send.flight.resent() > 0 || self.send.flight.front().is_some_and(|first| first.repeats > 0)
    }

    fn try_to_open(&mut self, told: &Told) {
        if !self.any_repeat_out() {
            self.recovery.first_repeat = None;
        }
        if told.echo {
            self.enter_reduced();
        }
        if self.congestion.phase != Phase::Reduced {
            self.keep_open();
        }
    }

    /// Open, or not quite (`tcp_try_keep_open`).
    pub(super) fn keep_open(&mut self) {
        let disorder = self.send.flight.left() > 0 || self.any_repeat_out();
        let phase = if disorder { Phase::Disorder } else { Phase::Open };
        if self.congestion.phase != phase {
            self.congestion.phase = phase;
            self.congestion.high = self.send.next;
        }
    }

    /// Whether what was repeated had arrived already, as a DSACK for each repeat or the echoed timestamp shows.
    fn may_undo(&self, segment: &Segment) -> bool {
        self.recovery.undo.is_some()
            && (self.recovery.undo_repeats == 0 || self.is_answer_to_original(segment))
    }

    /// The echoed timestamp is older than the first repeat (RFC 3522).
    fn is_answer_to_original(&self, segment: &Segment) -> bool {
        match (self.recovery.first_repeat, segment.options.timestamps) {
            (Some(first), Some(timestamps)) if self.timestamps.on => {
                (timestamps.echo.wrapping_sub(first) as i32) < 0
            }
            _ => false,
        }
    }

    fn undo(&mut self, env: &Env<'_>, unmark: bool) {
        if unmark {
            self.send.flight.unmark_lost();
        }
        let congestion = &mut self.congestion;
        if congestion.prior_threshold > 0 {
            congestion.window = congestion.window.max(congestion.prior_window);
            congestion.threshold = congestion.threshold.max(congestion.prior_threshold);
        }
        congestion.restarted(env.now);
        self.recovery.undo = None;
        self.recovery.rack.look_again();
    }

    /// Everything sent before recovery is acknowledged. True if the phase must stay (`tcp_try_undo_recovery`).
    fn try_undo_recovery(&mut self, env: &Env<'_>, segment: &Segment) -> bool {
        if self.may_undo(segment) {
            self.undo(env, false);
        } else {
            self.recovery.rack.persist = self.recovery.rack.persist.saturating_sub(1);
        }
        if !self.sack && self.send.una == self.congestion.high {
            // Late duplicates must not look like a new loss (RFC 6582, 4).
            if !self.any_repeat_out() {
                self.recovery.first_repeat = None;
            }
            return true;
        }
        self.congestion.phase = Phase::Open;
        false
    }

    fn try_undo_by_dsack(&mut self, env: &Env<'_>) -> bool {
        let needless = self.recovery.undo.is_some() && self.recovery.undo_repeats == 0;
        if needless {
            self.recovery.rack.undone();
            self.undo(env, false);
        }
        needless
    }

    /// A hole was filled by a late original. True if nothing more is to be marked.
    fn try_undo_partial(&mut self, env: &Env<'_>, segment: &Segment, prior_una: Seq) -> bool {
        if self.recovery.undo.is_none() || !self.is_answer_to_original(segment) {
            return false;
        }
        self.saw_reordering(prior_una);
        if self.send.flight.resent() > 0 {
            return true;
        }
        if !self.any_repeat_out() {
            self.recovery.first_repeat = None;
        }
        self.undo(env, true);
        self.keep_open();
        false
    }

    fn try_undo_loss(&mut self, env: &Env<'_>, segment: &Segment, needless: bool) -> bool {
        if !needless && !self.may_undo(segment) {
            return false;
        }
        self.undo(env, true);
        self.retransmit.timeouts = 0;
        if needless || self.sack {
            self.congestion.phase = Phase::Open;
        }
        true
    }

    /// An ACK after a timeout (`tcp_process_loss`).
    fn process_loss(&mut self, env: &Env<'_>, segment: &Segment, duplicate: bool, told: &Told) -> Resend {
        let recovered = !self.send.una.before(self.congestion.high);
        if told.advanced && self.try_undo_loss(env, segment, false) {
            return Resend::Nothing;
        }
        if self.recovery.frto {
            if told.original_arrived && self.try_undo_loss(env, segment, true) {
                return Resend::Nothing;
            }
            if self.send.next.after(self.congestion.high) {
                if told.sacked || duplicate {
                    self.recovery.frto = false;
                }
            } else if told.advanced && !recovered {
                self.congestion.high = self.send.next;
                let window_end = self.send.una + self.send.window;
                if self.send.queued() > 0 && window_end.after(self.send.next) {
                    return Resend::New;
                }
                self.recovery.frto = false;
            }
        }
        if recovered {
            self.try_undo_recovery(env, segment);
            return Resend::Nothing;
        }
        if !self.sack {
            if self.send.next.after(self.congestion.high) {
                self.count_duplicate(duplicate);
            } else if told.advanced {
                self.send.flight.sacked = 0;
            }
        }
        Resend::Lost
    }

    /// A timeout: everything that was not sent just now counts as lost (`tcp_enter_loss`).
    pub(super) fn enter_loss(&mut self, env: &Env<'_>) {
        let fresh = self.congestion.phase < Phase::Recovery;
        if !self.sack {
            self.send.flight.sacked = 0;
        }
        for index in 0..self.send.flight.len() as usize {
            let Some(sent) = self.send.flight.get(index) else { break };
            let left = self.rack_time_left(env.now, sent, std::time::Duration::ZERO);
            if index == 0 || !self.sack || left.is_zero() {
                self.mark_lost(index);
            }
        }
        let first = self.congestion.phase <= Phase::Disorder
            || !self.congestion.high.after(self.send.una)
            || self.congestion.phase == Phase::Loss && self.retransmit.timeouts == 0;
        if first {
            let congestion = &mut self.congestion;
            congestion.prior_threshold = congestion.current_threshold();
            congestion.prior_window = congestion.window;
            congestion.threshold = congestion.cubic.reduced(congestion.window);
            self.begin_undo();
        }
        let in_network = self.send.flight.in_network();
        let congestion = &mut self.congestion;
        congestion.window = in_network + 1;
        congestion.credit = 0;
        congestion.restarted(env.now);
        if congestion.phase <= Phase::Disorder {
            self.recovery.reordering = self.recovery.reordering.min(DUPLICATES);
        }
        congestion.cubic.reset();
        congestion.phase = Phase::Loss;
        congestion.high = self.send.next;
        self.retransmit.probe = None;
        self.ecn_reduced();
        self.recovery.frto = fresh || self.retransmit.timeouts > 0;
    }

    /// Sends what an ACK allows besides new data (`tcp_xmit_recovery`).
    pub(super) fn resend_after_ack(&mut self, env: &mut Env<'_>, resend: Resend) {
        match resend {
            Resend::Nothing => return,
            Resend::New => {
                self.write_out(env, Nagle::Off, false);
                if self.send.next.after(self.congestion.high) {
                    return;
                }
                self.recovery.frto = false;
            }
            Resend::Lost => {}
        }
        self.resend_lost(env);
    }
}

#[cfg(test)]
mod tests;
