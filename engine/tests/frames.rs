//! What each frame of the conversations shows: the states of both sides after it, and what is told of it.
#![allow(clippy::unwrap_used, clippy::panic, dead_code)] // in a test, to fail is right; the diagnoses use more

#[path = "diagnoses/hosts.rs"]
mod hosts;
#[path = "diagnoses/notation.rs"]
mod notation;

use notation::{Conversation, Pair};
use std::path::{Path, PathBuf};
use tcpdx_engine::{Calm, Diagnosis, Engine, Look, Settings, Severity};

/// The text files of a folder and of those in it.
fn texts(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            texts(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "txt") {
            into.push(path);
        }
    }
}

/// The conversations of the diagnoses, the close calls and the successors, by name.
fn conversations() -> Vec<(String, Conversation)> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut conversations = Vec::new();
    for kind in ["diagnoses", "close_calls", "successors"] {
        let mut paths = Vec::new();
        texts(&tests.join(kind), &mut paths);
        paths.sort();
        for path in paths {
            let pair = Pair::parse(&std::fs::read_to_string(&path).unwrap()).unwrap();
            let path = path.strip_prefix(&tests).unwrap().with_extension("");
            conversations.push((format!("{}: told", path.display()), pair.told));
            conversations.push((format!("{}: look-alike", path.display()), pair.look_alike));
        }
    }
    conversations
}

/// Takes a conversation in; `each` is shown the engine after every frame.
fn held(conversation: &Conversation, mut each: impl FnMut(&Engine, u32)) -> Engine {
    let mut engine = Engine::new(Settings::default());
    for (frame, captured) in (1..).zip(hosts::play(conversation)) {
        if let Some(packet) = captured.packet(frame) {
            engine.packet(&packet);
        } else if let Some(icmp) = captured.icmp(frame) {
            engine.icmp(&icmp);
        }
        each(&engine, frame);
    }
    engine
}

/// A line for each conversation: the frames at which a state changes, and the new states of client and server.
#[test]
fn states_move_as_they_did() {
    let mut lines = String::new();
    for (name, conversation) in conversations() {
        lines += &name;
        let mut before = Vec::new();
        held(&conversation, |engine, frame| {
            let Some(view) = engine.frame(frame, 0) else { return };
            before.resize(before.len().max(view.stream as usize + 1), ["", ""]);
            let now = [view.client_state.name(), view.server_state.name()];
            if std::mem::replace(&mut before[view.stream as usize], now) != now {
                lines += &format!(", {frame} {}/{}", now[0], now[1]);
            }
        });
        lines.push('\n');
    }
    insta::with_settings!({
        snapshot_path => "frames", prepend_module_to_snapshot => false, omit_expression => true,
    }, {
        insta::assert_snapshot!("states", lines);
    });
}

/// The conversations of `frames`, in which packets are forged or refused. Beside a packet stands what the two sides really
/// are in after it, `client/server`; `*` is one that the capture cannot tell.
#[test]
fn states_are_those_that_stand_beside_the_packets() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/frames");
    let mut paths = Vec::new();
    texts(&folder, &mut paths);
    let mut wrong = Vec::new();
    for path in paths {
        let conversation = Conversation::parse(&std::fs::read_to_string(&path).unwrap(), "told").unwrap();
        let packets = hosts::play(&conversation);
        held(&conversation, |engine, frame| {
            let (expected, view) = (&packets[frame as usize - 1].comment, engine.frame(frame, 0).unwrap());
            let told = [view.client_state.name(), view.server_state.name()];
            let agree = expected.split('/').zip(told).all(|(state, told)| state == "*" || state == told);
            if !expected.is_empty() && !agree {
                wrong.push(format!("{}: frame {frame}: {expected}, told {told:?}", path.display()));
            }
        });
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_frame_shows_what_is_told_of_it() {
    let milestones = [
        Diagnosis::CaptureStartedLate,
        Diagnosis::HandshakeCompleted,
        Diagnosis::CloseFourSegments,
        Diagnosis::CloseThreeSegments,
        Diagnosis::CloseSimultaneous,
    ];
    for (name, conversation) in conversations() {
        let mut of_frame = Vec::new();
        let engine = held(&conversation, |engine, frame| {
            let first = engine.findings_at(frame, 0, Look::First);
            of_frame.push(first.iter().map(|f| f.diagnosis).collect::<Vec<_>>());
            let calm = engine.frame(frame, 0).filter(|view| engine.calm(view.stream).is_some());
            if let Some(view) = calm {
                let told = engine.findings_of(view.stream);
                let worst = told.iter().map(|finding| finding.severity).max();
                assert!(worst <= Some(Severity::Chat), "{name}: {told:?} of what is calm at frame {frame}");
            }
        });
        for finding in engine.findings() {
            let (frame, diagnosis) = (finding.subject, finding.diagnosis);
            let later = engine.findings_at(frame, finding.layer, Look::Later);
            assert!(
                later.iter().any(|f| f.diagnosis == diagnosis),
                "{name}: {frame} does not show {diagnosis:?}"
            );
            // What is only put together from marks is seen when its last mark is made, where that is the frame itself.
            if milestones.contains(&diagnosis) && finding.trigger == frame {
                let first = &of_frame[frame as usize - 1];
                assert!(first.contains(&diagnosis), "{name}: {frame} did not show {diagnosis:?} at first");
            }
        }
    }
}

#[test]
fn what_is_told_of_a_calm_connection_stays_while_it_is_calm_alike() {
    for (name, conversation) in conversations() {
        let mut before: Vec<((u32, Calm), _)> = Vec::new();
        held(&conversation, |engine, frame| {
            let Some(view) = engine.frame(frame, 0) else { return };
            let Some(calm) = engine.calm(view.stream).map(|calm| (view.stream, calm)) else { return };
            let summary = engine.summary(view.stream).unwrap();
            let zeek = (summary.conn_state, summary.history);
            let told = (zeek, summary.outcome, summary.vantage, summary.story);
            if let Some((_, same)) = before.iter().find(|(alike, _)| *alike == calm) {
                assert_eq!(*same, told, "{name}: frame {frame}");
            }
            before.push((calm, told));
        });
    }
}

#[test]
fn a_story_stays_the_same_while_nothing_new_happens() {
    let text = "told: The client acknowledges the late answer.
0.000 handshake
1.000 C P. len=100
1.020 S .
3.000 S P. len=10
3.001 C .
";
    let mut stories = Vec::new();
    held(&Conversation::parse(text, "told").unwrap(), |engine, _| {
        stories.push(engine.summary(0).unwrap().story);
    });
    assert_ne!(stories[4], stories[5]);
    assert_eq!(stories[5], stories[6]);
}

#[test]
fn a_summary_counts_what_was_captured() {
    let text = "told: Some is missing that was acknowledged, and some that was not.
0.000 handshake
1.000 C P. len=100
1.001 C P. len=200 missed
1.002 C P. len=300
1.020 S .
2.000 C P. len=400 unseen
2.001 C P. len=500
2.002 S P. len=600 missed
2.003 S P. len=700
";
    let engine = held(&Conversation::parse(text, "told").unwrap(), |_, _| {});
    let summary = engine.summary(0).unwrap();
    assert_eq!((summary.client_bytes, summary.server_bytes), (900, 700));
}
