/* tcpdx: what went wrong with a TCP connection. SPDX-License-Identifier: MIT
 *
 * Generated from plugin/src by cbindgen; do not edit.
 *
 * An engine diagnoses one capture. Feed it every TCP packet and every ICMP packet in file order with
 * tcpdx_engine_packet and tcpdx_engine_icmp, and ask it about any frame, at any time, with
 * tcpdx_engine_values (the connection) and tcpdx_engine_findings (what was found). tcpdx_engine_statistics
 * and tcpdx_engine_table are about whole connections.
 *
 * Rules that hold for every function:
 * - It returns TCPDX_STATUS_OK, or a status that says what was wrong; then nothing was written.
 *   No input makes it crash. A NULL where a pointer is wanted gives TCPDX_STATUS_NULL_POINTER.
 * - A struct that the caller provides begins with its own size: set `size` to sizeof the struct before
 *   the call, also where the struct is to be filled.
 * - Strings are UTF-8 and end with a NUL. What the library hands out stays the library's: free nothing
 *   of it. What has no engine (fields, diagnoses, languages) lives as long as the library; what
 *   an engine hands out lives until the next call of the same function on that engine.
 * - An engine may be used by one thread at a time; different engines are independent.
 * - Frames are counted from 1. Times are in nanoseconds.
 */

#ifndef TCPDX_H
#define TCPDX_H

#include <stddef.h>
#include <stdint.h>

/**
 * Version of this interface. It changes whenever a struct or a function does.
 */
#define TCPDX_ABI_VERSION 6

/**
 * How deep the tree of statistics is at most.
 */
#define TCPDX_STATISTIC_DEPTH 3

/**
 * How a call ended.
 */
typedef enum tcpdx_status {
  /**
   * Done.
   */
  TCPDX_STATUS_OK = 0,
  /**
   * Nothing is known of this: no such frame, no such connection, or a packet that says nothing.
   */
  TCPDX_STATUS_NOTHING = 1,
  /**
   * A pointer was NULL.
   */
  TCPDX_STATUS_NULL_POINTER = 2,
  /**
   * A struct's `size` is not that of this version of the interface.
   */
  TCPDX_STATUS_WRONG_SIZE = 3,
  /**
   * The caller was built for another version of the interface.
   */
  TCPDX_STATUS_WRONG_VERSION = 4,
  /**
   * A number or code is out of its range.
   */
  TCPDX_STATUS_WRONG_VALUE = 5,
  /**
   * A fault of the library. The engine answers nothing more; free it.
   */
  TCPDX_STATUS_INTERNAL = 6,
} tcpdx_status;

/**
 * When the findings of a frame are wanted.
 */
typedef enum tcpdx_look {
  /**
   * While the capture is being read: what this frame is the first to prove.
   */
  TCPDX_LOOK_FIRST = 1,
  /**
   * After it was read: what is about this frame.
   */
  TCPDX_LOOK_LATER = 2,
} tcpdx_look;

/**
 * How bad a finding is.
 */
typedef enum tcpdx_severity {
  /**
   * A normal milestone.
   */
  TCPDX_SEVERITY_CHAT = 1,
  /**
   * Worth knowing.
   */
  TCPDX_SEVERITY_NOTE = 2,
  /**
   * Trouble that it recovered from, or an abnormal end.
   */
  TCPDX_SEVERITY_WARN = 3,
  /**
   * The connection failed, died or is stuck.
   */
  TCPDX_SEVERITY_ERROR = 4,
} tcpdx_severity;

/**
 * How sure a finding is. It says nothing of how bad it is.
 */
typedef enum tcpdx_certainty {
  /**
   * It fits, as other explanations do.
   */
  TCPDX_CERTAINTY_POSSIBLE = 1,
  /**
   * It fits best; what else would do is unusual.
   */
  TCPDX_CERTAINTY_LIKELY = 2,
  /**
   * The packets leave no other explanation.
   */
  TCPDX_CERTAINTY_PROVED = 3,
} tcpdx_certainty;

/**
 * What a finding did to its connection.
 */
typedef enum tcpdx_effect {
  /**
   * Nothing that one would notice.
   */
  TCPDX_EFFECT_NONE = 0,
  /**
   * It was slowed down, or had to be repaired.
   */
  TCPDX_EFFECT_SLOWED = 1,
  /**
   * It ended it, or kept it from beginning.
   */
  TCPDX_EFFECT_ENDED = 2,
} tcpdx_effect;

/**
 * To which group of Wireshark's expert information a diagnosis belongs.
 */
typedef enum tcpdx_group {
  /**
   * The order of things: handshake, close, loss.
   */
  TCPDX_GROUP_SEQUENCE = 1,
  /**
   * What a peer or an application answered, or failed to answer.
   */
  TCPDX_GROUP_RESPONSE = 2,
  /**
   * What the protocol forbids.
   */
  TCPDX_GROUP_PROTOCOL = 3,
  /**
   * The capture itself.
   */
  TCPDX_GROUP_ASSUMPTION = 4,
} tcpdx_group;

/**
 * How the value of a field is to be read.
 */
typedef enum tcpdx_kind {
  /**
   * `text` holds it.
   */
  TCPDX_KIND_TEXT = 1,
  /**
   * `number` holds it; not negative, below 2^32.
   */
  TCPDX_KIND_NUMBER = 2,
  /**
   * `number` holds the number of a frame.
   */
  TCPDX_KIND_FRAME = 3,
  /**
   * `number` holds a time span in nanoseconds.
   */
  TCPDX_KIND_DURATION = 4,
  /**
   * `number` is 1 for yes and 0 for no.
   */
  TCPDX_KIND_BOOLEAN = 5,
} tcpdx_kind;

/**
 * The family of an address.
 */
typedef enum tcpdx_family {
  /**
   * IPv4: 4 bytes.
   */
  TCPDX_FAMILY_V4 = 4,
  /**
   * IPv6: 16 bytes.
   */
  TCPDX_FAMILY_V6 = 6,
} tcpdx_family;

/**
 * How a setting is chosen.
 */
typedef enum tcpdx_setting_kind {
  /**
   * One of `choices`; the value is its index.
   */
  TCPDX_SETTING_KIND_CHOICE = 1,
  /**
   * On (1) or off (0).
   */
  TCPDX_SETTING_KIND_SWITCH = 2,
  /**
   * A time span; the value is in milliseconds.
   */
  TCPDX_SETTING_KIND_MILLISECONDS = 3,
} tcpdx_setting_kind;

/**
 * The diagnosis of one capture.
 */
typedef struct tcpdx_engine tcpdx_engine;

/**
 * One diagnosis of the catalogue.
 */
typedef struct tcpdx_diagnosis {
  /**
   * sizeof(tcpdx_diagnosis).
   */
  uint32_t size;
  /**
   * A tcpdx_severity: the usual one. A finding has its own.
   */
  uint32_t severity;
  /**
   * A tcpdx_certainty: the usual one. A finding has its own.
   */
  uint32_t certainty;
  /**
   * A tcpdx_group.
   */
  uint32_t group;
  /**
   * Its filter, which is its id after the prefix: "tcpdx.handshake.rejected".
   */
  const char *filter;
  /**
   * What it is called, in a few words.
   */
  const char *title;
  /**
   * What it means, in one or two sentences.
   */
  const char *about;
} tcpdx_diagnosis;

/**
 * What was chosen for an engine.
 */
typedef struct tcpdx_settings {
  /**
   * sizeof(tcpdx_settings).
   */
  uint32_t size;
  /**
   * Length of `values`: tcpdx_setting_count(), or 0 for the usual ones.
   */
  uint32_t count;
  /**
   * The value of each setting; not kept after the call.
   */
  const uint32_t *values;
} tcpdx_settings;

/**
 * An IP address.
 */
typedef struct tcpdx_address {
  /**
   * A tcpdx_family.
   */
  uint8_t family;
  /**
   * The address in network byte order, as it stands in the packet; for IPv4 the first 4 bytes.
   */
  uint8_t bytes[16];
} tcpdx_address;

/**
 * One TCP packet as the capture shows it.
 */
typedef struct tcpdx_packet {
  /**
   * sizeof(tcpdx_packet).
   */
  uint32_t size;
  /**
   * Number of the frame, from 1.
   */
  uint32_t frame;
  /**
   * Capture time, nanoseconds since 1970-01-01 UTC.
   */
  int64_t time_ns;
  /**
   * Who sent it.
   */
  struct tcpdx_address src;
  /**
   * Whom it is sent to.
   */
  struct tcpdx_address dst;
  /**
   * Which TCP or ICMP layer of the frame this is: 0 the outermost, more inside tunnels.
   */
  uint8_t layer;
  /**
   * Not 0 when `ttl` and `ecn` hold what the IP header says.
   */
  uint8_t has_ip;
  /**
   * Time to live (IPv4) or hop limit (IPv6).
   */
  uint8_t ttl;
  /**
   * The two ECN bits of the IP header, 0 to 3.
   */
  uint8_t ecn;
  /**
   * Not 0 when `id` holds the identification field of IPv4.
   */
  uint8_t has_id;
  /**
   * The identification field of IPv4, in host byte order.
   */
  uint16_t id;
  /**
   * A number for the link it was captured on (interface and VLAN tags); 0 when nothing is known.
   */
  uint32_t link;
  /**
   * The MAC address from which the frame came, as a number of 48 bits; 0 when it is not known.
   */
  uint64_t station_from;
  /**
   * The MAC address to which it went; likewise.
   */
  uint64_t station_to;
  /**
   * Length of TCP header and payload on the wire, in bytes.
   */
  uint32_t wire_len;
  /**
   * How many bytes of them were captured: the length of `bytes`.
   */
  uint32_t captured_len;
  /**
   * The captured bytes from the first byte of the TCP header on; not kept after the call.
   */
  const uint8_t *bytes;
} tcpdx_packet;

/**
 * One ICMP or ICMPv6 packet as the capture shows it.
 */
typedef struct tcpdx_icmp {
  /**
   * sizeof(tcpdx_icmp).
   */
  uint32_t size;
  /**
   * Number of the frame, from 1.
   */
  uint32_t frame;
  /**
   * Capture time, nanoseconds since 1970-01-01 UTC.
   */
  int64_t time_ns;
  /**
   * Who sent it: the source address of the ICMP packet itself, not of what it quotes.
   */
  struct tcpdx_address src;
  /**
   * Whom it is sent to.
   */
  struct tcpdx_address dst;
  /**
   * Which TCP or ICMP layer of the frame this is: 0 the outermost, more inside tunnels.
   */
  uint8_t layer;
  /**
   * Not 0 for ICMPv6.
   */
  uint8_t v6;
  /**
   * How many bytes were captured: the length of `bytes`.
   */
  uint32_t captured_len;
  /**
   * The captured bytes from the first byte of the ICMP header on; not kept after the call.
   */
  const uint8_t *bytes;
} tcpdx_icmp;

/**
 * The value of one field.
 */
typedef struct tcpdx_value {
  /**
   * Which field: below tcpdx_field_count(). Its tcpdx_kind says which of the two below is in use.
   */
  uint32_t field;
  /**
   * Not 0 for a value that an earlier one's line tells too, and that need not be shown itself.
   */
  uint8_t is_in_line;
  /**
   * A number, a frame number, or nanoseconds.
   */
  int64_t number;
  /**
   * A text; NULL when there is none.
   */
  const char *text;
  /**
   * How it is shown, in words; NULL where its name and the value are enough.
   */
  const char *line;
} tcpdx_value;

/**
 * What is known about the connection of a frame, in the order in which it is best shown.
 */
typedef struct tcpdx_values {
  /**
   * sizeof(tcpdx_values).
   */
  uint32_t size;
  /**
   * Length of `items`.
   */
  uint32_t count;
  /**
   * The values.
   */
  const struct tcpdx_value *items;
} tcpdx_values;

/**
 * One finding.
 */
typedef struct tcpdx_finding {
  /**
   * Which diagnosis: below tcpdx_diagnosis_count().
   */
  uint32_t diagnosis;
  /**
   * A tcpdx_severity.
   */
  uint32_t severity;
  /**
   * A tcpdx_certainty.
   */
  uint32_t certainty;
  /**
   * A tcpdx_effect.
   */
  uint32_t effect;
  /**
   * What happened, in one sentence whose words are as sure as it is; with the reason for an unusual severity.
   */
  const char *message;
  /**
   * Length of `values`.
   */
  uint32_t value_count;
  /**
   * Its id, severity, certainty and effect, its causes, what to check and its evidence, in the order in which
   * they are best shown.
   */
  const struct tcpdx_value *values;
} tcpdx_finding;

/**
 * The findings of a frame, most severe first.
 */
typedef struct tcpdx_findings {
  /**
   * sizeof(tcpdx_findings).
   */
  uint32_t size;
  /**
   * Length of `items`; 0 when there is nothing to say.
   */
  uint32_t count;
  /**
   * The findings.
   */
  const struct tcpdx_finding *items;
  /**
   * Their titles in one line; NULL when there are none.
   */
  const char *headline;
} tcpdx_findings;

/**
 * One field, to be registered.
 */
typedef struct tcpdx_field {
  /**
   * sizeof(tcpdx_field).
   */
  uint32_t size;
  /**
   * A tcpdx_kind.
   */
  uint32_t kind;
  /**
   * Its filter: "tcpdx.client.state".
   */
  const char *filter;
  /**
   * What it is called, in a few words.
   */
  const char *name;
  /**
   * What it means, in a sentence.
   */
  const char *about;
} tcpdx_field;

/**
 * One of several that can be chosen.
 */
typedef struct tcpdx_choice {
  /**
   * One word for files and command lines: "auto".
   */
  const char *name;
  /**
   * What it is called.
   */
  const char *title;
} tcpdx_choice;

/**
 * One thing that can be chosen for an engine, to be registered.
 */
typedef struct tcpdx_setting {
  /**
   * sizeof(tcpdx_setting).
   */
  uint32_t size;
  /**
   * A tcpdx_setting_kind.
   */
  uint32_t kind;
  /**
   * One word for files and command lines: "language".
   */
  const char *name;
  /**
   * What it is called, in a few words.
   */
  const char *title;
  /**
   * What it does, in a sentence.
   */
  const char *about;
  /**
   * Its value unless the user chooses another.
   */
  uint32_t usual;
  /**
   * Length of `choices`; 0 when its kind has none.
   */
  uint32_t choice_count;
  /**
   * What can be chosen.
   */
  const struct tcpdx_choice *choices;
} tcpdx_setting;

/**
 * One thing to count, as a path in a tree: each name on it counts once more.
 */
typedef struct tcpdx_statistic {
  /**
   * How many names the path has, at least 1.
   */
  uint32_t depth;
  /**
   * Not 0 when `measure` is to be averaged at the last name of the path.
   */
  uint32_t has_measure;
  /**
   * The names, from the root on; NULL beyond `depth`.
   */
  const char *path[TCPDX_STATISTIC_DEPTH];
  /**
   * What is averaged.
   */
  double measure;
} tcpdx_statistic;

/**
 * What one connection adds to the statistics.
 */
typedef struct tcpdx_statistics {
  /**
   * sizeof(tcpdx_statistics).
   */
  uint32_t size;
  /**
   * Length of `items`.
   */
  uint32_t count;
  /**
   * What is to be counted.
   */
  const struct tcpdx_statistic *items;
} tcpdx_statistics;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The version of the interface that this library speaks: TCPDX_ABI_VERSION of its header.
 */
uint32_t tcpdx_abi_version(void);

/**
 * The version of the library, for people: "0.1.0".
 */
const char *tcpdx_version(void);

/**
 * How many diagnoses there are; they are numbered from 0.
 */
uint32_t tcpdx_diagnosis_count(void);

/**
 * Tells one diagnosis in a language (below tcpdx_language_count()).
 * TCPDX_STATUS_WRONG_VALUE when there is no such diagnosis or language.
 */
enum tcpdx_status tcpdx_diagnosis_info(uint32_t diagnosis, uint32_t language, struct tcpdx_diagnosis *info);

/**
 * How many languages there are; they are numbered from 0, English first.
 */
uint32_t tcpdx_language_count(void);

/**
 * The BCP 47 tag of a language: "en". NULL when there is no such language.
 */
const char *tcpdx_language_tag(uint32_t language);

/**
 * Makes an engine for one capture and puts it into `*engine`; free it with tcpdx_engine_free.
 * `abi_version` is TCPDX_ABI_VERSION: TCPDX_STATUS_WRONG_VERSION when this library speaks another.
 */
enum tcpdx_status tcpdx_engine_new(uint32_t abi_version,
                                   const struct tcpdx_settings *settings,
                                   struct tcpdx_engine **engine);

/**
 * Frees an engine and all that it handed out. NULL is fine.
 */
enum tcpdx_status tcpdx_engine_free(struct tcpdx_engine *engine);

/**
 * Takes in one TCP packet; to be called for every one, in file order, once.
 * Nothing is told of one whose header was not captured far enough to tell its connection.
 */
enum tcpdx_status tcpdx_engine_packet(struct tcpdx_engine *engine, const struct tcpdx_packet *packet);

/**
 * Takes in one ICMP or ICMPv6 packet; to be called for every one, in file order, once.
 * Nothing is told of one that is no error about a TCP connection of this capture.
 */
enum tcpdx_status tcpdx_engine_icmp(struct tcpdx_engine *engine, const struct tcpdx_icmp *icmp);

/**
 * Puts the number of the connection of one TCP or ICMP layer of a frame into `*stream`.
 * TCPDX_STATUS_NOTHING when that layer was never taken in.
 */
enum tcpdx_status tcpdx_engine_stream(struct tcpdx_engine *engine,
                                      uint32_t frame,
                                      uint8_t layer,
                                      uint32_t *stream);

/**
 * Tells about the connection of one TCP or ICMP layer of a frame, as far as it has been taken in.
 * `look` is a tcpdx_look. TCPDX_STATUS_NOTHING when that layer was never taken in.
 */
enum tcpdx_status tcpdx_engine_values(struct tcpdx_engine *engine,
                                      uint32_t frame,
                                      uint8_t layer,
                                      uint32_t look,
                                      struct tcpdx_values *values);

/**
 * Tells the findings of one TCP or ICMP layer of a frame, most severe first.
 * `look` is a tcpdx_look. TCPDX_STATUS_OK with a count of 0 when there is nothing to say.
 */
enum tcpdx_status tcpdx_engine_findings(struct tcpdx_engine *engine,
                                        uint32_t frame,
                                        uint8_t layer,
                                        uint32_t look,
                                        struct tcpdx_findings *findings);

/**
 * How many fields there are; they are numbered from 0.
 */
uint32_t tcpdx_field_count(void);

/**
 * Tells one field in a language (below tcpdx_language_count()).
 * TCPDX_STATUS_WRONG_VALUE when there is no such field or language.
 */
enum tcpdx_status tcpdx_field_info(uint32_t field, uint32_t language, struct tcpdx_field *info);

/**
 * The number of the language of the locale: below tcpdx_language_count().
 */
uint32_t tcpdx_language_of_locale(void);

/**
 * How many settings there are; they are numbered from 0.
 */
uint32_t tcpdx_setting_count(void);

/**
 * Tells one setting in a language (below tcpdx_language_count()).
 * TCPDX_STATUS_WRONG_VALUE when there is no such setting or language.
 */
enum tcpdx_status tcpdx_setting_info(uint32_t setting, uint32_t language, struct tcpdx_setting *info);

/**
 * Tells what one connection adds to the statistics.
 * TCPDX_STATUS_NOTHING when there is no such connection.
 */
enum tcpdx_status tcpdx_engine_statistics(struct tcpdx_engine *engine,
                                          uint32_t stream,
                                          struct tcpdx_statistics *statistics);

/**
 * Writes a table of connections, with outcome and story, and puts it into `*text`: lines that each end with
 * a newline. `streams` holds the `count` numbers of the connections; what is no connection is left out.
 */
enum tcpdx_status tcpdx_engine_table(struct tcpdx_engine *engine,
                                     const uint32_t *streams,
                                     uint32_t count,
                                     const char **text);

/**
 * What a status means, in English. Never NULL.
 */
const char *tcpdx_status_text(int32_t status);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* TCPDX_H */
