/* What differs between the versions of Wireshark.
 * SPDX-License-Identifier: GPL-2.0-or-later */

#ifndef TCPDX_COMPAT_H
#define TCPDX_COMPAT_H

#include <ws_version.h>

#define WIRESHARK_AT_LEAST(major, minor)    \
    (WIRESHARK_VERSION_MAJOR > (major) ||   \
     (WIRESHARK_VERSION_MAJOR == (major) && WIRESHARK_VERSION_MINOR >= (minor)))

/* Since 4.4 a plugin says what it brings; the flags are in wsutil/plugins.h, which is not installed. */
#define HAS_PLUGIN_DESCRIBE WIRESHARK_AT_LEAST(4, 4)
#define PLUGIN_IS_DISSECTOR (1U << 0)

#endif
