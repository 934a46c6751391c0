/* Preferences, registered from the library's list of settings.
 * SPDX-License-Identifier: GPL-2.0-or-later */

#include "shim.h"

#include <epan/prefs.h>

#define FIRST_LANGUAGE 0

/* Where Wireshark keeps the value of a preference. */
union chosen {
    int choice;
    preference_switch on;
    unsigned span;
};

static uint32_t count;
static uint32_t *kinds;
static union chosen *preferences;
static uint32_t *values;

/* Wireshark writes the titles into the user's files: they are the same in every locale. */
static const enum_val_t *describe_choices(uint32_t index)
{
    tcpdx_setting setting = {.size = sizeof setting};
    tcpdx_setting_info(index, FIRST_LANGUAGE, &setting);
    enum_val_t *choices = wmem_alloc0_array(wmem_epan_scope(), enum_val_t, setting.choice_count + 1);

    for (uint32_t i = 0; i < setting.choice_count; i++)
        choices[i] = (enum_val_t){setting.choices[i].name, setting.choices[i].title, (int)i};
    return choices;
}

static void register_preference(module_t *module, uint32_t index, const tcpdx_setting *setting,
                                union chosen *preference)
{
    switch (setting->kind) {
    case TCPDX_SETTING_KIND_CHOICE:
        preference->choice = (int)setting->usual;
        prefs_register_enum_preference(module, setting->name, setting->title, setting->about, &preference->choice,
                                       describe_choices(index), FALSE);
        break;
    case TCPDX_SETTING_KIND_SWITCH:
        preference->on = setting->usual != 0;
        prefs_register_bool_preference(module, setting->name, setting->title, setting->about, &preference->on);
        break;
    case TCPDX_SETTING_KIND_MILLISECONDS:
        preference->span = setting->usual;
        prefs_register_uint_preference(module, setting->name, setting->title, setting->about, 10, &preference->span);
        break;
    }
}

void tcpdx_register_preferences(void)
{
    module_t *module = prefs_register_protocol(tcpdx_registered.protocol, NULL);

    count = tcpdx_setting_count();
    kinds = wmem_alloc_array(wmem_epan_scope(), uint32_t, count);
    preferences = wmem_alloc0_array(wmem_epan_scope(), union chosen, count);
    values = wmem_alloc_array(wmem_epan_scope(), uint32_t, count);
    for (uint32_t i = 0; i < count; i++) {
        tcpdx_setting setting = {.size = sizeof setting};
        tcpdx_setting_info(i, tcpdx_language_of_locale(), &setting);
        kinds[i] = setting.kind;
        register_preference(module, i, &setting, &preferences[i]);
    }
}

static uint32_t value_of(uint32_t kind, const union chosen *preference)
{
    switch (kind) {
    case TCPDX_SETTING_KIND_CHOICE:
        return (uint32_t)preference->choice;
    case TCPDX_SETTING_KIND_SWITCH:
        return preference->on ? 1 : 0;
    default:
        return preference->span;
    }
}

tcpdx_settings tcpdx_chosen_settings(void)
{
    for (uint32_t i = 0; i < count; i++)
        values[i] = value_of(kinds[i], &preferences[i]);
    return (tcpdx_settings){.size = sizeof(tcpdx_settings), .count = count, .values = values};
}
