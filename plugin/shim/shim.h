/* What the parts of the plugin share.
 *
 * The plugin stands between Wireshark and libtcpdx: it hands over what the dissectors of IP found,
 * and shows what the library answers. It knows nothing of diagnosis: names, texts, severities and
 * the types of fields come from the library.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */

#ifndef TCPDX_SHIM_H
#define TCPDX_SHIM_H

#include "compat.h"

#include <epan/expert.h>
#include <epan/packet.h>
#include <stdbool.h>
#include <stdint.h>
#include <tcpdx.h>

/* The engine of the open capture file; NULL when none is open. */
extern tcpdx_engine *tcpdx_open_engine;

/* What Wireshark numbered at registration. */
struct tcpdx_registered {
    int protocol;
    int subtree;
    int finding_subtree;
    int *fields;             /* by field of the library */
    tcpdx_kind *field_kinds; /* likewise */
    /* By diagnosis and severity - 1: an expert info has one severity, so a diagnosis has one for
     * each with which it may be told, all of one name. */
    expert_field (*experts)[TCPDX_SEVERITY_ERROR];
};
extern struct tcpdx_registered tcpdx_registered;

/* Registers protocol, fields and expert infos from the library's tables. */
void tcpdx_register(void);

/* Registers what the user can choose. */
void tcpdx_register_preferences(void);

/* What the user has chosen; it holds until the next call. */
tcpdx_settings tcpdx_chosen_settings(void);

/* Registers the statistics: "-z tcpdx,tree" and "-z tcpdx,conv". */
void tcpdx_register_statistics(void);

/* Whether any statistics are being made. */
bool tcpdx_is_tapped(void);

/* Tells one TCP or ICMP layer of a packet to the statistics that are being made. */
void tcpdx_tap(packet_info *pinfo, uint8_t layer);

/* Puts wrappers around the dissectors whose packets the engine wants. */
void tcpdx_wrap(void);

/* Whether anybody looks: at the tree or a field of ours in it, or at expert infos. Nobody does while a file is only
 * read or listed, and then it costs nothing to know what could be said. */
bool tcpdx_is_wanted(const packet_info *pinfo, proto_tree *tree);

/* Adds what is known of one TCP or ICMP layer of a packet to its tree. */
void tcpdx_show(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, uint8_t layer);

#endif
