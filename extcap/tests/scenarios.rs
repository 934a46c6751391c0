//! What each scenario looks like on the wire, at each capture point.

// A test may panic: that is how it tells.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::collections::BTreeSet;

use common::{Lesson, frames, icmp_table, lessons, read, read_icmp, table, told};
use tcpdx_extcap::{CapturePoint, Comments, GenerateOptions, Language, scenario};

/// The capture points, one at a time.
const POINTS: [CapturePoint; 2] = [CapturePoint::Client, CapturePoint::Server];

#[test]
fn every_scenario_looks_as_it_must_at_both_capture_points() {
    for lesson in lessons() {
        for point in POINTS {
            let capture = lesson.capture(&lesson.options(point));
            let packets = read(&capture);
            let begin = packets.first().map_or(0.0, |packet| packet.time);
            let icmp = icmp_table(&read_icmp(&capture), begin);
            let name = format!("{lesson}@{point}").replace(['/', ':'], "-");
            insta::assert_snapshot!(name, table(&packets) + &icmp);
        }
    }
}

#[test]
fn every_scenario_shows_exactly_what_it_says() {
    let mut differences = Vec::new();
    for lesson in lessons() {
        for point in POINTS {
            let told = told::ids(&lesson.capture(&lesson.options(point)));
            let said: BTreeSet<String> =
                lesson.scenario.shows(point).into_iter().map(str::to_owned).collect();
            let only = |a: &BTreeSet<String>, b| a.difference(b).cloned().collect::<Vec<_>>().join(", ");
            let (more, less) = (only(&told, &said), only(&said, &told));
            if told != said {
                differences.push(format!(
                    "{lesson} at the {point}: told but not said [{more}], said but not told [{less}]"
                ));
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_one_others() {
    for lesson in lessons() {
        let options = lesson.options(CapturePoint::Both);
        let first = lesson.capture(&options);
        assert!(first == lesson.capture(&options), "{lesson}");
        assert!(first != lesson.capture(&GenerateOptions { seed: 2, ..options }), "{lesson}");
    }
}

/// A change of any byte of any capture shows here, whatever made it.
#[test]
fn captures_have_the_same_bytes_on_every_machine() {
    // FNV-1a, 64 bits.
    let hash = |bytes: &[u8]| {
        bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        })
    };
    let line = |lesson: &Lesson| {
        let capture = lesson.capture(&lesson.options(CapturePoint::Both));
        format!("{:016x} {:>7} bytes {lesson}\n", hash(&capture), capture.len())
    };
    insta::assert_snapshot!(lessons().iter().map(line).collect::<String>());
}

#[test]
fn both_capture_points_see_together_what_each_sees_alone() {
    let key = |p: &common::Packet| (p.time.to_bits(), p.ttl, p.id, p.tcp.sequence_number);
    for lesson in lessons() {
        let both = read(&lesson.capture(&lesson.options(CapturePoint::Both)));
        assert!(both.is_sorted_by(|a, b| a.time <= b.time), "{lesson}");
        for (interface, point) in POINTS.into_iter().enumerate() {
            let alone = read(&lesson.capture(&lesson.options(point)));
            let seen: Vec<_> = both.iter().filter(|p| p.interface == interface as u32).map(key).collect();
            assert_eq!(seen, alone.iter().map(key).collect::<Vec<_>>(), "{lesson} at the {point}");
        }
    }
}

#[test]
fn every_packet_is_explained_in_every_language_or_none_is() {
    for lesson in lessons() {
        let of = |comments, language| {
            let options = GenerateOptions { comments, language, ..lesson.options(CapturePoint::Both) };
            frames(&lesson.capture(&options)).into_iter().map(|(.., comment)| comment).collect::<Vec<_>>()
        };
        let (english, chinese) = (of(Comments::On, Language::En), of(Comments::On, Language::ZhCn));
        let filled = |comment: &Option<String>| {
            comment.as_ref().is_some_and(|c| !c.is_empty() && !c.contains(['{', '}']))
        };
        assert!(english.iter().all(filled), "{lesson}: {english:?}");
        assert!(chinese.iter().all(filled), "{lesson}: {chinese:?}");
        let has_chinese = |comment: &Option<String>| comment.as_ref().is_some_and(|c| !c.is_ascii());
        assert!(chinese.iter().all(has_chinese) && !english.iter().any(has_chinese), "{lesson}");
        assert!(of(Comments::Off, Language::En).iter().all(Option::is_none));
    }
}

#[test]
fn every_scenario_says_what_to_watch_for_and_asks() {
    for lesson in lessons() {
        let [english, chinese] = [Language::En, Language::ZhCn].map(|language| {
            let asked = lesson.scenario.questions(language).flat_map(|(ask, answer)| [ask, answer]);
            [lesson.scenario.watch(language)].into_iter().chain(asked).collect::<Vec<_>>()
        });
        assert!(english.len() >= 3 && english.len() == chinese.len(), "{lesson} asks too little");
        for (english, chinese) in english.into_iter().zip(chinese) {
            let is_chinese = |text: &str| text.contains(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
            assert!(
                !english.is_empty() && !is_chinese(english) && is_chinese(chinese),
                "{lesson}: {english}"
            );
        }
    }
}

#[test]
fn titles_and_diagnoses_are_the_same_in_the_list_and_in_the_file() {
    for builtin in scenario::all() {
        let scenario = builtin.scenario().unwrap();
        assert_eq!(builtin.name(), scenario.name());
        for language in Language::ALL {
            assert_eq!(builtin.title(language), scenario.title(language));
        }
        for point in CapturePoint::ALL {
            assert_eq!(builtin.shows(point), scenario.shows(point));
        }
        assert!(!builtin.shows(CapturePoint::Both).is_empty(), "{}", builtin.name());
        assert_ne!(builtin.title(Language::En), builtin.title(Language::ZhCn), "{}", builtin.name());
        assert!(std::ptr::eq(scenario::find(builtin.name()).unwrap(), builtin));
    }
}
