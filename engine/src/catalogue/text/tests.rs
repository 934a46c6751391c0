//! What must hold of the texts in every language: nothing is missing, and the rules fill every parameter.

mod captures;

use super::*;
use crate::catalogue::cause;
use crate::catalogue::facts::FactKind;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn file(language: Language) -> File {
    toml::from_str(language.source()).expect("the file is valid")
}

/// Every text of an entry that is filled, with the name of its field.
fn templates(entry: &Entry) -> Vec<(String, &str)> {
    let mut all = vec![("message".to_string(), entry.message.as_str()), ("story".into(), &entry.story)];
    for (field, list) in [("sign", &entry.signs), ("why", &entry.why), ("check", &entry.check)] {
        all.extend(list.iter().enumerate().map(|(n, text)| (format!("{field} {n}"), text.as_str())));
    }
    all
}

fn names(template: &str) -> BTreeSet<&str> {
    parameters(template).map(|(name, _)| name).collect()
}

/// The parameters outside of brackets.
fn needed(template: &str) -> BTreeSet<&str> {
    let outside = template.split('[').enumerate().map(|(n, part)| match n {
        0 => part,
        _ => part.split_once(']').map_or("", |(_, outside)| outside),
    });
    outside.flat_map(parameters).map(|(name, _)| name).collect()
}

#[test]
fn every_language_has_every_text() {
    for language in Language::ALL {
        let texts = texts(*language);
        for d in Diagnosis::ALL {
            let (entry, id) = (texts.entry(*d), d.id());
            let fields = [&entry.title, &entry.about, &entry.message, &entry.reference];
            assert!(fields.iter().all(|f| !f.is_empty()), "{id} lacks a text in {}", language.tag());
            let lists = [&entry.signs, &entry.why, &entry.check];
            assert!(lists.iter().all(|l| !l.is_empty()), "{id} lacks advice in {}", language.tag());
            assert!(entry.signs.iter().all(|s| names(s).is_empty()), "signs of {id} are filled by nobody");
        }
        let known: usize = file(*language).diagnosis.values().map(BTreeMap::len).sum();
        assert_eq!(known, Diagnosis::ALL.len(), "{} has texts of unknown diagnoses", language.tag());
    }
}

/// [`crate::Story`] keeps no frames, so that it stays the same while a connection goes on.
#[test]
fn no_story_names_a_frame() {
    for language in Language::ALL {
        let file = file(*language);
        let entries = file.diagnosis.values().flat_map(BTreeMap::values);
        let stories = entries.map(|e| if e.story.is_empty() { &e.message } else { &e.story });
        for text in stories.chain(file.term.values()) {
            assert!(names(text).is_disjoint(&BTreeSet::from(["subject", "trigger"])), "{text}");
        }
    }
}

/// A diagnosis may name another that it is told apart from.
#[test]
fn the_signs_name_diagnoses_that_there_are() {
    let named = |sign: &str| -> Vec<String> {
        let words = sign.split(|c: char| !c.is_ascii_lowercase() && c != '.' && c != '_');
        let of_a_family =
            |w: &&str| Diagnosis::ALL.iter().any(|d| w.split_once('.').is_some_and(|(f, _)| f == d.family()));
        words.filter(of_a_family).map(String::from).collect()
    };
    for d in Diagnosis::ALL {
        let [english, chinese] = [Language::English, Language::Chinese]
            .map(|l| texts(l).signs(*d).iter().map(|s| named(s)).collect::<Vec<_>>());
        assert_eq!(english, chinese, "signs of {}", d.id());
        for id in english.concat() {
            assert!(Diagnosis::from_id(&id).is_some_and(|other| other != *d), "signs of {}: {id}", d.id());
        }
    }
}

#[test]
fn every_language_says_the_same_of_the_same_parameters() {
    let english = texts(Language::English);
    for language in Language::ALL {
        let other = texts(*language);
        for d in Diagnosis::ALL {
            let (ours, theirs) = (templates(english.entry(*d)), templates(other.entry(*d)));
            assert_eq!(ours.len(), theirs.len(), "{}: more or fewer texts in {}", d.id(), language.tag());
            for ((field, our), (_, their)) in ours.iter().zip(&theirs) {
                let place = format!("{field} of {} in {}", d.id(), language.tag());
                assert_eq!(our.is_empty(), their.is_empty(), "{place}");
                assert_eq!((names(our), needed(our)), (names(their), needed(their)), "{place}");
            }
        }
        let (ours, theirs) = (&english.file, &other.file);
        fn keys<T>(map: &BTreeMap<String, T>) -> Vec<&String> {
            map.keys().collect()
        }
        assert_eq!(keys(&ours.severity), keys(&theirs.severity));
        assert_eq!(keys(&ours.because), keys(&theirs.because));
        assert_eq!(keys(&ours.certainty), keys(&theirs.certainty));
        assert_eq!(keys(&ours.effect), keys(&theirs.effect));
        assert_eq!(keys(&ours.side), keys(&theirs.side));
        assert_eq!(keys(&ours.family), keys(&theirs.family));
        assert_eq!(keys(&ours.role), keys(&theirs.role));
        assert_eq!(keys(&ours.term), keys(&theirs.term));
        assert_eq!(keys(&ours.unit), keys(&theirs.unit));
        assert_eq!(keys(&ours.story.outcome), keys(&theirs.story.outcome));
        for (term, text) in &ours.term {
            assert_eq!(names(text), names(&theirs.term[term]), "term {term} in {}", language.tag());
        }
    }
}

#[test]
fn every_template_is_well_formed() {
    for language in Language::ALL {
        let texts = texts(*language);
        let entries = Diagnosis::ALL.iter().flat_map(|d| templates(texts.entry(*d)));
        let terms = texts.file.term.iter().map(|(term, text)| (term.clone(), text.as_str()));
        for (place, text) in entries.chain(terms) {
            let marks: String = text.chars().filter(|c| "[]{}".contains(*c)).collect();
            let left = marks.replace("{}", "").replace("[]", "");
            assert_eq!(left, "", "brackets of {place} in {}: {text}", language.tag());
            for inner in braces(text).filter(|inner| inner.contains('|')) {
                let three = ways(inner).is_some_and(|ways| !ways[2].contains('|'));
                assert!(three, "{inner:?} of {place} in {} is not said in three ways", language.tag());
            }
            for (name, unit) in parameters(text) {
                let known = unit.is_none_or(|unit| texts.file.unit.contains_key(unit));
                assert!(known, "{name:?} has an unknown unit in {}: {text}", language.tag());
            }
        }
    }
}

/// A message, cause or check is one line that a caller may put into a list: it does not end like a sentence.
/// Chinese has full-width punctuation, and a blank between a character and a Latin letter or digit.
#[test]
fn texts_are_written_alike() {
    for language in Language::ALL {
        let texts = texts(*language);
        for d in Diagnosis::ALL {
            let entry = texts.entry(*d);
            assert!(entry.about.ends_with(['.', '。']), "about of {}: {}", d.id(), entry.about);
            for (field, text) in templates(entry) {
                let place = format!("{field} of {} in {}: {text}", d.id(), language.tag());
                assert!(!text.ends_with(['.', '。', ' ']) && !text.starts_with(' '), "{place}");
                assert!(!text.contains('\n') && !text.contains("  "), "{place}");
            }
        }
    }
    let han = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    for line in Language::Chinese.source().lines() {
        let text: Vec<char> = line.chars().collect();
        for pair in text.windows(2) {
            let tight = |a: char, b: char| han(a) && (b.is_ascii_alphanumeric() || ",;:!?()".contains(b));
            assert!(!tight(pair[0], pair[1]) && !tight(pair[1], pair[0]), "{}{}: {line}", pair[0], pair[1]);
        }
    }
}

/// The sources of the engine, without comments and tests.
fn sources() -> Vec<String> {
    fn collect(folder: &Path, into: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("the sources are there") {
            let path = entry.expect("a readable folder").path();
            if path.is_dir() {
                collect(&path, into);
            } else if path.extension().is_some_and(|e| e == "rs") && !path.ends_with("terms.rs") {
                into.push(path);
            }
        }
    }
    let mut paths = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut paths);
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).expect("a readable source");
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        lines.flat_map(|line| [line, "\n"]).collect()
    };
    paths.into_iter().map(read).collect()
}

/// The code names this variant.
fn names_it(code: &str, variant: &str) -> bool {
    code.match_indices(variant).any(|(at, _)| !code[at + variant.len()..].starts_with(char::is_alphanumeric))
}

/// The compiler holds that rules use no other names; a name that has no words, or that no rule uses, is told here.
#[test]
fn every_role_and_term_has_words_and_is_used() {
    let sources = sources();
    let used = |variant: String| sources.iter().any(|code| names_it(code, &variant));
    assert!(Role::ALL.iter().all(|r| used(format!("Role::{r:?}"))), "a role is of no use");
    assert!(Term::ALL.iter().all(|t| used(format!("Term::{t:?}")) || is_vantage(*t)), "a term is of no use");
    for language in Language::ALL {
        let words = file(*language);
        let roles: BTreeSet<&str> = Role::ALL.iter().map(|r| r.name()).collect();
        let terms: BTreeSet<&str> = Term::ALL.iter().map(|t| t.name()).collect();
        assert_eq!(roles, words.role.keys().map(String::as_str).collect(), "roles in {}", language.tag());
        assert_eq!(terms, words.term.keys().map(String::as_str).collect(), "terms in {}", language.tag());
    }
}

fn is_vantage(term: Term) -> bool {
    matches!(term, Term::Unknown | Term::Client | Term::Server | Term::Middle | Term::Both)
}

/// A parameter that no rule sets in the files that tell the diagnosis would leave a hole in the text.
#[test]
fn the_rules_set_every_parameter_of_the_texts() {
    let sources = sources();
    let texts = texts(Language::English);
    for d in Diagnosis::ALL {
        let telling: Vec<&String> =
            sources.iter().filter(|code| names_it(code, &format!("Diagnosis::{d:?}"))).collect();
        assert!(!telling.is_empty(), "no rule tells {}", d.id());
        for (field, template) in templates(texts.entry(*d)) {
            for name in names(template).into_iter().filter(|n| !["subject", "trigger", "side"].contains(n)) {
                let param = Param::from_name(name).unwrap_or_else(|| panic!("{field} of {}: {name}", d.id()));
                let variant = format!("Param::{param:?}");
                let set = telling.iter().any(|code| names_it(code, &variant));
                assert!(set, "{field} of {}: no rule sets {{{name}}}", d.id());
            }
        }
    }
}

#[test]
fn spans_and_sizes_read_well() {
    let english = texts(Language::English);
    assert_eq!(english.duration(300), "300 ns");
    assert_eq!(english.duration(350_000), "350 µs");
    assert_eq!(english.duration(4_120_000), "4.1 ms");
    assert_eq!(english.duration(41_000_000), "41 ms");
    assert_eq!(english.duration(2_500_000_000), "2.5 s");
    assert_eq!(english.duration(131_000_000_000), "131 s");
    assert_eq!(english.duration(86_400_000_000_000), "24.0 h");
    assert_eq!(english.duration(345_600_000_000_000), "96.0 h");
    assert_eq!(english.duration(367_200_000_000_000), "4.2 days");
    assert_eq!(english.duration(1_669_999_997_000_000_000), "52.9 years");
    // Nothing is rounded up to a thousand of its unit, and nothing takes no time.
    assert_eq!(english.duration(999_700), "1.0 ms");
    assert_eq!(english.duration(9_960_000), "10 ms");
    assert_eq!(english.duration(999_600_000), "1.0 s");
    assert_eq!(english.duration(99_960_000_000), "100 s");
    assert_eq!(english.duration(0), "less than 1 µs");
    assert_eq!(english.bytes(1), "1 byte");
    assert_eq!(english.bytes(171), "171 bytes");
    assert_eq!(english.bytes(400_000), "400.0 kB");
    assert_eq!(english.flags(Flags(Flags::SYN | Flags::FIN)), "SYN+FIN");
    assert_eq!(english.flags(Flags(0)), "no flag at all");

    let chinese = texts(Language::Chinese);
    assert_eq!(chinese.duration(41_000_000), "41 毫秒");
    assert_eq!(chinese.duration(131_000_000_000), "131 秒");
    assert_eq!(chinese.bytes(171), "171 字节");
    assert_eq!(chinese.bytes(400_000), "400.0 kB");
}

/// A finding as a rule tells it, without a connection.
fn finding(diagnosis: Diagnosis, params: &[(Param, Value)]) -> Finding {
    Finding {
        diagnosis,
        severity: diagnosis.severity(),
        because: None,
        certainty: diagnosis.certainty(),
        effect: Effect::None,
        stream: 0,
        subject: 7,
        layer: 0,
        trigger: 9,
        told_at: 0,
        side: Party::Client,
        evidence: Vec::new(),
        params: params.to_vec(),
    }
}

#[test]
fn a_text_is_filled_with_units_terms_and_what_there_is() {
    let rejected = |params: &[(Param, Value)]| {
        let finding = finding(Diagnosis::HandshakeRejected, params);
        Language::ALL.iter().map(|l| finding.message(*l)).collect::<Vec<_>>()
    };
    let took = (Param::Took, Value::Duration(40_000_000));
    assert_eq!(
        rejected(&[took]),
        [
            "Connection refused: a RST answered the SYN after 40 ms",
            "连接被拒绝：40 毫秒后收到应答 SYN 的 RST"
        ]
    );
    assert_eq!(
        rejected(&[took, (Param::Ttl, Value::Count(63))]),
        [
            "Connection refused: a RST answered the SYN after 40 ms (TTL 63)",
            "连接被拒绝：40 毫秒后收到应答 SYN 的 RST（TTL 63）"
        ]
    );
    // A span of nothing is not worth a word, and a term may hold parameters.
    let open = finding(Diagnosis::CloseIncomplete, &[(Param::Idle, Value::Duration(0))]);
    assert_eq!(open.message(Language::English), "Still open when the capture ends");
    let forged = finding(
        Diagnosis::ResetInjected,
        &[
            (Param::Who, Value::Party(Party::Server)),
            (Param::Sign, Value::Term(Term::SignTtl)),
            (Param::Ttl, Value::Count(57)),
            (Param::Usual, Value::Count(63)),
        ],
    );
    assert_eq!(
        forged.message(Language::English),
        "This RST was probably not sent by the server's TCP: its TTL is 57, the server's other packets have 63"
    );
    assert_eq!(
        forged.message(Language::Chinese),
        "这个 RST 很可能不是服务器的 TCP 发送的：它的 TTL 是 57，而服务器其他报文的 TTL 是 63"
    );
}

/// English has a blank between sentences, Chinese has none; and none is ended twice.
#[test]
fn sentences_join_as_each_language_does() {
    let closed = finding(Diagnosis::CloseThreeSegments, &[(Param::Who, Value::Party(Party::Client))]);
    let story = |language: Language| {
        let texts = texts(language);
        let sentences = [
            texts.handshake_story(40_000_000),
            texts.story(&closed),
            texts.outcome_story(Outcome::Open).to_string(),
        ];
        sentences.join(texts.between_sentences())
    };
    assert_eq!(
        story(Language::English),
        "Connected in 40 ms. Closed in three segments, the client first. Open when the capture ends."
    );
    assert_eq!(
        story(Language::Chinese),
        "三次握手用时 40 毫秒。三次挥手关闭，客户端先关闭。抓包结束时连接仍未关闭。"
    );
}

/// A value such as a rule gives to a parameter of that name.
fn likely(param: Param, diagnosis: Diagnosis) -> (Param, Value) {
    let value = match param {
        Param::Who => Value::Party(Party::Client),
        Param::Peer => Value::Party(Party::Server),
        Param::Bytes | Param::Mss | Param::Mtu | Param::Window | Param::Beyond => Value::Bytes(1460),
        Param::Reporter | Param::Source => Value::Address([192, 0, 2, 1].into()),
        Param::Listener => Value::Socket(([192, 0, 2, 1], 443).into()),
        Param::Flags => Value::Flags(Flags(Flags::SYN | Flags::FIN)),
        Param::Text => Value::Text(crate::catalogue::findings::Excerpt::of(b"out of memory")),
        Param::Kind if diagnosis == Diagnosis::HandshakeRejectedByIcmp => Value::Term(Term::IcmpProhibited),
        Param::Kind if diagnosis == Diagnosis::HttpHeaderNewline => Value::Term(Term::NewlineDoubled),
        Param::What if diagnosis == Diagnosis::CloseStorm => Value::Term(Term::StormRst),
        Param::What if diagnosis == Diagnosis::ResetBackscatter => Value::Term(Term::AloneRst),
        Param::What if diagnosis == Diagnosis::FlowWindowScaleMismatch => Value::Term(Term::ScaleApplied),
        Param::What => Value::Term(Term::WrongSynAck),
        Param::How if diagnosis == Diagnosis::CaptureOffload => Value::Term(Term::OffloadLarge),
        Param::How if diagnosis == Diagnosis::CaptureCopies => Value::Term(Term::CopiesByTtl),
        Param::How if diagnosis == Diagnosis::ResetIgnored => Value::Term(Term::RstChallenged),
        Param::How if diagnosis == Diagnosis::AppNoResponse => Value::Term(Term::UntilItEnded),
        Param::How => Value::Term(Term::AskedBySack),
        Param::Answer if diagnosis == Diagnosis::FlowEcnCongestion => Value::Term(Term::CwrAnswers),
        Param::Answer => Value::Term(Term::TfoAccepted),
        Param::Before => Value::Term(Term::BeforeTimeWait),
        Param::Carrier => Value::Term(Term::CarriedByAck),
        Param::Known => Value::Term(Term::IntervalGo),
        Param::Missing => Value::Term(Term::NoWindowScale),
        Param::Reaction => Value::Term(Term::Closed),
        Param::Reading if diagnosis == Diagnosis::FlowWindowScaleMismatch => Value::Term(Term::ReadsScaled),
        Param::Reading => Value::Term(Term::NoAnswers),
        Param::Sign => Value::Term(Term::SignTtl),
        Param::Spoke => Value::Term(Term::ClientSilent),
        Param::Use => Value::Term(Term::TfoData),
        Param::Vantage => Value::Term(Term::Middle),
        Param::Usual if diagnosis == Diagnosis::HandshakeSlow => Value::Duration(40_000_000),
        Param::Behind
        | Param::Code
        | Param::Count
        | Param::Hosts
        | Param::Kind
        | Param::Parts
        | Param::Pointer
        | Param::Repeats
        | Param::Ttl
        | Param::Usual => Value::Count(3),
        _ => Value::Duration(1_500_000_000),
    };
    (param, value)
}

/// Filled with everything, and with no more than it needs.
#[test]
fn every_text_reads_well_when_it_is_filled() {
    for (d, language) in Diagnosis::ALL.iter().flat_map(|d| Language::ALL.iter().map(move |l| (*d, *l))) {
        let entry = texts(language).entry(d);
        let of = |pick: fn(&str) -> BTreeSet<&str>| {
            let mut params: BTreeSet<Param> =
                [Param::Who, Param::Peer, Param::Ttl, Param::Usual, Param::Bytes, Param::Mss].into();
            params.extend(
                templates(entry).iter().flat_map(|(_, text)| pick(text)).filter_map(Param::from_name),
            );
            finding(d, &params.into_iter().map(|param| likely(param, d)).collect::<Vec<_>>())
        };
        let all_ways = [of(names), of(needed)].into_iter().flat_map(|f| SURENESS.map(|s| f.clone().sure(s)));
        for finding in all_ways {
            let mut said = vec![finding.message(language), texts(language).story(&finding)];
            said.extend(finding.why(language));
            said.extend(finding.check(language));
            for text in said {
                let place = format!("{} in {}: {text}", d.id(), language.tag());
                let odd = ["{", "}", "[", "]", "  ", " ()", "（）", " ,", " :", "：：", "。。", ".."];
                assert!(!odd.iter().any(|odd| text.contains(odd)), "{place}");
                assert!(!text.trim().is_empty() && text.trim() == text, "{place}");
            }
        }
    }
}

/// Wireshark cuts a line of its tree behind so many bytes.
const LINE: usize = 239;

#[test]
fn messages_fit_into_a_line_of_wireshark() {
    let fits = |told: &Finding| {
        for (language, certainty) in Language::ALL.iter().flat_map(|l| SURENESS.map(|c| (*l, c))) {
            let message = told.clone().sure(certainty).message(language);
            assert!(message.len() <= LINE, "{} bytes: {message}", message.len());
        }
    };
    for d in Diagnosis::ALL {
        let entry = texts(Language::English).entry(*d);
        let params: Vec<_> = names(&entry.message).into_iter().filter_map(Param::from_name).collect();
        fits(&finding(*d, &params.into_iter().map(|param| likely(param, *d)).collect::<Vec<_>>()));
    }
    // The longest, with its reasons.
    let readings = [Term::PathOrQueue, Term::PathOrDefer, Term::QueueOrPath];
    for (reading, spoke) in readings
        .iter()
        .flat_map(|r| [Term::DataUnanswered, Term::ClientSilent, Term::ClientReset].map(|s| (*r, s)))
    {
        let params = [
            (Param::Repeats, Value::Count(if reading == Term::PathOrDefer { 1 } else { 10 })),
            (Param::Reading, Value::Term(reading)),
            (Param::Spoke, Value::Term(spoke)),
        ];
        let mut told = finding(Diagnosis::HandshakeThirdAckLost, &params);
        fits(&told);
        if reading != Term::PathOrDefer {
            told.rate(Severity::Warn, Term::AnsweredAfterAll);
            fits(&told);
        } else if spoke == Term::ClientSilent {
            told.rate(Severity::Note, Term::DeferAccept);
            fits(&told);
        }
    }
}

const SURENESS: [Certainty; 3] = [Certainty::Proved, Certainty::Likely, Certainty::Possible];

/// Whether it was so, or only fits, is in the words of every message and every sentence of a story.
#[test]
fn what_is_not_proved_is_not_told_as_a_fact() {
    for (d, language) in Diagnosis::ALL.iter().flat_map(|d| Language::ALL.iter().map(move |l| (*d, *l))) {
        let entry = texts(language).entry(d);
        let params = templates(entry).iter().flat_map(|(_, text)| names(text)).collect::<BTreeSet<_>>();
        let params: Vec<_> = params.into_iter().filter_map(Param::from_name).map(|p| likely(p, d)).collect();
        let told = finding(d, &params);
        let said = SURENESS.map(|certainty| {
            let told = told.clone().sure(certainty);
            [told.message(language), texts(language).story(&told)]
        });
        for at in [0, 1] {
            let different: BTreeSet<&String> = said.iter().map(|texts| &texts[at]).collect();
            assert_eq!(
                different.len(),
                3,
                "{} in {}: {:?}",
                d.id(),
                language.tag(),
                said.map(|t| t[at].clone())
            );
        }
    }
}

#[test]
fn words_follow_certainty() {
    let say = |d: Diagnosis, language: Language| {
        let params = [
            (Param::Who, Value::Party(Party::Server)),
            (Param::Sign, Value::Term(Term::SignGoesOn)),
            (Param::Carrier, Value::Term(Term::CarriedByAck)),
        ];
        SURENESS.map(|certainty| finding(d, &params).sure(certainty).message(language))
    };
    assert_eq!(
        say(Diagnosis::ResetInjected, Language::English),
        [
            "This RST was not sent by the server's TCP: the server goes on sending as if nothing had happened",
            "This RST was probably not sent by the server's TCP: the server goes on sending as if nothing had happened",
            "This RST may not have been sent by the server's TCP: the server goes on sending as if nothing had happened"
        ]
    );
    assert_eq!(
        say(Diagnosis::ResetInjected, Language::Chinese),
        [
            "这个 RST 不是服务器的 TCP 发送的：服务器若无其事地继续发送",
            "这个 RST 很可能不是服务器的 TCP 发送的：服务器若无其事地继续发送",
            "这个 RST 可能不是服务器的 TCP 发送的：服务器若无其事地继续发送"
        ]
    );
    // Without words of its own.
    assert_eq!(
        say(Diagnosis::HandshakeCompleted, Language::English),
        [
            "Handshake completed by a pure ACK",
            "Probably: Handshake completed by a pure ACK",
            "Possibly: Handshake completed by a pure ACK"
        ]
    );
    assert_eq!(
        say(Diagnosis::HandshakeCompleted, Language::Chinese)[1..],
        ["很可能：三次握手完成，最后一步由单独的 ACK 完成", "可能：三次握手完成，最后一步由单独的 ACK 完成"]
    );
}

/// A severity that is not the catalogue's has its reason in the message, and nowhere else.
#[test]
fn an_unusual_severity_is_told_with_its_reason() {
    let mut told = finding(Diagnosis::HandshakeSynackChanged, &[]);
    told.rate(Severity::Note, Term::AfterTheEnd);
    assert_eq!(
        Language::ALL.iter().map(|l| told.message(*l)).collect::<Vec<_>>(),
        [
            "The SYN-ACK came again with other numbers (told as a note: the connection had ended already)",
            "再次到来的 SYN-ACK 序号或确认号变了（级别为注意：连接此前已经结束）"
        ]
    );
    assert_eq!(told.because(Language::English).as_deref(), Some("the connection had ended already"));
    assert_eq!(texts(Language::English).story(&told), "The SYN-ACK came again with other numbers.");
    told.rate_as_usual();
    assert_eq!((told.severity, told.because(Language::English)), (Severity::Warn, None));
    assert_eq!(told.message(Language::English), "The SYN-ACK came again with other numbers");
}

#[test]
fn every_language_has_words_for_severity_certainty_and_effect() {
    let severities = [Severity::Chat, Severity::Note, Severity::Warn, Severity::Error];
    for language in Language::ALL {
        let file = file(*language);
        for severity in severities {
            assert!(file.severity.contains_key(severity.name()));
            assert!(file.because[severity.name()].contains("{because}"));
        }
        for certainty in SURENESS {
            assert_eq!(file.certainty[certainty.name()].before.is_empty(), certainty == Certainty::Proved);
        }
        for effect in [Effect::None, Effect::Slowed, Effect::Ended] {
            assert!(file.effect.contains_key(effect.name()));
        }
    }
}

#[test]
fn every_family_has_a_name_in_every_language() {
    for language in Language::ALL {
        assert!(Diagnosis::families().all(|family| file(*language).family.contains_key(family)));
    }
}

#[test]
fn a_locale_tells_the_language() {
    assert_eq!(Language::of_locale("zh_CN.UTF-8"), Some(Language::Chinese));
    assert_eq!(Language::of_locale("en_GB@euro"), Some(Language::English));
    assert_eq!(Language::of_locale("en_GB.UTF-8"), Some(Language::English));
    assert_eq!(Language::of_locale("C"), None);
    assert_eq!(Language::of_locale("C.UTF-8"), None);
}

#[test]
fn every_cause_and_every_fact_has_its_words_in_each_language() {
    for language in Language::ALL.iter().copied() {
        let texts = texts(language);
        for cause in Cause::ALL.iter().copied() {
            assert!(texts.cause_name(cause) != cause.id(), "{}: no name", cause.id());
            assert!(!texts.cause_about(cause).is_empty(), "{}: not said what it is", cause.id());
            assert!(!texts.cause_check(cause).is_empty(), "{}: nothing to check", cause.id());
        }
        for kind in FactKind::ALL.iter().copied() {
            let said = texts.fact(&Fact::new(kind, 0, 7));
            assert!(said != kind.name(), "{}: no words", kind.name());
        }
        let kinds: usize = texts.file.cause.values().map(BTreeMap::len).sum();
        assert_eq!(
            (kinds, texts.file.fact.len()),
            (Cause::ALL.len(), FactKind::ALL.len()),
            "words of nothing"
        );
    }
}

#[test]
fn the_usual_suspects_of_a_diagnosis_can_explain_it() {
    for diagnosis in Diagnosis::ALL.iter().copied() {
        for cause in cause::usual(diagnosis) {
            assert!(cause.explains().contains(&diagnosis), "{} of {}", cause.id(), diagnosis.id());
        }
    }
}

#[test]
fn a_cause_is_said_as_sure_as_it_is_with_its_facts() {
    let fact = Fact::new(FactKind::OthersTaken, 3, 14).count(2);
    let said = |language, certainty| {
        texts(language).because_of(Cause::ListenerAcceptQueueFull, certainty, std::slice::from_ref(&fact))
    };
    assert_eq!(
        said(Language::English, Certainty::Likely),
        "Probably: Accept queue full: this port takes other connections (2, the nearest in frame 14)"
    );
    assert_eq!(
        said(Language::Chinese, Certainty::Proved),
        "accept 队列已满：该端口接受其他连接（2 条，最近的在帧 14）"
    );
}
