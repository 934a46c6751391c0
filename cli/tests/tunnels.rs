//! In every tunnel, those packets are read which Wireshark hands to its TCP dissector.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod common;

use common::build::*;
use common::holds::*;

#[test]
fn tunnels() {
    let gre = |flags: u16, fields: &[u8], protocol: u16, payload: &[u8]| {
        [&flags.to_be_bytes()[..], &protocol.to_be_bytes(), fields, payload].concat()
    };
    let inner = ethernet(IPV4, &tcp4());
    let vxlan = [&[8, 0, 0, 0, 0, 0, 42, 0][..], &inner].concat();
    let geneve = [&[1, 0, 0x65, 0x58, 0, 0, 42, 0, 1, 2, 0x80, 0][..], &inner].concat();
    let ppp = [&[0xff, 3, 0, 0x21][..], &tcp4()].concat();
    let pptp = [&[0, 144, 0, 1, 0, 0, 0, 1][..], &ppp].concat();

    holds_one_segment("ip-in-ip", over_ip(4, &tcp4()));
    holds_one_segment("6in4", over_ip(41, &tcp6()));
    holds_one_segment("4in6", whole(ETHERNET, ethernet(IPV6, &ipv6(4, &tcp4()))));
    holds_one_segment("gre", over_ip(47, &gre(0, &[], IPV4, &tcp4())));
    holds_one_segment("gre-all-fields", over_ip(47, &gre(0xb000, &[0; 12], IPV6, &tcp6())));
    holds_one_segment("gre-ethernet", over_ip(47, &gre(0x2000, &[0, 0, 0, 9], 0x6558, &inner)));
    holds_one_segment("pptp", over_ip(47, &gre(0x3001, &pptp, 0x880b, &[])));
    holds_one_segment("vxlan", over_udp(4789, &vxlan));
    holds_one_segment("geneve", over_udp(6081, &geneve));
}

#[test]
fn tunnels_of_mobile_networks() {
    let gtp = |flags: u8, kind: u8, rest: &[u8], payload: &[u8]| {
        let length = ((rest.len() + payload.len()) as u16).to_be_bytes();
        over_udp(2152, &[&[flags, kind][..], &length, &[0, 0, 0, 1], rest, payload].concat())
    };
    holds_one_segment("gtp", gtp(0x30, 255, &[], &tcp4()));
    holds_one_segment("gtp-v6", gtp(0x30, 255, &[], &tcp6()));
    holds_one_segment("gtp-sequence", gtp(0x32, 255, &[0, 1, 0, 0], &tcp4()));
    holds_one_segment("gtp-pdu-number", gtp(0x31, 255, &[0, 0, 7, 0], &tcp4()));
    // The third byte of options tells of an extension only if the flag does.
    holds_one_segment("gtp-no-extension", gtp(0x32, 255, &[0, 1, 0, 0x85], &tcp4()));
    holds_one_segment("gtp-extension", gtp(0x34, 255, &[0, 0, 0, 0x85, 1, 0x10, 9, 0], &tcp4()));
    let two = [0, 0, 0, 0xc0, 1, 0, 1, 0x85, 2, 0x10, 9, 0, 0, 0, 0, 0];
    holds_one_segment("gtp-two-extensions", gtp(0x36, 255, &two, &tcp4()));
    holds_one_segment("gtp-ethernet", gtp(0x30, 255, &[], &ethernet(IPV4, &tcp4())));
    let old = [&[0x1e, 255][..], &140u16.to_be_bytes(), &[0; 16], &tcp4()].concat();
    holds_one_segment("gtp-0", over_udp(2152, &old));
    holds_nothing("gtp-echo", gtp(0x32, 1, &[0, 1, 0, 0], &[]));
    holds_nothing("gtp-endless", gtp(0x34, 255, &[0, 0, 0, 0x85, 0, 0, 0, 0], &tcp4()));
}

#[test]
fn tunnels_to_ipv6() {
    holds_one_segment("teredo", over_udp(3544, &tcp6()));
    holds_one_segment("teredo-origin", over_udp(3544, &[&[0, 0, 1, 2, 3, 4, 5, 6][..], &tcp6()].concat()));
    let authentication = [&[0, 1, 2, 3][..], &[9; 5], &[7; 8], &[0]].concat();
    holds_one_segment("teredo-authentication", over_udp(3544, &[&authentication[..], &tcp6()].concat()));
    let both = [&authentication[..], &[0, 0, 1, 2, 3, 4, 5, 6], &tcp6()].concat();
    holds_one_segment("teredo-both", over_udp(3544, &both));
    let ayiya = |operation: u8| {
        [&[0x42, 0x52, 0x10 | operation, 41, 0, 0, 0, 0][..], &[6; 16], &[7; 20], &tcp6()].concat()
    };
    holds_one_segment("ayiya", over_udp(5072, &ayiya(1)));
    holds_nothing("ayiya-query", over_udp(5072, &ayiya(3)));
}

#[test]
fn mirrored_frames() {
    let gre = |flags: u16, protocol: u16, payload: &[u8]| {
        let sequence: &[u8] = if flags & 0x1000 == 0 { &[] } else { &[0, 0, 0, 1] };
        over_ip(47, &[&flags.to_be_bytes()[..], &protocol.to_be_bytes(), sequence, payload].concat())
    };
    let frame = ethernet(IPV4, &tcp4());
    let third = |flags: u16, rest: &[u8]| {
        [&[0x20, 5, 0, 1, 0, 0, 0, 0, 0, 0][..], &flags.to_be_bytes(), rest, &frame].concat()
    };
    holds_one_segment("erspan-1", gre(0, 0x88be, &frame));
    holds_one_segment("erspan-2", gre(0x1000, 0x88be, &[&[0x10, 5, 0, 1, 0, 0, 0, 3][..], &frame].concat()));
    holds_one_segment("erspan-3", gre(0x1000, 0x22eb, &third(0, &[])));
    holds_one_segment("erspan-3-subheader", gre(0x1000, 0x22eb, &third(1, &[4, 0, 0, 0, 0, 0, 0, 0])));
    holds_nothing("erspan-3-no-ethernet", gre(0x1000, 0x22eb, &third(0x0800, &[])));
    holds_nothing(
        "erspan-unknown",
        gre(0x1000, 0x22eb, &[&[0x70, 5, 0, 1, 0, 0, 0, 3][..], &frame].concat()),
    );

    let tzsp = |tags: &[u8], kind: u8, encapsulation: u8, payload: &[u8]| {
        over_udp(37008, &[&[1, kind, 0, encapsulation][..], tags, payload].concat())
    };
    let wlan = [&wlan([0x08, 1], 0)[..], &snap()].concat();
    holds_one_segment("tzsp", tzsp(&[1], 0, 1, &frame));
    holds_one_segment("tzsp-tags", tzsp(&[0, 60, 6, 1, 1, 1, 1, 1, 1, 1], 0, 1, &frame));
    holds_one_segment("tzsp-wlan", tzsp(&[1], 0, 18, &wlan));
    holds_nothing("tzsp-keepalive", tzsp(&[1], 4, 1, &frame));
}

#[test]
fn more_tunnels() {
    let gre = |flags: u16, protocol: u16, payload: &[u8]| {
        [&flags.to_be_bytes()[..], &protocol.to_be_bytes(), payload].concat()
    };
    let frame = ethernet(IPV4, &tcp4());
    let ppp = [&[0xff, 3, 0, 0x21][..], &tcp4()].concat();
    let wlan = [&wlan([0x08, 1], 0)[..], &snap()].concat();
    holds_one_segment("gre-in-udp", over_udp(4754, &gre(0, IPV4, &tcp4())));
    holds_one_segment(
        "gre-in-udp-key",
        over_udp(4754, &gre(0x2000, 0x6558, &[&[0, 0, 0, 1][..], &frame].concat())),
    );
    holds_one_segment(
        "gre-frame-relay",
        over_ip(47, &gre(0, 0x6559, &[&[0x18, 0x41, 3, 0xcc][..], &tcp4()].concat())),
    );
    holds_one_segment("gre-mikrotik", over_ip(47, &gre(0, 0x6400, &frame)));
    holds_one_segment("gre-aruba", over_ip(47, &gre(0, 0x8200, &wlan)));
    holds_one_segment(
        "gre-metadata",
        over_ip(47, &gre(0, 0x8909, &[&[8, 0, 1, 1, 0, 1, 0, 2][..], &tcp4()].concat())),
    );
    holds_one_segment("wccp", over_ip(47, &gre(0, 0x883e, &tcp4())));
    holds_one_segment("wccp-2", over_ip(47, &gre(0, 0x883e, &[&[0, 1, 2, 3][..], &tcp4()].concat())));
    holds_one_segment("ethernet-in-ip", over_ip(97, &[&[0x30, 0][..], &frame].concat()));
    holds_one_segment("mpls-in-udp", over_udp(6635, &[&[0, 6, 0x41, 64][..], &tcp4()].concat()));

    let gpe =
        |next: u8, payload: &[u8]| over_udp(4790, &[&[0x0c, 0, 0, next, 0, 0, 42, 0][..], payload].concat());
    holds_one_segment("vxlan-gpe-4", gpe(1, &tcp4()));
    holds_one_segment("vxlan-gpe-6", gpe(2, &tcp6()));
    holds_one_segment("vxlan-gpe-ethernet", gpe(3, &frame));
    let chain = [&[0x0f, 0xc2, 2, 1, 0, 0, 1, 255][..], &tcp4()].concat();
    holds_one_segment("vxlan-gpe-chain", gpe(4, &chain));
    holds_one_segment("vxlan-gpe-mpls", gpe(5, &[&[0, 6, 0x41, 64][..], &tcp4()].concat()));

    let l2tp = |flags: u16, rest: &[u8], payload: &[u8]| {
        over_udp(1701, &[&flags.to_be_bytes()[..], rest, payload].concat())
    };
    holds_one_segment("l2tp", l2tp(0x0002, &[0, 1, 0, 2], &ppp));
    let length = ((ppp.len() + 8) as u16).to_be_bytes();
    holds_one_segment(
        "l2tp-length",
        l2tp(0x4002, &[&length[..], &[0, 1, 0, 2]].concat(), &[&ppp[..], &[0; 5]].concat()),
    );
    holds_one_segment("l2tp-sequence-offset", l2tp(0x0a02, &[0, 1, 0, 2, 0, 1, 0, 1, 0, 3, 9, 9, 9], &ppp));
    holds_nothing("l2tp-control", l2tp(0xc802, &[0, 12, 0, 1, 0, 2, 0, 0, 0, 0], &[]));
}
