/* What Wireshark looks for when it loads the plugin, and the engine of each capture file.
 * SPDX-License-Identifier: GPL-2.0-or-later */

#include "shim.h"

#include <wsutil/wslog.h>

tcpdx_engine *tcpdx_open_engine;

WS_DLL_PUBLIC_DEF const char plugin_version[] = TCPDX_VERSION;
WS_DLL_PUBLIC_DEF const int plugin_want_major = WIRESHARK_VERSION_MAJOR;
WS_DLL_PUBLIC_DEF const int plugin_want_minor = WIRESHARK_VERSION_MINOR;
WS_DLL_PUBLIC void plugin_register(void);

#if HAS_PLUGIN_DESCRIBE
WS_DLL_PUBLIC uint32_t plugin_describe(void);

uint32_t plugin_describe(void)
{
    return PLUGIN_IS_DISSECTOR;
}
#endif

static void open_engine(void)
{
    const tcpdx_settings settings = tcpdx_chosen_settings();
    const tcpdx_status status = tcpdx_engine_new(TCPDX_ABI_VERSION, &settings, &tcpdx_open_engine);
    if (status != TCPDX_STATUS_OK)
        ws_warning("tcpdx: no diagnosis: %s", tcpdx_status_text(status));
}

static void close_engine(void)
{
    tcpdx_engine_free(tcpdx_open_engine);
    tcpdx_open_engine = NULL;
}

static void register_protocol(void)
{
    tcpdx_register();
    tcpdx_register_preferences();
    tcpdx_register_statistics();
    register_init_routine(open_engine);
    register_cleanup_routine(close_engine);
}

void plugin_register(void)
{
    static proto_plugin plugin = {register_protocol, tcpdx_wrap};

    if (tcpdx_abi_version() != TCPDX_ABI_VERSION) {
        ws_warning("tcpdx: the plugin was built for another version of libtcpdx.so (this one is %s): "
                   "install both anew with `tcpdx install`", tcpdx_version());
        return;
    }
    proto_register_plugin(&plugin);
}
