//! In every link layer and tag, those packets are read which Wireshark hands to its TCP dissector.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod common;

use common::build::*;
use common::holds::*;
use pcap_file::Endianness;

#[test]
fn link_layers() {
    let sll = |protocol: u16, payload: &[u8]| {
        [&[0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0][..], &protocol.to_be_bytes(), payload].concat()
    };
    let sll2 = |protocol: u16, payload: &[u8]| {
        [&protocol.to_be_bytes()[..], &[0, 0, 0, 0, 0, 3, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0], payload]
            .concat()
    };
    let family = |bytes: [u8; 4], payload: &[u8]| [&bytes[..], payload].concat();
    let snap = [&[0xaa, 0xaa, 3, 0, 0, 0, 8, 0][..], &tcp4()].concat();

    holds_one_segment("ethernet", whole(ETHERNET, ethernet(IPV4, &tcp4())));
    holds_one_segment("ethernet-v6", whole(ETHERNET, ethernet(IPV6, &tcp6())));
    holds_one_segment("padding", whole(ETHERNET, ethernet(IPV4, &[&tcp4()[..], &[0; 30]].concat())));
    holds_one_segment("snap", whole(ETHERNET, ethernet(snap.len() as u16, &snap)));
    holds_one_segment("raw", whole(101, tcp4()));
    holds_one_segment("raw-v6", whole(101, tcp6()));
    holds_one_segment("raw-12", whole(12, tcp4()));
    holds_one_segment("raw-14", whole(14, tcp6()));
    holds_one_segment("ipv4", whole(228, tcp4()));
    holds_one_segment("ipv6", whole(229, tcp6()));
    holds_one_segment("cooked", whole(113, sll(IPV4, &tcp4())));
    holds_one_segment("cooked-v6", whole(113, sll(IPV6, &tcp6())));
    holds_one_segment("cooked-vlan", whole(113, sll(0x8100, &vlan(5, IPV4, &tcp4()))));
    holds_one_segment("cooked2", whole(276, sll2(IPV4, &tcp4())));
    holds_one_segment("cooked2-v6", whole(276, sll2(IPV6, &tcp6())));
    holds_one_segment("null", whole(0, family([2, 0, 0, 0], &tcp4())));
    holds_one_segment("null-swapped", whole(0, family([0, 0, 0, 2], &tcp4())));
    holds_one_segment("null-macos", whole(0, family([30, 0, 0, 0], &tcp6())));
    holds_one_segment("null-freebsd", whole(0, family([28, 0, 0, 0], &tcp6())));
    holds_one_segment("null-openbsd", whole(0, family([24, 0, 0, 0], &tcp6())));
    holds_one_segment("loop", whole(108, family([0, 0, 0, 2], &tcp4())));
    holds_one_segment("ppp", whole(9, [&[0xff, 3, 0, 0x21][..], &tcp4()].concat()));
}

#[test]
fn tags_labels_and_sessions() {
    let pppoe = |length: usize| [&[0x11, 0, 0, 1][..], &(length as u16 + 2).to_be_bytes()].concat();
    let session = [&pppoe(140)[..], &[0, 0x21], &tcp4(), &[0; 9]].concat();
    let label = |id: u32, bottom: u32| (id << 12 | bottom << 8 | 64).to_be_bytes();
    let labels = [&label(100, 0)[..], &label(200, 1), &tcp4()].concat();
    let q_in_q = vlan(7, 0x8100, &vlan(8, IPV6, &tcp6()));

    holds_one_segment("vlan", whole(ETHERNET, ethernet(0x8100, &vlan(7, IPV4, &tcp4()))));
    holds_one_segment("q-in-q", whole(ETHERNET, ethernet(0x88a8, &q_in_q)));
    holds_one_segment("q-in-q-old", whole(ETHERNET, ethernet(0x9100, &q_in_q)));
    holds_one_segment("mpls", whole(ETHERNET, ethernet(0x8847, &labels)));
    holds_one_segment("pppoe", whole(ETHERNET, ethernet(0x8864, &session)));
}

#[test]
fn link_layers_of_other_networks() {
    let bridged =
        |protocol: u8, frame: &[u8]| [&[0xaa, 0xaa, 3, 0, 0x80, 0xc2, 0, protocol, 0, 0][..], frame].concat();
    let frame = ethernet(IPV4, &tcp4());
    let with_check_sequence = [&ethernet(IPV4, &offloaded())[..], &[0xfc; 4]].concat();

    holds_one_segment("token-ring", whole(6, [&[0x10, 0x40][..], &[2; 12], &snap()].concat()));
    let routed = [&[0x10, 0x40, 2, 2, 2, 2, 2, 2, 0x82, 2, 2, 2, 2, 2][..], &[6, 0x30, 0, 0x11, 0, 0x20]];
    holds_one_segment("token-ring-routed", whole(6, [&routed.concat()[..], &snap()].concat()));
    holds_nothing("token-ring-mac", whole(6, [&[0x10, 0][..], &[2; 12], &snap()].concat()));
    holds_one_segment("fddi", whole(10, [&[0x57][..], &[2; 12], &snap()].concat()));
    holds_nothing("fddi-smt", whole(10, [&[0x41][..], &[2; 12], &snap()].concat()));
    holds_one_segment("atm", whole(100, snap()));
    holds_one_segment("atm-bridged", whole(100, bridged(7, &frame)));
    holds_one_segment("atm-bridged-fcs", whole(100, bridged(1, &with_check_sequence)));
    holds_one_segment("fibre-channel", whole(122, [&[0x10; 16][..], &snap()].concat()));
    holds_one_segment("infini-band", whole(242, [&[0; 40][..], &[8, 0, 0, 0], &tcp4()].concat()));
    holds_one_segment("infini-band-v6", whole(242, [&[0x60; 40][..], &[0x86, 0xdd, 0, 0], &tcp6()].concat()));
}

#[test]
fn serial_lines() {
    let raw = |link_type: u32, header: &[u8], payload: &[u8]| whole(link_type, [header, payload].concat());

    holds_one_segment("ppp-compressed", raw(9, &[0x21], &tcp4()));
    holds_one_segment("ppp-v6", raw(9, &[0xff, 3, 0, 0x57], &tcp6()));
    holds_one_segment("ppp-serial", raw(50, &[0xff, 3, 0, 0x21], &tcp4()));
    holds_one_segment("ppp-serial-cisco", raw(50, &[0x0f, 0, 8, 0], &tcp4()));
    holds_one_segment("ppp-mpls", raw(9, &[0xff, 3, 2, 0x81, 0, 6, 0x41, 64], &tcp4()));
    holds_one_segment("ppp-direction", raw(204, &[1, 0xff, 3, 0, 0x21], &tcp4()));
    holds_one_segment("pppoe", raw(51, &[0x11, 0, 0, 1, 0, 142, 0, 0x21], &[&tcp4()[..], &[0; 9]].concat()));
    holds_nothing("ppp-lcp", raw(9, &[0xff, 3, 0xc0, 0x21], &[9, 1, 0, 8, 0, 0, 0, 0]));

    let frame = ethernet(IPV4, &tcp4());
    holds_one_segment("cisco", raw(104, &[0x0f, 0, 8, 0], &tcp4()));
    holds_one_segment("cisco-v6", raw(104, &[0x8f, 0, 0x86, 0xdd], &tcp6()));
    holds_one_segment("cisco-netbsd", raw(112, &[0x0f, 0, 8, 0], &tcp4()));
    holds_one_segment("cisco-mpls", raw(104, &[0x0f, 0, 0x88, 0x47, 0, 6, 0x41, 64], &tcp4()));
    holds_one_segment("cisco-bridged", raw(104, &[0x0f, 0, 0x65, 0x58], &frame));

    let bridged = [0x18, 0x41, 3, 0, 0x80, 0, 0x80, 0xc2, 0, 7];
    holds_one_segment("frame-relay", raw(107, &[0x18, 0x41, 3, 0xcc], &tcp4()));
    holds_one_segment("frame-relay-v6", raw(107, &[0x18, 0x41, 3, 0x8e], &tcp6()));
    holds_one_segment("frame-relay-long", raw(107, &[0x18, 0x40, 0x20, 0x11, 3, 0xcc], &tcp4()));
    holds_one_segment("frame-relay-snap", raw(107, &[0x18, 0x41, 3, 0, 0x80, 0, 0, 0, 8, 0], &tcp4()));
    holds_one_segment("frame-relay-bridged", raw(107, &bridged, &frame));
    holds_one_segment("frame-relay-ppp", raw(107, &[0x18, 0x41, 3, 0xcf, 0, 0x21], &tcp4()));
    holds_one_segment("frame-relay-cisco", raw(107, &[0x18, 0x41, 8, 0], &tcp4()));
    // Other addresses look to Wireshark like the start of another encapsulation.
    let bare = [&ethernet_of_intel(&offloaded())[..], &[0xfc; 4]].concat();
    holds_one_segment("frame-relay-bare", raw(107, &[0x18, 0x41], &bare));
    holds_nothing("frame-relay-lmi", raw(107, &[0, 1, 3, 9, 0, 0x75, 1, 1, 0], &[]));
}

#[test]
fn what_hosts_make_up() {
    let raw = |link_type: u32, header: &[u8], payload: &[u8]| whole(link_type, [header, payload].concat());
    holds_one_segment("null-irix", raw(0, &[0, 2, 0, 0], &tcp4()));
    holds_one_segment("null-ether-type", raw(0, &[0, 0, 0x86, 0xdd], &tcp6()));
    holds_one_segment("null-ether-type-swapped", raw(0, &[0, 8, 0, 0], &tcp4()));
    holds_one_segment("null-ppp", raw(0, &[0xff, 3, 0, 0x21], &tcp4()));

    let cooked = |protocol: u8, payload: &[u8]| raw(113, &[&[0; 15][..], &[protocol]].concat(), payload);
    holds_one_segment("cooked-ethernet", cooked(3, &ethernet(IPV4, &tcp4())));
    holds_one_segment("cooked-llc", cooked(4, &snap()));
    holds_one_segment("cooked-ppp", cooked(7, &[&[0xff, 3, 0, 0x21][..], &tcp4()].concat()));

    for (version, family) in [(4, 2), (6, 24), (6, 28), (6, 30)] {
        let packet = if version == 4 { tcp4() } else { tcp6() };
        holds_one_segment("pflog", raw(117, &[&[61, family][..], &[0; 62]].concat(), &packet));
    }
    let frame = ethernet(IPV4, &tcp4());
    holds_one_segment("juniper", raw(178, b"MGC\x01", &frame));
    holds_one_segment("juniper-extensions", raw(178, b"MGC\x80\0\x06\x03\x01\x01\x06\x01\x0e", &frame));
    holds_one_segment("juniper-no-link", raw(178, b"MGC\x02\x02\0\0\0", &tcp4()));
    holds_one_segment("juniper-no-link-v6", raw(178, b"MGC\x02\x06\0\0\0", &tcp6()));
    holds_one_segment("enc", raw(109, &[2, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0], &tcp4()));
    holds_one_segment("enc-swapped", raw(109, &[0, 0, 0, 24, 0, 0, 0, 1, 0, 0, 0, 0], &tcp6()));
}

#[test]
fn packet_filter_logs_of_either_byte_order() {
    for endianness in [Endianness::Little, Endianness::Big] {
        let number = |number: u16| match endianness {
            Endianness::Little => number.to_le_bytes(),
            Endianness::Big => number.to_be_bytes(),
        };
        let element = |kind: u16, value: &[u8]| {
            let length = value.len() + 4;
            let padding = length.next_multiple_of(4) - length;
            [&number(length as u16)[..], &number(kind), value, &[0; 3][..padding]].concat()
        };
        let log = |family: u8, elements: &[Vec<u8>]| {
            let bytes = [&[family, 0, 0, 5][..], &elements.concat()].concat();
            found_by_both("nflog", &pcapng(&[whole(239, bytes)], endianness)).tcp
        };
        let (header, prefix) = (element(1, &[8, 0, 1, 0]), element(10, b"dropped\0"));
        let payload = element(9, &tcp4());
        assert_eq!(log(2, &[header.clone(), prefix.clone(), payload.clone()])[0].wire_len, Some(120));
        assert_eq!(log(2, &[payload.clone(), prefix.clone()])[0].wire_len, Some(120));
        assert_eq!(log(10, &[prefix.clone(), element(9, &tcp6())])[0].wire_len, Some(120));
        assert_eq!(log(7, &[prefix, payload]), []);
        // One element breaks off, or is too short to be one.
        log(2, &[header, number(3).to_vec()]);
    }
}

#[test]
fn tags_of_larger_networks() {
    let tagged = |ether_type: u16, tag: &[u8], payload: &[u8]| {
        whole(ETHERNET, ethernet(ether_type, &[tag, payload].concat()))
    };
    let frame = ethernet(IPV4, &tcp4());
    holds_one_segment("vn-tag", tagged(0x8926, &[0x80, 1, 0, 2, 8, 0], &tcp4()));
    holds_one_segment("vn-tag-vlan", tagged(0x8926, &[0, 1, 0, 2, 0x81, 0], &vlan(7, IPV4, &tcp4())));
    holds_one_segment("vn-tag-llc", tagged(0x8926, &[0, 1, 0, 2, 0, 148], &[&snap()[..], &[0; 6]].concat()));
    holds_one_segment("e-tag", tagged(0x893f, &[0, 1, 0, 2, 0, 0, 0x86, 0xdd], &tcp6()));
    holds_one_segment("metadata", tagged(0x8909, &[1, 1, 0, 1, 0, 2, 8, 0], &tcp4()));
    holds_one_segment("ring", tagged(0x892f, &[0, 146, 0, 1, 8, 0], &tcp4()));
    holds_one_segment("redundancy", tagged(0xf1c1, &[0, 0, 0, 1, 0x86, 0xdd], &tcp6()));
    holds_one_segment("trill", tagged(0x22f3, &[0, 5, 0, 1, 0, 2], &frame));
    holds_one_segment("trill-options", tagged(0x22f3, &[0, 0x45, 0, 1, 0, 2, 9, 9, 9, 9], &frame));
    holds_one_segment("backbone", tagged(0x88e7, &[0, 0, 0, 42], &frame));
    holds_one_segment("backbone-vlan", tagged(0x88a8, &[0, 5, 0x88, 0xe7, 0, 0, 0, 42], &frame));
    let check_value = [0xab; 16];
    let macsec = |control: u8, rest: &[u8]| {
        tagged(
            0x88e5,
            &[&[control, 0, 0, 0, 0, 1][..], rest, &[8, 0]].concat(),
            &[&tcp4()[..], &check_value].concat(),
        )
    };
    holds_one_segment("macsec", macsec(0, &[]));
    holds_one_segment("macsec-channel", macsec(0x20, &[2; 8]));
    holds_nothing("macsec-encrypted", macsec(0x0c, &[]));
    // Wireshark tells a control word from an address by whether it knows the maker.
    let pseudowire =
        |word: &[u8]| tagged(0x8847, &[&[0, 6, 0x41, 64][..], word].concat(), &ethernet_of_intel(&tcp4()));
    holds_one_segment("pseudowire", pseudowire(&[]));
    holds_one_segment("pseudowire-word", pseudowire(&[0, 0, 0, 0]));
    holds_one_segment("pseudowire-sequence", pseudowire(&[0, 0, 0x12, 0x34]));
    holds_one_segment(
        "service-chain",
        tagged(
            0x894f,
            &[0x0f, 0xc6, 1, 3, 0, 0, 1, 255, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8],
            &frame,
        ),
    );
}
