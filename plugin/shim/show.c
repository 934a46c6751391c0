/* What the engine says about a packet, as a subtree.
 * SPDX-License-Identifier: GPL-2.0-or-later */

#include "shim.h"

#include <epan/column-info.h>
#include <epan/tap.h>

static void add_value(proto_tree *tree, tvbuff_t *tvb, const tcpdx_value *value)
{
    const int id = tcpdx_registered.fields[value->field];
    proto_item *item = NULL;

    switch (tcpdx_registered.field_kinds[value->field]) {
    case TCPDX_KIND_TEXT:
        item = proto_tree_add_string(tree, id, tvb, 0, 0, value->text);
        break;
    case TCPDX_KIND_NUMBER:
    case TCPDX_KIND_FRAME:
        item = proto_tree_add_uint(tree, id, tvb, 0, 0, (uint32_t)value->number);
        break;
    case TCPDX_KIND_BOOLEAN:
        item = proto_tree_add_boolean(tree, id, tvb, 0, 0, (uint32_t)value->number);
        break;
    case TCPDX_KIND_DURATION: {
        const nstime_t span = {
            .secs = (time_t)(value->number / 1000000000),
            .nsecs = (int)(value->number % 1000000000),
        };
        item = proto_tree_add_time(tree, id, tvb, 0, 0, &span);
        break;
    }
    }
    proto_item_set_generated(item);
    if (value->line)
        proto_item_set_text(item, "%s", value->line);
    if (value->is_in_line)
        proto_item_set_hidden(item);
}

static void add_values(proto_tree *tree, tvbuff_t *tvb, const tcpdx_value *values, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        add_value(tree, tvb, &values[i]);
}

static void add_finding(proto_tree *tree, packet_info *pinfo, tvbuff_t *tvb, const tcpdx_finding *finding)
{
    expert_field *expert = &tcpdx_registered.experts[finding->diagnosis][finding->severity - 1];
    proto_item *item = proto_tree_add_expert_format(tree, pinfo, expert, tvb, 0, 0, "%s", finding->message);

    proto_item_set_generated(item);
    add_values(proto_item_add_subtree(item, tcpdx_registered.finding_subtree), tvb, finding->values, finding->value_count);
}

static bool has_expert_column(const packet_info *pinfo)
{
    return pinfo->cinfo && pinfo->cinfo->col_first[COL_EXPERT] >= 0;
}

bool tcpdx_is_wanted(const packet_info *pinfo, proto_tree *tree)
{
    static int expert_protocol = -1;
    static int expert_tap;

    if (expert_protocol < 0) {
        expert_protocol = proto_get_id_by_filter_name("_ws.expert");
        expert_tap = find_tap_id("expert");
    }
    if (tree && (proto_field_is_referenced(tree, tcpdx_registered.protocol) ||
                 proto_field_is_referenced(tree, expert_protocol)))
        return true;
    return have_tap_listener(expert_tap) || has_expert_column(pinfo);
}

static void show(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, uint8_t layer)
{
    const uint32_t look = PINFO_FD_VISITED(pinfo) ? TCPDX_LOOK_LATER : TCPDX_LOOK_FIRST;
    tcpdx_findings findings = {.size = sizeof findings};
    tcpdx_values values = {.size = sizeof values};

    if (tcpdx_engine_findings(tcpdx_open_engine, pinfo->num, layer, look, &findings) != TCPDX_STATUS_OK)
        return;
    if (findings.count == 0 && !proto_field_is_referenced(tree, tcpdx_registered.protocol))
        return;
    /* Without a tree only the expert infos are wanted: for their statistics. */
    if (tree && tcpdx_engine_values(tcpdx_open_engine, pinfo->num, layer, look, &values) != TCPDX_STATUS_OK)
        return;

    proto_item *top = proto_tree_add_item(tree, tcpdx_registered.protocol, tvb, 0, 0, ENC_NA);
    if (findings.headline)
        proto_item_append_text(top, ": %s", findings.headline);
    proto_item_set_generated(top);
    proto_tree *subtree = proto_item_add_subtree(top, tcpdx_registered.subtree);
    for (uint32_t i = 0; i < findings.count; i++)
        add_finding(subtree, pinfo, tvb, &findings.items[i]);
    add_values(subtree, tvb, values.items, values.count);
}

void tcpdx_show(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, uint8_t layer)
{
    /* The list of expert infos names the protocol that is being dissected. */
    const char *const protocol = pinfo->current_proto;

    pinfo->current_proto = proto_get_protocol_short_name(find_protocol_by_id(tcpdx_registered.protocol));
    show(tvb, pinfo, tree, layer);
    pinfo->current_proto = protocol;
}
