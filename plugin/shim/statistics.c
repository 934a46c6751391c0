/* Statistics of connections: a tree of counts, and a table.
 *
 * Both collect the connections of the packets that come by, and ask the library about each once, so that a
 * filter chooses connections. While a file is read for the first time a connection may still change: what is
 * to be said of it then waits until all is read.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */

#include "shim.h"

#include <epan/stat_tap_ui.h>
#include <epan/stats_tree.h>
#include <epan/tap.h>
#include <stdio.h>
#include <wsutil/wslog.h>

static int tap = -1;

/* What the tap tells of one layer of a packet. */
struct tapped {
    uint32_t stream;
    bool later; /* all packets of the file have been seen before */
};

bool tcpdx_is_tapped(void)
{
    return have_tap_listener(tap);
}

void tcpdx_tap(packet_info *pinfo, uint8_t layer)
{
    struct tapped tapped = {.later = PINFO_FD_VISITED(pinfo)};

    if (tcpdx_engine_stream(tcpdx_open_engine, pinfo->num, layer, &tapped.stream) != TCPDX_STATUS_OK)
        return;
    tap_queue_packet(tap, pinfo, wmem_memdup(pinfo->pool, &tapped, sizeof tapped));
}

/* Connections in the order of their first packets. */
struct streams {
    GArray *numbers;  /* of uint32_t */
    GHashTable *seen; /* the same as a set */
};

static void init_streams(struct streams *streams)
{
    streams->numbers = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    streams->seen = g_hash_table_new(NULL, NULL);
}

static void clear_streams(struct streams *streams)
{
    g_array_set_size(streams->numbers, 0);
    g_hash_table_remove_all(streams->seen);
}

static void free_streams(struct streams *streams)
{
    g_array_free(streams->numbers, TRUE);
    g_hash_table_destroy(streams->seen);
}

/* Whether it is the first of its connection. */
static bool add_stream(struct streams *streams, uint32_t stream)
{
    if (!g_hash_table_add(streams->seen, GUINT_TO_POINTER(stream)))
        return false;
    g_array_append_val(streams->numbers, stream);
    return true;
}

/* The tree. */

struct tree {
    stats_tree *counts;
    struct streams streams;
    unsigned counted; /* so many of them are in the counts */
};

/* By stats_tree. */
static GHashTable *trees;

static void count_one(stats_tree *counts, const tcpdx_statistic *statistic)
{
    int parent = 0;

    for (uint32_t i = 0; i < statistic->depth; i++) {
        const bool last = i + 1 == statistic->depth;
        if (statistic->has_measure && i > 0)
            parent = avg_stat_node_add_value_float(counts, statistic->path[i], parent, !last, (float)statistic->measure);
        else
            parent = tick_stat_node(counts, statistic->path[i], parent, !last);
    }
}

static void count_collected(struct tree *tree)
{
    for (; tree->counted < tree->streams.numbers->len; tree->counted++) {
        const uint32_t stream = g_array_index(tree->streams.numbers, uint32_t, tree->counted);
        tcpdx_statistics statistics = {.size = sizeof statistics};
        if (tcpdx_engine_statistics(tcpdx_open_engine, stream, &statistics) != TCPDX_STATUS_OK)
            continue;
        for (uint32_t i = 0; i < statistics.count; i++)
            count_one(tree->counts, &statistics.items[i]);
    }
}

static void free_tree(void *data)
{
    struct tree *tree = data;

    free_streams(&tree->streams);
    g_free(tree);
}

static tap_packet_status ignore_packet(void *data _U_, packet_info *pinfo _U_, epan_dissect_t *edt _U_,
                                       const void *packet _U_, tap_flags_t flags _U_)
{
    return TAP_PACKET_DONT_REDRAW;
}

static void all_is_read(void *data _U_)
{
    GHashTableIter each;
    void *tree;

    g_hash_table_iter_init(&each, trees);
    while (g_hash_table_iter_next(&each, NULL, &tree))
        count_collected(tree);
}

/* The drawing of a stats_tree cannot be stepped into. A listener that comes later is asked to draw earlier. */
static void count_when_all_is_read(void)
{
    static bool listens;

    if (listens)
        return;
    listens = true;
    GString *error = register_tap_listener("tcpdx", &listens, NULL, TL_REQUIRES_NOTHING, NULL, ignore_packet, all_is_read, NULL);
    if (error) {
        ws_warning("tcpdx: %s", error->str);
        g_string_free(error, TRUE);
    }
}

static struct tree *new_tree(stats_tree *counts)
{
    struct tree *tree = g_new0(struct tree, 1);

    tree->counts = counts;
    init_streams(&tree->streams);
    g_hash_table_insert(trees, counts, tree);
    return tree;
}

static void begin_tree(stats_tree *counts)
{
    struct tree *tree = g_hash_table_lookup(trees, counts);

    if (tree) {
        clear_streams(&tree->streams);
        tree->counted = 0;
    }
}

static tap_packet_status add_to_tree(stats_tree *counts, packet_info *pinfo _U_, epan_dissect_t *edt _U_,
                                     const void *packet, tap_flags_t flags _U_)
{
    const struct tapped *tapped = packet;
    struct tree *tree = g_hash_table_lookup(trees, counts);

    if (!tree)
        tree = new_tree(counts);
    if (!add_stream(&tree->streams, tapped->stream))
        return TAP_PACKET_DONT_REDRAW;
    if (tapped->later)
        count_collected(tree);
    else
        count_when_all_is_read();
    return TAP_PACKET_REDRAW;
}

static void end_tree(stats_tree *counts)
{
    g_hash_table_remove(trees, counts);
}

/* The table. */

static void begin_table_again(void *data)
{
    clear_streams(data);
}

static tap_packet_status add_to_table(void *data, packet_info *pinfo _U_, epan_dissect_t *edt _U_,
                                      const void *packet, tap_flags_t flags _U_)
{
    add_stream(data, ((const struct tapped *)packet)->stream);
    return TAP_PACKET_REDRAW;
}

static void print_table(void *data)
{
    const GArray *numbers = ((struct streams *)data)->numbers;
    const uint32_t *first = numbers->len ? &g_array_index(numbers, uint32_t, 0) : NULL;
    const char *text;

    if (tcpdx_engine_table(tcpdx_open_engine, first, numbers->len, &text) == TCPDX_STATUS_OK)
        fputs(text, stdout);
}

static void end_table(void *data)
{
    free_streams(data);
    g_free(data);
}

/* "tcpdx,conv" or "tcpdx,conv,FILTER" */
static STATISTIC_BEGINS begin_table(const char *argument, void *data _U_)
{
    static const char prefix[] = "tcpdx,conv,";
    const char *filter = g_str_has_prefix(argument, prefix) ? argument + strlen(prefix) : NULL;
    struct streams *streams = g_new(struct streams, 1);

    init_streams(streams);
    GString *error = register_tap_listener("tcpdx", streams, filter, TL_REQUIRES_NOTHING, begin_table_again,
                                           add_to_table, print_table, end_table);
    if (error) {
        fprintf(stderr, "tcpdx: tcpdx,conv: %s\n", error->str);
        g_string_free(error, TRUE);
        end_table(streams);
        STATISTIC_RETURN(false);
    }
    STATISTIC_RETURN(true);
}

void tcpdx_register_statistics(void)
{
    static stat_tap_ui table = {REGISTER_STAT_GROUP_GENERIC, "TCP diagnosis: connections", "tcpdx,conv",
                                begin_table, 0, NULL};

    tap = register_tap("tcpdx");
    trees = g_hash_table_new_full(NULL, NULL, NULL, free_tree);
    stats_tree_register_plugin("tcpdx", "tcpdx", "TCP diagnosis", TL_REQUIRES_NOTHING, add_to_tree, begin_tree, end_tree);
    register_stat_tap_ui(&table, NULL);
}
