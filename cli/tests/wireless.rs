//! Of 802.11, those packets are read which Wireshark hands to its TCP dissector.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod common;

use common::build::*;
use common::holds::*;
use common::{assert_same, record, tshark};
use pcap_file::Endianness;

#[test]
fn wireless_networks() {
    let data = |control: [u8; 2], rest: &[u8], payload: &[u8]| {
        whole(105, [&wlan(control, 0)[..], rest, payload].concat())
    };
    for direction in 0..3 {
        holds_one_segment("data", data([0x08, direction], &[], &snap()));
        holds_one_segment("quality", data([0x88, direction], &[0, 0], &snap()));
    }
    holds_one_segment("four-addresses", data([0x08, 3], &[8; 6], &snap()));
    holds_one_segment("four-addresses-quality", data([0x88, 3], &[8, 8, 8, 8, 8, 8, 0, 0], &snap()));
    holds_one_segment("control-field", data([0x88, 0x81], &[0, 0, 1, 2, 3, 4], &snap()));
    holds_one_segment("mesh", data([0x88, 3], &[8, 8, 8, 8, 8, 8, 0, 1, 0, 31, 1, 0, 0, 0], &snap()));
    holds_one_segment(
        "ethernet-inside",
        data([0x08, 1], &[], &[&[6; 6][..], &[4; 6], &[8, 0], &tcp4()].concat()),
    );
    holds_one_segment("two-bytes-more", data([0x08, 1], &[], &[&[0, 0][..], &snap()].concat()));
    holds_one_segment("sequence-again", data([0x08, 1], &[], &[&[0, 0x10][..], &snap()].concat()));
    holds_one_segment("ether-type", data([0x08, 1], &[], &[&[8, 0][..], &tcp4()].concat()));
    holds_one_segment("old-llc", data([0x08, 1], &[], &[&[6, 6, 3][..], &tcp4()].concat()));

    holds_nothing("null", data([0x48, 1], &[], &snap()));
    holds_nothing("protected", data([0x08, 0x41], &[1, 2, 3, 0x20, 0, 0, 0, 0], &snap()));
    holds_nothing("beacon", data([0x80, 0], &[], &[0; 40]));
    holds_nothing("fragment", whole(105, [&wlan([0x08, 5], 0)[..], &snap()[..48]].concat()));
}

#[test]
fn headers_of_wireless_captures() {
    let frame = [&wlan([0x88, 1], 0)[..], &[0, 0], &snap()].concat();
    let offloaded_frame = [&wlan([0x08, 1], 0)[..], &snap()[..8], &offloaded(), &[0xfc; 4]].concat();
    let padded = [&wlan([0x88, 1], 0)[..], &[0, 0, 0, 0], &snap()].concat();
    let raw = |link_type: u32, header: &[u8], frame: &[u8]| whole(link_type, [header, frame].concat());

    holds_one_segment("radiotap", raw(127, &[0, 0, 8, 0, 0, 0, 0, 0], &frame));
    holds_one_segment("radiotap-fcs", raw(127, &[0, 0, 9, 0, 2, 0, 0, 0, 0x10], &offloaded_frame));
    holds_one_segment("radiotap-padded", raw(127, &[0, 0, 9, 0, 2, 0, 0, 0, 0x20], &padded));
    let words = [3, 0, 0, 0xa0, 0, 0, 0, 0x20, 0, 0, 0, 0];
    let with_time = [&[0, 0, 25, 0][..], &words, &[7; 8], &[0x10]].concat();
    holds_one_segment("radiotap-words", raw(127, &with_time, &offloaded_frame));

    let mut prism = vec![0; 144];
    prism[..8].copy_from_slice(&[0x44, 0, 0, 0, 144, 0, 0, 0]);
    holds_one_segment("prism", raw(119, &prism, &frame));
    prism[..8].copy_from_slice(&[0, 0, 0, 0x41, 0, 0, 0, 144]);
    holds_one_segment("prism-swapped", raw(119, &prism, &frame));
    holds_one_segment("prism-without", raw(119, &[], &frame));
    let avs = [&[0x80, 0x21, 0x10, 1, 0, 0, 0, 64][..], &[0; 56]].concat();
    holds_one_segment("avs", raw(163, &avs, &frame));
    holds_one_segment("avs-as-prism", raw(119, &avs, &frame));

    let fields = |flags: u8| [&[2, 0, 20, 0][..], &[0; 8], &[flags, 0], &[0; 10]].concat();
    let ppi = |link_type: u8, fields: &[u8]| {
        [&[0, 0, 8 + fields.len() as u8, 0, link_type, 0, 0, 0][..], fields].concat()
    };
    holds_one_segment("ppi", raw(192, &ppi(105, &[]), &frame));
    holds_one_segment("ppi-fields", raw(192, &ppi(105, &fields(0)), &frame));
    holds_one_segment("ppi-fcs", raw(192, &ppi(105, &fields(1)), &offloaded_frame));
    holds_one_segment("ppi-ethernet", raw(192, &ppi(1, &[]), &ethernet(IPV4, &tcp4())));
}

#[test]
fn an_aggregate_of_802_11_holds_several_segments() {
    let part = |payload: usize| {
        let llc = [&[0xaa, 0xaa, 3, 0, 0, 0, 8, 0][..], &ipv4(TCP, &segment(payload))].concat();
        [&[2; 12][..], &(llc.len() as u16).to_be_bytes(), &llc].concat()
    };
    let padded = |mut bytes: Vec<u8>| {
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    };
    let parts = [padded(part(1)), padded(part(2000)), part(3)].concat();
    let frame = whole(105, [&wlan([0x88, 1], 0)[..], &[0x80, 0], &parts].concat());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("aggregate.pcapng");
    std::fs::write(&path, pcapng(&[frame], Endianness::Little)).unwrap();
    let (ours, _) = record(&path);
    assert_eq!(ours.tcp.iter().map(|seen| seen.wire_len).collect::<Vec<_>>(), [21, 2020, 23].map(Some));
    assert_eq!(ours.layers, [0, 1, 2]);
    // Of several in a frame, tshark's row shows the last.
    assert_same(&ours.tcp[2..], &tshark(&path), "aggregate");
}
