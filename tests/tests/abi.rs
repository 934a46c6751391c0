//! The built library, driven through bindings made from its header.
//!
//! This is a caller in another language: it has to build structs of raw pointers.
#![allow(unsafe_code)]
#![allow(clippy::unwrap_used)] // in a test, to fail is right

use ::tcpdx_engine::Diagnosis;
use std::ffi::{CStr, c_char};
use std::ops::RangeInclusive;
use std::ptr::{null, null_mut};
use tcpdx_tests::abi::*;
use tcpdx_tests::built::built;
use tcpdx_tests::sharkd::resident;

fn library() -> Library {
    unsafe { Library::new(&built().library) }.unwrap()
}

fn text(text: *const c_char) -> &'static str {
    assert!(!text.is_null());
    unsafe { CStr::from_ptr(text) }.to_str().unwrap()
}

fn size_of_u32<T>() -> u32 {
    size_of::<T>().try_into().unwrap()
}

fn settings() -> tcpdx_settings {
    tcpdx_settings { size: size_of_u32::<tcpdx_settings>(), ..Default::default() }
}

/// An engine that is freed with its owner.
struct Engine<'a> {
    library: &'a Library,
    engine: *mut tcpdx_engine,
}

impl<'a> Engine<'a> {
    fn new(library: &'a Library) -> Engine<'a> {
        let mut engine = null_mut();
        let status = unsafe { library.tcpdx_engine_new(TCPDX_ABI_VERSION, &settings(), &mut engine) };
        assert_eq!(status, TCPDX_STATUS_OK);
        Engine { library, engine }
    }

    fn packet(&self, packet: &tcpdx_packet) -> tcpdx_status {
        unsafe { self.library.tcpdx_engine_packet(self.engine, packet) }
    }

    fn icmp(&self, icmp: &tcpdx_icmp) -> tcpdx_status {
        unsafe { self.library.tcpdx_engine_icmp(self.engine, icmp) }
    }

    fn stream(&self, frame: u32) -> (tcpdx_status, u32) {
        let mut stream = 0;
        (unsafe { self.library.tcpdx_engine_stream(self.engine, frame, 0, &mut stream) }, stream)
    }

    fn values(&self, frame: u32, look: u32) -> (tcpdx_status, tcpdx_values) {
        let mut values = tcpdx_values { size: size_of_u32::<tcpdx_values>(), ..Default::default() };
        (unsafe { self.library.tcpdx_engine_values(self.engine, frame, 0, look, &mut values) }, values)
    }

    fn findings(&self, frame: u32, look: u32) -> (tcpdx_status, tcpdx_findings) {
        let mut findings = tcpdx_findings { size: size_of_u32::<tcpdx_findings>(), ..Default::default() };
        (unsafe { self.library.tcpdx_engine_findings(self.engine, frame, 0, look, &mut findings) }, findings)
    }

    /// The values as `filter: value`, frames as `filter: number line`.
    fn read(&self, values: *const tcpdx_value, count: u32) -> Vec<String> {
        let values =
            if count == 0 { &[] } else { unsafe { std::slice::from_raw_parts(values, count as usize) } };
        let read = |value: &tcpdx_value| {
            let field = field(self.library, value.field);
            let filter = text(field.filter);
            match field.kind {
                TCPDX_KIND_TEXT => format!("{filter}: {}", text(value.text)),
                TCPDX_KIND_FRAME if !value.line.is_null() => {
                    format!("{filter}: {} {}", value.number, text(value.line))
                }
                _ => format!("{filter}: {}", value.number),
            }
        };
        values.iter().map(read).collect()
    }
}

impl Drop for Engine<'_> {
    fn drop(&mut self) {
        assert_eq!(unsafe { self.library.tcpdx_engine_free(self.engine) }, TCPDX_STATUS_OK);
    }
}

fn field(library: &Library, index: u32) -> tcpdx_field {
    let mut field = tcpdx_field { size: size_of_u32::<tcpdx_field>(), ..Default::default() };
    assert_eq!(unsafe { library.tcpdx_field_info(index, 0, &mut field) }, TCPDX_STATUS_OK);
    field
}

const CLIENT: [u8; 4] = [192, 0, 2, 1];
const SERVER: [u8; 4] = [192, 0, 2, 2];
const SYN: u8 = 0x02;
const RST_ACK: u8 = 0x14;

fn address(bytes: [u8; 4]) -> tcpdx_address {
    let mut address = tcpdx_address { family: TCPDX_FAMILY_V4 as u8, bytes: [0; 16] };
    address.bytes[..4].copy_from_slice(&bytes);
    address
}

/// A TCP header without options.
fn header(from: u16, to: u16, seq: u32, ack: u32, flags: u8) -> Vec<u8> {
    let mut header = Vec::new();
    header.extend(from.to_be_bytes());
    header.extend(to.to_be_bytes());
    header.extend(seq.to_be_bytes());
    header.extend(ack.to_be_bytes());
    header.extend([0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
    header
}

fn packet(frame: u32, src: [u8; 4], dst: [u8; 4], bytes: &[u8]) -> tcpdx_packet {
    tcpdx_packet {
        size: size_of_u32::<tcpdx_packet>(),
        frame,
        time_ns: i64::from(frame) * 1_000_000,
        src: address(src),
        dst: address(dst),
        has_ip: 1,
        ttl: 64,
        wire_len: bytes.len() as u32,
        captured_len: bytes.len() as u32,
        bytes: bytes.as_ptr(),
        ..Default::default()
    }
}

#[test]
fn library_says_its_version() {
    let library = library();
    assert_eq!(unsafe { library.tcpdx_abi_version() }, TCPDX_ABI_VERSION);
    assert_eq!(text(unsafe { library.tcpdx_version() }), env!("CARGO_PKG_VERSION"));
}

#[test]
fn every_diagnosis_can_be_registered() {
    let library = library();
    let mut filters = Vec::new();
    for index in 0..unsafe { library.tcpdx_diagnosis_count() } {
        let mut info = tcpdx_diagnosis { size: size_of_u32::<tcpdx_diagnosis>(), ..Default::default() };
        assert_eq!(unsafe { library.tcpdx_diagnosis_info(index, 0, &mut info) }, TCPDX_STATUS_OK);
        assert!((TCPDX_SEVERITY_CHAT..=TCPDX_SEVERITY_ERROR).contains(&info.severity));
        assert!((TCPDX_CERTAINTY_POSSIBLE..=TCPDX_CERTAINTY_PROVED).contains(&info.certainty));
        assert!((TCPDX_GROUP_SEQUENCE..=TCPDX_GROUP_ASSUMPTION).contains(&info.group));
        assert!(!text(info.title).is_empty() && !text(info.about).is_empty());
        filters.push(text(info.filter).to_string());
    }
    let expected: Vec<_> = Diagnosis::ALL.iter().map(|known| format!("tcpdx.{}", known.id())).collect();
    assert_eq!(filters, expected);
}

#[test]
fn every_field_can_be_registered_under_a_filter_of_its_own() {
    let library = library();
    let mut filters = std::collections::BTreeSet::new();
    let count = unsafe { library.tcpdx_field_count() };
    for index in 0..count {
        let field = field(&library, index);
        assert!((TCPDX_KIND_TEXT..=TCPDX_KIND_BOOLEAN).contains(&field.kind));
        assert!(!text(field.name).is_empty() && !text(field.about).is_empty());
        filters.insert(text(field.filter));
    }
    assert_eq!(filters.len(), count as usize);
}

#[test]
fn languages_have_tags() {
    let library = library();
    let count = unsafe { library.tcpdx_language_count() };
    let tags: Vec<_> = (0..count).map(|index| text(unsafe { library.tcpdx_language_tag(index) })).collect();
    assert_eq!(tags[0], "en");
    assert!(unsafe { library.tcpdx_language_tag(count) }.is_null());
}

#[test]
fn statuses_have_words() {
    let library = library();
    let words: std::collections::BTreeSet<_> = (TCPDX_STATUS_OK..=TCPDX_STATUS_INTERNAL + 1)
        .map(|s| text(unsafe { library.tcpdx_status_text(s as i32) }))
        .collect();
    assert_eq!(words.len(), TCPDX_STATUS_INTERNAL as usize + 2);
}

#[test]
fn a_rejected_handshake_is_told() {
    let library = library();
    let engine = Engine::new(&library);
    let syn = header(4000, 80, 1000, 0, SYN);
    let rst = header(80, 4000, 0, 1001, RST_ACK);
    assert_eq!(engine.packet(&packet(1, CLIENT, SERVER, &syn)), TCPDX_STATUS_OK);
    assert_eq!(engine.packet(&packet(2, SERVER, CLIENT, &rst)), TCPDX_STATUS_OK);

    let (status, values) = engine.values(2, TCPDX_LOOK_LATER);
    assert_eq!(status, TCPDX_STATUS_OK);
    let values = engine.read(values.items, values.count);
    for expected in [
        "tcpdx.stream: 0",
        "tcpdx.client: 192.0.2.1:4000",
        "tcpdx.server: 192.0.2.2:80",
        "tcpdx.client.state: CLOSED",
        "tcpdx.outcome: rejected",
    ] {
        assert!(values.iter().any(|value| value == expected), "no {expected} in {values:#?}");
    }

    for look in [TCPDX_LOOK_FIRST, TCPDX_LOOK_LATER] {
        let (status, findings) = engine.findings(2, look);
        assert_eq!((status, findings.count), (TCPDX_STATUS_OK, 1));
        assert!(!text(findings.headline).is_empty());
        let finding = unsafe { &*findings.items };
        assert_eq!(finding.diagnosis, Diagnosis::HandshakeRejected as u32);
        assert_eq!(finding.severity, TCPDX_SEVERITY_ERROR);
        assert_eq!(finding.certainty, TCPDX_CERTAINTY_PROVED);
        assert!((TCPDX_EFFECT_NONE..=TCPDX_EFFECT_ENDED).contains(&finding.effect));
        assert!(!text(finding.message).is_empty());
        let values = engine.read(finding.values, finding.value_count);
        assert_eq!(
            values[..3],
            ["tcpdx.diagnosis: handshake.rejected", "tcpdx.severity: error", "tcpdx.certainty: proved"]
        );
        assert!(values[3].starts_with("tcpdx.effect: "), "{values:#?}");
        assert!(
            values.iter().any(|value| value.starts_with("tcpdx.evidence: 1 Evidence: 1 (")),
            "{values:#?}"
        );
    }
}

#[test]
fn an_icmp_error_belongs_to_the_connection_that_it_quotes() {
    let library = library();
    let engine = Engine::new(&library);
    let syn = header(4000, 80, 1000, 0, SYN);
    assert_eq!(engine.packet(&packet(1, CLIENT, SERVER, &syn)), TCPDX_STATUS_OK);

    let mut port_unreachable = vec![3, 3, 0, 0, 0, 0, 0, 0];
    port_unreachable.extend([0x45, 0, 0, 40, 0, 0, 0x40, 0, 63, 6, 0, 0]);
    port_unreachable.extend(CLIENT.iter().chain(&SERVER));
    port_unreachable.extend(&syn);
    let icmp = tcpdx_icmp {
        size: size_of_u32::<tcpdx_icmp>(),
        frame: 2,
        time_ns: 2_000_000,
        src: address([192, 0, 2, 254]),
        dst: address(CLIENT),
        captured_len: port_unreachable.len() as u32,
        bytes: port_unreachable.as_ptr(),
        ..Default::default()
    };
    assert_eq!(engine.icmp(&icmp), TCPDX_STATUS_OK);
    let (status, findings) = engine.findings(2, TCPDX_LOOK_LATER);
    assert_eq!((status, findings.count), (TCPDX_STATUS_OK, 1));
    assert_eq!(unsafe { &*findings.items }.diagnosis, Diagnosis::HandshakeRejectedByIcmp as u32);
}

#[test]
fn nothing_is_known_of_what_was_never_taken_in() {
    let library = library();
    let engine = Engine::new(&library);
    assert_eq!(engine.values(7, TCPDX_LOOK_LATER).0, TCPDX_STATUS_NOTHING);
    let (status, findings) = engine.findings(7, TCPDX_LOOK_LATER);
    assert_eq!((status, findings.count), (TCPDX_STATUS_OK, 0));
    assert!(findings.headline.is_null());
    let cut = header(4000, 80, 1000, 0, SYN);
    assert_eq!(engine.packet(&packet(1, CLIENT, SERVER, &cut[..19])), TCPDX_STATUS_OK);
    assert_eq!(engine.values(1, TCPDX_LOOK_LATER).0, TCPDX_STATUS_NOTHING);
}

/// Hands over a SYN of a connection of its own in each of `frames`.
fn syns(engine: &Engine, frames: RangeInclusive<u32>) {
    for frame in frames {
        let syn = header(1024 + frame as u16, 80, 1000, 0, SYN);
        assert_eq!(engine.packet(&packet(frame, CLIENT, SERVER, &syn)), TCPDX_STATUS_OK);
    }
}

/// The engine takes in what has gathered in a thread of its own; whoever asks sees none of that.
#[test]
fn what_is_asked_in_between_and_at_the_end_counts_every_packet() {
    let library = library();
    for parts in [vec![1..=15_000], vec![1..=1, 2..=4095, 4096..=4097, 4098..=8193, 8194..=15_000]] {
        let engine = Engine::new(&library);
        for frames in &parts {
            let last = *frames.end();
            syns(&engine, frames.clone());
            assert_eq!(engine.stream(last), (TCPDX_STATUS_OK, last - 1));
            assert_eq!(engine.stream(last + 1).0, TCPDX_STATUS_NOTHING);
        }
    }
}

#[test]
fn memory_is_given_back_with_every_engine() {
    let library = library();
    let mut settled = 0;
    for time in 1..=60 {
        // Every other one is freed while its thread is at work.
        let engine = Engine::new(&library);
        syns(&engine, 1..=15_000);
        if time % 2 == 0 {
            assert_eq!(engine.findings(15_000, TCPDX_LOOK_LATER).0, TCPDX_STATUS_OK);
        }
        drop(engine);
        if time == 20 {
            settled = resident(std::process::id()).unwrap();
        }
    }
    // Each takes more than 5 MB.
    let growth = resident(std::process::id()).unwrap().saturating_sub(settled);
    assert!(growth < 5000, "{growth} kB");
}

#[test]
fn null_gives_a_status() {
    let library = library();
    let engine = Engine::new(&library);
    let mut made = null_mut();
    let syn = header(4000, 80, 1000, 0, SYN);
    let whole = packet(1, CLIENT, SERVER, &syn);
    let no_bytes = tcpdx_packet { bytes: null(), ..whole };
    let icmp =
        tcpdx_icmp { size: size_of_u32::<tcpdx_icmp>(), frame: 1, captured_len: 8, ..Default::default() };
    let icmp = tcpdx_icmp { src: address(CLIENT), dst: address(SERVER), ..icmp };
    let later = TCPDX_LOOK_LATER;
    let statuses = unsafe {
        [
            library.tcpdx_diagnosis_info(0, 0, null_mut()),
            library.tcpdx_field_info(0, 0, null_mut()),
            library.tcpdx_engine_new(TCPDX_ABI_VERSION, null(), &mut made),
            library.tcpdx_engine_new(TCPDX_ABI_VERSION, &settings(), null_mut()),
            library.tcpdx_engine_packet(null_mut(), &whole),
            library.tcpdx_engine_packet(engine.engine, null()),
            library.tcpdx_engine_packet(engine.engine, &no_bytes),
            library.tcpdx_engine_icmp(null_mut(), &icmp),
            library.tcpdx_engine_icmp(engine.engine, null()),
            library.tcpdx_engine_icmp(engine.engine, &icmp),
            library.tcpdx_engine_values(null_mut(), 1, 0, later, &mut Default::default()),
            library.tcpdx_engine_values(engine.engine, 1, 0, later, null_mut()),
            library.tcpdx_engine_findings(null_mut(), 1, 0, later, &mut Default::default()),
            library.tcpdx_engine_findings(engine.engine, 1, 0, later, null_mut()),
            library.tcpdx_setting_info(0, 0, null_mut()),
            library.tcpdx_engine_new(
                TCPDX_ABI_VERSION,
                &tcpdx_settings { count: 1, ..settings() },
                &mut made,
            ),
            library.tcpdx_engine_stream(null_mut(), 1, 0, &mut 0),
            library.tcpdx_engine_stream(engine.engine, 1, 0, null_mut()),
            library.tcpdx_engine_statistics(null_mut(), 0, &mut Default::default()),
            library.tcpdx_engine_statistics(engine.engine, 0, null_mut()),
            library.tcpdx_engine_table(null_mut(), &0, 1, &mut null()),
            library.tcpdx_engine_table(engine.engine, null(), 1, &mut null()),
            library.tcpdx_engine_table(engine.engine, &0, 1, null_mut()),
        ]
    };
    assert_eq!(statuses, [TCPDX_STATUS_NULL_POINTER; 23]);
    assert!(made.is_null());
    assert_eq!(unsafe { library.tcpdx_engine_free(null_mut()) }, TCPDX_STATUS_OK);
}

#[test]
fn a_wrong_size_gives_a_status() {
    let library = library();
    let engine = Engine::new(&library);
    let mut made = null_mut();
    for size in [0, 1, u32::MAX] {
        let statuses = unsafe {
            [
                library.tcpdx_diagnosis_info(0, 0, &mut tcpdx_diagnosis { size, ..Default::default() }),
                library.tcpdx_field_info(0, 0, &mut tcpdx_field { size, ..Default::default() }),
                library.tcpdx_engine_new(
                    TCPDX_ABI_VERSION,
                    &tcpdx_settings { size, ..settings() },
                    &mut made,
                ),
                engine.packet(&tcpdx_packet { size, ..Default::default() }),
                engine.icmp(&tcpdx_icmp { size, ..Default::default() }),
                library.tcpdx_engine_values(
                    engine.engine,
                    1,
                    0,
                    1,
                    &mut tcpdx_values { size, ..Default::default() },
                ),
                library.tcpdx_engine_findings(
                    engine.engine,
                    1,
                    0,
                    1,
                    &mut tcpdx_findings { size, ..Default::default() },
                ),
                library.tcpdx_setting_info(0, 0, &mut tcpdx_setting { size, ..Default::default() }),
                library.tcpdx_engine_statistics(
                    engine.engine,
                    0,
                    &mut tcpdx_statistics { size, ..Default::default() },
                ),
            ]
        };
        assert_eq!(statuses, [TCPDX_STATUS_WRONG_SIZE; 9], "size {size}");
    }
    assert!(made.is_null());
}

#[test]
fn another_version_gives_a_status() {
    let library = library();
    let mut made = null_mut();
    for version in [0, TCPDX_ABI_VERSION + 1, u32::MAX] {
        let status = unsafe { library.tcpdx_engine_new(version, &settings(), &mut made) };
        assert_eq!(status, TCPDX_STATUS_WRONG_VERSION);
    }
    assert!(made.is_null());
}

#[test]
fn a_wrong_value_gives_a_status() {
    let library = library();
    let engine = Engine::new(&library);
    let mut field = field(&library, 0);
    let mut diagnosis = tcpdx_diagnosis { size: size_of_u32::<tcpdx_diagnosis>(), ..Default::default() };
    let mut setting = tcpdx_setting { size: size_of_u32::<tcpdx_setting>(), ..Default::default() };
    let syn = header(4000, 80, 1000, 0, SYN);
    let right = packet(1, CLIENT, SERVER, &syn);
    let no_family = tcpdx_address { family: 5, bytes: [0; 16] };
    let statuses = unsafe {
        [
            library.tcpdx_diagnosis_info(library.tcpdx_diagnosis_count(), 0, &mut diagnosis),
            library.tcpdx_diagnosis_info(0, library.tcpdx_language_count(), &mut diagnosis),
            library.tcpdx_field_info(library.tcpdx_field_count(), 0, &mut field),
            library.tcpdx_field_info(0, library.tcpdx_language_count(), &mut field),
            library.tcpdx_setting_info(library.tcpdx_setting_count(), 0, &mut setting),
            library.tcpdx_setting_info(0, library.tcpdx_language_count(), &mut setting),
            engine.packet(&tcpdx_packet { frame: 0, ..right }),
            engine.packet(&tcpdx_packet { src: no_family, ..right }),
            engine.packet(&tcpdx_packet { dst: no_family, ..right }),
            engine.packet(&tcpdx_packet { ecn: 4, ..right }),
            engine.values(1, 0).0,
            engine.values(1, 3).0,
            engine.findings(1, 0).0,
            engine.findings(1, 3).0,
        ]
    };
    assert_eq!(statuses, [TCPDX_STATUS_WRONG_VALUE; 14]);
}

/// Every setting with its usual value.
fn usual_values(library: &Library) -> Vec<u32> {
    let setting = |index| {
        let mut setting = tcpdx_setting { size: size_of_u32::<tcpdx_setting>(), ..Default::default() };
        assert_eq!(unsafe { library.tcpdx_setting_info(index, 0, &mut setting) }, TCPDX_STATUS_OK);
        setting.usual
    };
    (0..unsafe { library.tcpdx_setting_count() }).map(setting).collect()
}

fn made_with(library: &Library, values: &[u32]) -> tcpdx_status {
    let settings = tcpdx_settings { count: values.len() as u32, values: values.as_ptr(), ..settings() };
    let mut made = null_mut();
    let status = unsafe { library.tcpdx_engine_new(TCPDX_ABI_VERSION, &settings, &mut made) };
    assert_eq!(made.is_null(), status != TCPDX_STATUS_OK);
    unsafe { library.tcpdx_engine_free(made) };
    status
}

#[test]
fn settings_take_what_they_offer_and_nothing_else() {
    let library = library();
    let usual = usual_values(&library);
    assert_eq!(made_with(&library, &usual), TCPDX_STATUS_OK);
    assert_eq!(made_with(&library, &usual[1..]), TCPDX_STATUS_WRONG_SIZE);
    for index in 0..usual.len() {
        let mut setting = tcpdx_setting { size: size_of_u32::<tcpdx_setting>(), ..Default::default() };
        for language in 0..unsafe { library.tcpdx_language_count() } {
            let status = unsafe { library.tcpdx_setting_info(index as u32, language, &mut setting) };
            assert_eq!(status, TCPDX_STATUS_OK);
            assert!([setting.name, setting.title, setting.about].iter().all(|t| !text(*t).is_empty()));
        }
        let with = |value| {
            let mut values = usual.clone();
            values[index] = value;
            made_with(&library, &values)
        };
        assert_eq!((with(0), with(1)), (TCPDX_STATUS_OK, TCPDX_STATUS_OK));
        let any = if setting.kind == TCPDX_SETTING_KIND_CHOICE {
            TCPDX_STATUS_WRONG_VALUE
        } else {
            TCPDX_STATUS_OK
        };
        assert_eq!((with(u32::MAX), with(100)), (any, any), "{}", text(setting.name));
    }
}
