//! The packets that are read are those which Wireshark hands to its TCP dissector, however IP carries them.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod common;

use common::build::*;
use common::holds::*;
use common::{assert_same, corpus, files_below, record, tshark};
use pcap_file::Endianness;

#[test]
fn extension_headers() {
    let over_ip6 = |next: u8, payload: &[u8]| whole(ETHERNET, ethernet(IPV6, &ipv6(next, payload)));
    let option = |next: u8, payload: &[u8]| [&[next, 0, 1, 4, 0, 0, 0, 0][..], payload].concat();
    let authentication = [&[TCP, 4, 0, 0][..], &[0; 20], &segment(100)].concat();
    let atomic = [&[TCP, 0, 0, 0, 0, 0, 0, 9][..], &segment(100)].concat();

    holds_one_segment("hop-by-hop", over_ip6(0, &option(TCP, &segment(100))));
    holds_one_segment("three", over_ip6(0, &option(60, &option(60, &option(TCP, &segment(100))))));
    holds_one_segment("routing", over_ip6(43, &[&[TCP, 0, 253, 0, 0, 0, 0, 0][..], &segment(100)].concat()));
    holds_one_segment("authentication", over_ip6(51, &authentication));
    holds_one_segment("authentication-v4", whole(101, ipv4(51, &authentication)));
    holds_one_segment("atomic-fragment", over_ip6(44, &atomic));
}

#[test]
fn lengths_left_to_the_network_card() {
    holds_one_segment("offloaded", whole(ETHERNET, ethernet(IPV4, &offloaded())));

    let big = segment(70_000);
    let mut jumbo = ipv6(0, &[&[TCP, 0, 0xc2, 4][..], &(big.len() as u32 + 8).to_be_bytes(), &big].concat());
    jumbo[4..6].fill(0);
    let seen = both("jumbo", &pcapng(&[whole(101, jumbo)], Endianness::Little));
    assert_eq!(seen[0].wire_len, Some(70_020));

    let mut no_length = tcp6();
    no_length[4..6].fill(0);
    both("v6-no-length", &pcapng(&[whole(101, no_length)], Endianness::Little));
}

#[test]
fn a_length_beyond_the_frame_is_cut_to_it() {
    let too_long = ipv4_with(TCP, &segment(100), |header| header.total_len += 500);
    holds_one_segment("too-long", whole(ETHERNET, ethernet(IPV4, &too_long)));
}

#[test]
fn frames_cut_by_the_snap_length_keep_their_length() {
    let frame = ethernet(0x8100, &vlan(7, IPV4, &tcp4()));
    for captured in [58, 60, 100, 157] {
        holds_one_segment("cut", cut(ETHERNET, &frame, captured));
    }
    let frame = ethernet(IPV6, &tcp6());
    holds_one_segment("cut-v6", cut(ETHERNET, &frame, 80));
}

#[test]
fn fragments_count_once_when_they_are_complete() {
    let segment = segment(100);
    let raw = |bytes: Vec<u8>| whole(101, bytes);
    let pieces = [
        raw(ipv4_fragment(&segment[48..96], 48, true)),
        raw(ipv4_fragment(&segment[..48], 0, true)),
        raw(ipv4_fragment(&segment[96..], 96, false)),
    ];
    let v6 = |range: std::ops::Range<usize>, more: u16| {
        let place = (range.start as u16 | more).to_be_bytes();
        let header = [&[TCP, 0][..], &place, &[0, 0, 0, 77]].concat();
        raw(ipv6(44, &[&header, &segment[range]].concat()))
    };
    let six = [v6(0..48, 1), v6(48..96, 1), v6(96..120, 0)];
    let all: Vec<Made> =
        pieces.iter().zip(&six).flat_map(|(four, six)| [four.clone(), six.clone()]).collect();
    let seen = both("fragments", &pcapng(&all, Endianness::Little));
    let found: Vec<_> = seen.iter().map(|seen| (seen.frame, seen.wire_len)).collect();
    assert_eq!(found, [(5, Some(120)), (6, Some(120))]);

    // In any order, with one twice; then one that never gets whole.
    both(
        "backwards",
        &pcapng(&[&pieces[2], &pieces[1], &pieces[1], &pieces[0]].map(Made::clone), Endianness::Little),
    );
    let cut_first = cut(101, &ipv4_fragment(&segment[..48], 0, true), 50);
    both("cut", &pcapng(&[cut_first, pieces[0].clone(), pieces[2].clone()], Endianness::Little));
}

#[test]
fn what_icmp_quotes_is_no_packet_of_its_own() {
    let icmp = [&[3, 1, 0, 0, 0, 0, 0, 0][..], &tcp4()[..28]].concat();
    let icmp6 = [&[1, 0, 0, 0, 0, 0, 0, 0][..], &tcp6()].concat();
    let frames = [whole(101, ipv4(1, &icmp)), whole(101, ipv6(58, &icmp6)), whole(101, tcp4())];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("icmp.pcapng");
    std::fs::write(&path, pcapng(&frames, Endianness::Little)).unwrap();
    let (seen, _) = record(&path);
    assert_eq!(seen.tcp.iter().map(|seen| seen.frame).collect::<Vec<_>>(), [3]);
    assert_eq!(seen.icmp.len(), 2);
    assert_eq!((seen.icmp[0].0, seen.icmp[0].3, &seen.icmp[0].4), (1, false, &icmp));
    assert_eq!((seen.icmp[1].0, seen.icmp[1].3, &seen.icmp[1].4), (2, true, &icmp6));
}

#[test]
fn links_differ_by_interface_and_outer_vlan() {
    let tagged = |outer: u16, inner: u16| {
        whole(ETHERNET, ethernet(0x88a8, &vlan(outer, 0x8100, &vlan(inner, IPV4, &tcp4()))))
    };
    let frames = [
        whole(ETHERNET, ethernet(IPV4, &tcp4())),
        tagged(7, 8),
        tagged(9, 8),
        tagged(7, 8),
        whole(101, tcp4()),
    ];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("links.pcapng");
    std::fs::write(&path, pcapng(&frames, Endianness::Little)).unwrap();
    let (seen, _) = record(&path);
    let [plain, seven, nine, seven_again, raw] = seen.links[..] else { panic!("five packets") };
    assert_eq!((plain, seven), (0, seven_again));
    assert!(seven != nine && raw != plain && raw != seven && raw != nine);
}

#[test]
fn the_vlan_that_erspan_tells_counts_unless_one_is_outside() {
    let mirrored = |vlan: u16| {
        let header =
            [&[0x10, 0, 0x88, 0xbe, 0, 0, 0, 1][..], &(0x1000 | vlan).to_be_bytes(), &[0, 1, 0, 0, 0, 3]];
        ipv4(47, &[&header.concat()[..], &ethernet(IPV4, &tcp4())].concat())
    };
    let frames = [
        whole(ETHERNET, ethernet(IPV4, &mirrored(5))),
        whole(ETHERNET, ethernet(0x8100, &vlan(5, IPV4, &tcp4()))),
        whole(ETHERNET, ethernet(0x8100, &vlan(7, IPV4, &mirrored(5)))),
        // A tag for its priority names no VLAN.
        whole(ETHERNET, ethernet(0x8100, &vlan(0, 0x8100, &vlan(5, IPV4, &tcp4())))),
    ];
    let links = found_by_both("links", &pcapng(&frames, Endianness::Little)).links;
    assert_eq!(links, [5, 5, 7, 5]);
}

#[test]
fn captures_of_the_field_give_what_tshark_sees() {
    let captures: Vec<_> = files_below(&corpus(""))
        .into_iter()
        .filter(|path| path.extension().is_some_and(|e| e == "pcap" || e == "pcapng"))
        .collect();
    assert!(!captures.is_empty());
    for path in captures {
        let (ours, _) = record(&path);
        assert_same(&ours.tcp, &tshark(&path), &path.display().to_string());
    }
}
