//! `conn_state` and `history` as Zeek defines them: a conversation for each state and each letter.
//!
//! The definitions are those of conn.log in Zeek's documentation (`base/protocols/conn/main.zeek`); each test is named
//! by the one that it holds to. Lines of a conversation are separated by `;` here.

use crate::hosts::play;
use crate::notation::Conversation;
use tcpdx_engine::{Engine, Settings};

/// `conn_state` and `history` of the first connection.
fn of(packets: &str) -> (&'static str, String) {
    let conversation = Conversation::parse(&format!("zeek: -\n{packets}"), "zeek").unwrap();
    let mut engine = Engine::new(Settings::default());
    for (n, captured) in play(&conversation).iter().enumerate() {
        if let Some(packet) = captured.packet(n as u32 + 1) {
            engine.packet(&packet);
        }
    }
    let summary = engine.summary(0).unwrap();
    (summary.conn_state, summary.history)
}

#[track_caller]
fn is(conn_state: &str, history: &str, packets: &str) {
    let lines: Vec<&str> = packets.split(';').map(str::trim).collect();
    assert_eq!(of(&lines.join("\n")), (conn_state, history.to_owned()), "{packets}");
}

const HANDSHAKE: &str = "0 C S; 0.02 S S.; 0.03 C .";

/// After the handshake.
#[track_caller]
fn then(conn_state: &str, history: &str, packets: &str) {
    is(conn_state, history, &format!("{HANDSHAKE}; {packets}"));
}

/// The same line so many times, a second apart.
fn times(n: u32, line: &str) -> String {
    vec![format!("+1 {line}"); n as usize].join("; ")
}

#[test]
fn s0_is_an_attempt_without_reply() {
    is("S0", "S", "0 C S");
    // The same number again: no letter for it.
    is("S0", "S", "0 C S; 1 C S; 3 C S");
}

#[test]
fn s1_is_established_and_not_terminated() {
    is("S1", "ShA", HANDSHAKE);
    then("S1", "ShADd", "1 C P. len=100; 1.02 S P. len=100");
    // Zeek takes a connection for established with the SYN-ACK; a plain ACK before it makes no difference.
    is("S1", "Sh", "0 C S; 0.02 S S.");
    is("S1", "SahA", "0 C S; 0.01 S . ack=0; 0.02 S S.; 0.03 C .");
    // The SYN was not captured, but the SYN-ACK and its ACK were.
    is("S1", "^hA", "0 S S.; 0.01 C .");
    // Both have sent a SYN; the SYN-ACKs have the numbers of those.
    is("S1", "Ss", "0 C S; 0.001 S S; 0.02 C S.; 0.02 S S.");
}

#[test]
fn sf_is_normal_establishment_and_termination() {
    then("SF", "ShAFaf", "1 C F.; 1.02 S .; 1.1 S F.; 1.11 C .");
    then("SF", "ShAfFa", "1 S F.; 1.01 C F.; 1.03 S .");
    // What comes after both FINs changes nothing more.
    then("SF", "ShAFfR", "1 C F.; 1.02 S F.; 1.03 C R");
    // A FIN and a RST of one side, and then the FIN of the other: that was an ordinary end, too.
    then("SF", "ShAFRf", "1 C F.; 1.01 C R.; 1.02 S F.");
}

#[test]
fn rej_is_an_attempt_that_was_rejected() {
    is("REJ", "Sr", "0 C S; 0.02 S R.");
    // Zeek says so as well when both have reset it, and nothing was exchanged.
    is("REJ", "ShRr", "0 C S; 0.02 S S.; 0.03 C R; 0.04 S R");
}

#[test]
fn s2_and_s3_are_closed_by_one_side_only() {
    then("S2", "ShAFa", "1 C F.; 1.02 S .");
    then("S3", "ShAf", "1 S F.; 1.01 C .");
}

#[test]
fn rsto_and_rstr_are_aborted_by_that_side() {
    then("RSTO", "ShADaR", "1 C P. len=100; 1.02 S .; 2 C R.");
    then("RSTR", "ShADar", "1 C P. len=100; 1.02 S .; 2 S R.");
    // A scan of an open port.
    is("RSTO", "ShR", "0 C S; 0.02 S S.; 0.03 C R");
    // A RST is no answer to a FIN as a FIN would be, and it takes back its own side's FIN.
    then("RSTR", "ShAFr", "1 C F.; 1.02 S R.");
    then("RSTO", "ShAFaR", "1 C F.; 1.02 S .; 2 C R.");
    // Zeek does not ask who sent it: a forged RST counts, and FINs after it change nothing.
    then("RSTR", "ShADraFf", "1 C P. len=100; 1.01 S R. ttl=61 forged; 1.02 S .; 2 C F.; 2.02 S F.");
}

#[test]
fn rstos0_is_a_syn_and_a_rst_of_the_originator_without_syn_ack() {
    is("RSTOS0", "SR", "0 C S; 5 C R");
    // Without the SYN it is none.
    is("OTH", "R", "0 C R");
}

#[test]
fn rstrh_is_a_syn_ack_and_a_rst_of_the_responder_without_syn() {
    is("RSTRH", "^hr", "0 S S.; 1 S R");
}

#[test]
fn sh_is_a_syn_and_a_fin_of_the_originator_without_syn_ack() {
    is("SH", "SF", "0 C S; 5 C F.");
}

#[test]
fn shr_is_a_syn_ack_and_a_fin_of_the_responder_without_syn() {
    is("SHR", "^hf", "0 S S.; 1 S F.");
}

#[test]
fn oth_is_no_syn_and_traffic_in_midstream() {
    is("OTH", "Dad", "begins: open; 0 C P. len=100; 0.02 S .; 0.03 S P. len=100");
    is("OTH", "^dA", "begins: open; 0 S P. len=100; 0.01 C .");
    // Closed by both it is told like any other.
    is("SF", "DFf", "begins: open; 0 C P. len=100; 1 C F.; 1.02 S F.");
}

#[test]
fn a_d_i_and_q_stand_once_for_each_side() {
    let talk =
        "1 C P. len=9; 1.1 S .; 1.2 S P. len=9; 1.3 C .; 2 C P. len=9; 2.1 S .; 2.2 S P. len=9; 2.3 C .";
    then("S1", "ShADad", talk);
    // Payload on a segment with SYN or FIN is not "d", its ACK not "a".
    then("S2", "ShAFa", "1 C FP. len=100; 1.02 S .");
    // FIN with RST is inconsistent, SYN with either has several flags.
    then("RSTO", "ShAI", "1 C FR.; 2 C FR.");
    is("SH", "Q", "0 C SF; 1 C SF");
}

#[test]
fn s_h_f_and_r_come_again_with_another_number() {
    is("S1", "Shh", "0 C S; 0.02 S S.; 0.03 S S. seq=7; 0.04 S S. seq=7");
    then("S2", "ShAFF", "1 C F.; 2 C F. seq=1; 3 C F. seq=9; 4 C F. seq=9");
    then("RSTR", "ShArr", "1 S R. seq=1; 2 S R. seq=1; 3 S R. seq=8; 4 S R. seq=8");
}

#[test]
fn c_g_t_and_w_come_at_powers_of_ten() {
    let resent = "1 C P. len=100";
    then("S1", "ShAD", resent);
    then("S1", "ShADT", &format!("{resent}; {}", times(9, "C P. len=100 seq=1")));
    then("S1", "ShADTT", &format!("{resent}; {}", times(99, "C P. len=100 seq=1")));
    then("S1", "ShADTTT", &format!("{resent}; {}", times(100, "C P. len=100 seq=1")));

    then("S1", "ShADaw", &format!("1 C P. len=100; 1.02 S .; {}", times(9, "S . win=0")));
    then("S1", "ShADaww", &format!("1 C P. len=100; 1.02 S .; {}", times(10, "S . win=0")));

    let right = "1 S P. len=100";
    then("S1", "ShAdc", &format!("{right}; {}", times(9, "S P. len=100 bad-checksum seq=101")));
    then("S1", "ShAdcc", &format!("{right}; {}", times(10, "S P. len=100 bad-checksum seq=101")));

    let gap = |n| vec!["+1 C P. len=100 missed; +0.1 S ."; n].join("; ");
    then("S1", "ShAaG", &gap(9));
    then("S1", "ShAaGG", &gap(10));
}

#[test]
fn a_gap_is_what_is_acknowledged_and_was_never_seen() {
    // Between two segments, and at the end.
    let hole = "1 C P. len=100; 1.1 C P. len=100 missed; 1.2 C P. len=100";
    then("S1", "ShAD", hole);
    then("S1", "ShADaG", &format!("{hole}; 1.3 S ."));
    // One that is filled before it is acknowledged is none: to Zeek the late segment was sent again.
    then("S1", "ShADTa", &format!("{hole}; 1.25 C P. len=100 seq=101; 1.3 S ."));
    // Nor is one in a connection of which the opening is not known.
    is("OTH", "Da", "begins: open; 0 C P. len=100; 0.1 C P. len=100 missed; 0.2 S .");
}

#[test]
fn zero_windows_count_where_they_matter() {
    // Not in a RST, and not once the other side has sent its FIN.
    then("RSTR", "ShAr", "1 S R. win=0");
    then("S2", "ShAFa", "1 C F.; 1.02 S . win=0");
    // One's own FIN does not keep one from reading.
    then("S3", "ShAfaw", "1 S F.; 1.1 S . win=0");
}

/// A storm must not exhaust memory.
#[test]
fn so_many_letters_are_kept() {
    let storm: Vec<String> = (0..300).map(|n| format!("+1 C R. seq={}", 1 + 7 * n)).collect();
    let (conn_state, history) = of(&format!("{}\n{}", HANDSHAKE.replace("; ", "\n"), storm.join("\n")));
    assert_eq!(conn_state, "RSTO");
    assert_eq!(history, format!("ShA{}", "R".repeat(61)));
}
