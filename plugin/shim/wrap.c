/* Wrappers around the dissectors of TCP and ICMP.
 *
 * A wrapper takes the dissector's place in the table "ip.proto", hands the packet to the engine when
 * it is seen for the first time, calls the dissector, and adds what the engine says. It belongs to
 * no protocol, so that Wireshark goes on naming and switching TCP and ICMP as ever.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */

#include "shim.h"

#include <epan/dissectors/packet-ip.h>
#include <epan/exceptions.h>
#include <epan/ipproto.h>
#include <string.h>
#include <wiretap/wtap.h>

struct wrapped {
    dissector_handle_t original;
    int id;
    protocol_t *protocol;
};

static struct wrapped tcp, icmp, icmpv6;
static protocol_t *tcpdx;

static bool read_address(const address *from, tcpdx_address *to)
{
    switch (from->type) {
    case AT_IPv4:
        to->family = TCPDX_FAMILY_V4;
        memcpy(to->bytes, from->data, 4);
        return true;
    case AT_IPv6:
        to->family = TCPDX_FAMILY_V6;
        memcpy(to->bytes, from->data, 16);
        return true;
    default:
        return false;
    }
}

static int64_t nanoseconds(const nstime_t *time)
{
    return (int64_t)((uint64_t)time->secs * 1000000000U + (uint64_t)time->nsecs);
}

/* A number for the interface and the outermost VLAN, 0 when neither is known. */
static uint32_t link_of(const packet_info *pinfo)
{
    const uint32_t vlan = pinfo->vlan_id & 0xfff;
    uint32_t interface = 0;

    if (pinfo->rec->presence_flags & WTAP_HAS_INTERFACE_ID)
        interface = pinfo->rec->rec_header.packet_header.interface_id + 1;
    return interface << 12 | vlan;
}

/* A MAC address as a number, 0 when it is none. */
static uint64_t station_of(const address *from)
{
    const uint8_t *at = (const uint8_t *)from->data;
    uint64_t station = 0;

    if (from->type != AT_ETHER)
        return 0;
    for (int i = 0; i < 6; i++)
        station = station << 8 | at[i];
    return station;
}

/* How many TCP and ICMP layers the frame has shown so far. */
static uint8_t layers_before(const packet_info *pinfo)
{
    unsigned count = 0;

    for (wmem_list_frame_t *at = wmem_list_head(pinfo->layers); at; at = wmem_list_frame_next(at)) {
        const int id = GPOINTER_TO_INT(wmem_list_frame_data(at));
        count += id == tcp.id || id == icmp.id || id == icmpv6.id;
    }
    return (uint8_t)MIN(count, UINT8_MAX);
}

static void read_ip_header(void *header, tcpdx_packet *packet)
{
    const ws_ip4 *v4 = WS_IP4_PTR(header);
    const ws_ip6 *v6 = WS_IP6_PTR(header);

    if (v4) {
        packet->has_ip = packet->has_id = 1;
        packet->ttl = v4->ip_ttl;
        packet->ecn = IPDSFIELD_ECN(v4->ip_tos);
        packet->id = v4->ip_id;
    } else if (v6) {
        packet->has_ip = 1;
        packet->ttl = v6->ip6_hop;
        packet->ecn = IPDSFIELD_ECN(v6->ip6_tc);
    }
}

static void feed_tcp(tvbuff_t *tvb, const packet_info *pinfo, uint8_t layer, void *ip_header)
{
    tcpdx_packet packet = {
        .size = sizeof packet,
        .frame = pinfo->num,
        .time_ns = nanoseconds(&pinfo->abs_ts),
        .layer = layer,
        .link = link_of(pinfo),
        .station_from = station_of(&pinfo->dl_src),
        .station_to = station_of(&pinfo->dl_dst),
        .wire_len = tvb_reported_length(tvb),
        .captured_len = tvb_captured_length(tvb),
        .bytes = tvb_get_ptr(tvb, 0, -1),
    };

    if (!read_address(&pinfo->src, &packet.src) || !read_address(&pinfo->dst, &packet.dst))
        return;
    read_ip_header(ip_header, &packet);
    tcpdx_engine_packet(tcpdx_open_engine, &packet);
}

static void feed_icmp(tvbuff_t *tvb, const packet_info *pinfo, uint8_t layer, bool v6)
{
    tcpdx_icmp packet = {
        .size = sizeof packet,
        .frame = pinfo->num,
        .time_ns = nanoseconds(&pinfo->abs_ts),
        .layer = layer,
        .v6 = v6,
        .captured_len = tvb_captured_length(tvb),
        .bytes = tvb_get_ptr(tvb, 0, -1),
    };

    if (read_address(&pinfo->src, &packet.src) && read_address(&pinfo->dst, &packet.dst))
        tcpdx_engine_icmp(tcpdx_open_engine, &packet);
}

/* Headers that an ICMP error quotes are no packets of their own: the engine reads them there. */
static bool is_watched(const struct wrapped *wrapped, const packet_info *pinfo)
{
    return tcpdx_open_engine && !pinfo->flags.in_error_pkt && proto_is_protocol_enabled(tcpdx) &&
           proto_is_protocol_enabled(wrapped->protocol);
}

/* Dissectors of payload throw when a packet is cut short; what the engine says is shown all the same. */
static int dissect_and_show(const struct wrapped *wrapped, tvbuff_t *tvb, packet_info *pinfo,
                            proto_tree *tree, void *data, uint8_t layer)
{
    volatile int length = 0;
    const bool wanted = tcpdx_is_wanted(pinfo, tree);
    const bool tapped = tcpdx_is_tapped();

    /* The way of most packets: a file that is only read or listed. */
    if (!wanted && !tapped)
        return call_dissector_only(wrapped->original, tvb, pinfo, tree, data);

    TRY {
        length = call_dissector_only(wrapped->original, tvb, pinfo, tree, data);
    }
    FINALLY {
        if (tapped)
            tcpdx_tap(pinfo, layer);
        if (wanted)
            tcpdx_show(tvb, pinfo, tree, layer);
    }
    ENDTRY;
    return length;
}

static int dissect_tcp(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    if (!is_watched(&tcp, pinfo))
        return call_dissector_only(tcp.original, tvb, pinfo, tree, data);

    const uint8_t layer = layers_before(pinfo);
    if (!PINFO_FD_VISITED(pinfo))
        feed_tcp(tvb, pinfo, layer, data);
    return dissect_and_show(&tcp, tvb, pinfo, tree, data, layer);
}

static int dissect_either_icmp(const struct wrapped *wrapped, tvbuff_t *tvb, packet_info *pinfo,
                               proto_tree *tree, void *data)
{
    if (!is_watched(wrapped, pinfo))
        return call_dissector_only(wrapped->original, tvb, pinfo, tree, data);

    const uint8_t layer = layers_before(pinfo);
    if (!PINFO_FD_VISITED(pinfo))
        feed_icmp(tvb, pinfo, layer, wrapped == &icmpv6);
    return dissect_and_show(wrapped, tvb, pinfo, tree, data, layer);
}

static int dissect_icmp(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    return dissect_either_icmp(&icmp, tvb, pinfo, tree, data);
}

static int dissect_icmpv6(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    return dissect_either_icmp(&icmpv6, tvb, pinfo, tree, data);
}

static void wrap(struct wrapped *wrapped, const char *filter, uint32_t ip_proto, dissector_t wrapper,
                 const char *name, const char *description)
{
    wrapped->original = find_dissector(filter);
    wrapped->id = dissector_handle_get_protocol_index(wrapped->original);
    wrapped->protocol = find_protocol_by_id(wrapped->id);
    dissector_add_uint("ip.proto", ip_proto,
                       create_dissector_handle_with_name_and_description(wrapper, -1, name, description));
}

void tcpdx_wrap(void)
{
    tcpdx = find_protocol_by_id(tcpdx_registered.protocol);
    wrap(&tcp, "tcp", IP_PROTO_TCP, dissect_tcp, "tcpdx.tcp", "TCP with diagnosis");
    wrap(&icmp, "icmp", IP_PROTO_ICMP, dissect_icmp, "tcpdx.icmp", "ICMP with TCP diagnosis");
    wrap(&icmpv6, "icmpv6", IP_PROTO_ICMPV6, dissect_icmpv6, "tcpdx.icmpv6", "ICMPv6 with TCP diagnosis");
}
