/* Protocol, fields and expert infos, registered from the library's tables.
 * SPDX-License-Identifier: GPL-2.0-or-later */

#include "shim.h"

struct tcpdx_registered tcpdx_registered = {-1, -1, -1, NULL, NULL, NULL};

static header_field_info describe_field(const tcpdx_field *field)
{
    header_field_info info = {field->name, field->filter, FT_STRING, BASE_NONE, NULL, 0, field->about, HFILL};
    switch (field->kind) {
    case TCPDX_KIND_NUMBER:
        info.type = FT_UINT32;
        info.display = BASE_DEC;
        break;
    case TCPDX_KIND_FRAME:
        info.type = FT_FRAMENUM;
        info.strings = FRAMENUM_TYPE(FT_FRAMENUM_NONE);
        break;
    case TCPDX_KIND_BOOLEAN:
        info.type = FT_BOOLEAN;
        break;
    case TCPDX_KIND_DURATION:
        info.type = FT_RELATIVE_TIME;
        break;
    }
    return info;
}

static void register_fields(void)
{
    const uint32_t count = tcpdx_field_count();
    hf_register_info *table = wmem_alloc_array(wmem_epan_scope(), hf_register_info, count);

    tcpdx_registered.fields = wmem_alloc_array(wmem_epan_scope(), int, count);
    tcpdx_registered.field_kinds = wmem_alloc_array(wmem_epan_scope(), tcpdx_kind, count);
    for (uint32_t i = 0; i < count; i++) {
        tcpdx_field field = {.size = sizeof field};
        tcpdx_field_info(i, tcpdx_language_of_locale(), &field);
        tcpdx_registered.fields[i] = -1;
        tcpdx_registered.field_kinds[i] = (tcpdx_kind)field.kind;
        table[i] = (hf_register_info){&tcpdx_registered.fields[i], describe_field(&field)};
    }
    proto_register_field_array(tcpdx_registered.protocol, table, (int)count);
}

static int expert_group(uint32_t group)
{
    switch (group) {
    case TCPDX_GROUP_RESPONSE:
        return PI_RESPONSE_CODE;
    case TCPDX_GROUP_PROTOCOL:
        return PI_PROTOCOL;
    case TCPDX_GROUP_ASSUMPTION:
        return PI_ASSUMPTION;
    default:
        return PI_SEQUENCE;
    }
}

static int expert_severity(uint32_t severity)
{
    switch (severity) {
    case TCPDX_SEVERITY_ERROR:
        return PI_ERROR;
    case TCPDX_SEVERITY_WARN:
        return PI_WARN;
    case TCPDX_SEVERITY_NOTE:
        return PI_NOTE;
    default:
        return PI_CHAT;
    }
}

static ei_register_info describe_expert(uint32_t index, const tcpdx_diagnosis *diagnosis, uint32_t severity)
{
    expert_field *id = &tcpdx_registered.experts[index][severity - 1];
    ei_register_info info = {id, {diagnosis->filter, expert_group(diagnosis->group),
                                  expert_severity(severity), diagnosis->title, EXPFILL}};
    info.eiinfo.hf_info.hfinfo.blurb = diagnosis->about;
    *id = (expert_field)EI_INIT;
    return info;
}

static void register_experts(void)
{
    const uint32_t count = tcpdx_diagnosis_count();
    ei_register_info *table = wmem_alloc_array(wmem_epan_scope(), ei_register_info, count * TCPDX_SEVERITY_ERROR);
    ei_register_info *next = table;

    tcpdx_registered.experts =
        wmem_alloc(wmem_epan_scope(), count * sizeof *tcpdx_registered.experts);
    for (uint32_t i = 0; i < count; i++) {
        tcpdx_diagnosis diagnosis = {.size = sizeof diagnosis};
        tcpdx_diagnosis_info(i, tcpdx_language_of_locale(), &diagnosis);
        for (uint32_t severity = TCPDX_SEVERITY_CHAT; severity <= TCPDX_SEVERITY_ERROR; severity++)
            if (severity != diagnosis.severity)
                *next++ = describe_expert(i, &diagnosis, severity);
        /* The usual one last: the user's own severities apply to the last of a name. */
        *next++ = describe_expert(i, &diagnosis, diagnosis.severity);
    }
    expert_register_field_array(expert_register_protocol(tcpdx_registered.protocol), table, (int)(next - table));
}

void tcpdx_register(void)
{
    static int *subtrees[] = {&tcpdx_registered.subtree, &tcpdx_registered.finding_subtree};

    tcpdx_registered.protocol = proto_register_protocol("TCP diagnosis", "TCP diagnosis", "tcpdx");
    register_fields();
    register_experts();
    proto_register_subtree_array(subtrees, array_length(subtrees));
}
