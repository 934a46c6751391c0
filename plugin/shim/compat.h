/* What differs between the versions of Wireshark.
 * SPDX-License-Identifier: GPL-2.0-or-later */

#ifndef TCPDX_COMPAT_H
#define TCPDX_COMPAT_H

#include <glib.h>
#include <stdbool.h>
#include <stdlib.h>
#include <ws_version.h>

#define WIRESHARK_AT_LEAST(major, minor)    \
    (WIRESHARK_VERSION_MAJOR > (major) ||   \
     (WIRESHARK_VERSION_MAJOR == (major) && WIRESHARK_VERSION_MINOR >= (minor)))

/* Since 4.4 a plugin says what it brings; the flags are in wsutil/plugins.h, which is not installed. */
#define HAS_PLUGIN_DESCRIBE WIRESHARK_AT_LEAST(4, 4)
#define PLUGIN_IS_DISSECTOR (1U << 0)

/* The variable of a switch among the preferences. */
#if WIRESHARK_AT_LEAST(4, 4)
typedef bool preference_switch;
#else
typedef gboolean preference_switch;
#endif

/* Since 4.6 the routine that begins a statistic says whether it could; before, it ended the program. */
#if WIRESHARK_AT_LEAST(4, 6)
#define STATISTIC_BEGINS bool
#define STATISTIC_RETURN(begun) return begun
#else
#define STATISTIC_BEGINS void
#define STATISTIC_RETURN(begun)  \
    do {                         \
        if (!(begun))            \
            exit(1);             \
        return;                  \
    } while (0)
#endif

#endif
