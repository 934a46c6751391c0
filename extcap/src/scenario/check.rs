//! What types cannot say: which keys belong together.

use std::ops::Range;

use super::Span;
use super::file::{Action, Fault, FaultAction, File, Route, Step};
use crate::comment::Template;
use crate::net::Kind;

/// Where something is wrong, and what would be right.
type Wrong = (Range<usize>, String);

pub(super) fn check(file: &File) -> Result<(), Wrong> {
    for host in [&file.client, &file.server] {
        for steps in [&host.step].into_iter().chain(host.process.iter().map(|process| &process.step)) {
            for (index, step) in steps.iter().enumerate() {
                check_step(step.get_ref(), index).map_err(|message| (step.span(), message))?;
            }
        }
    }
    for fault in &file.path.fault {
        check_fault(fault.get_ref()).map_err(|message| (fault.span(), message))?;
    }
    for route in &file.path.route {
        let Route { delay, routers, .. } = route.get_ref();
        if delay.is_none() && routers.is_none() {
            let message = "a route has another `delay`, other `routers`, or both".to_owned();
            return Err((route.span(), message));
        }
    }
    if let Some(nat) = &file.path.nat {
        check_texts(&nat.comment).map_err(|message| (0..0, format!("path.nat.comment: {message}")))?;
    }
    for (name, texts) in &file.comment {
        let wrong = |message| (texts.span(), format!("comment.{name}: {message}"));
        if !Kind::ALL.iter().any(|kind| kind.name() == name) {
            let kinds: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
            return Err(wrong(format!("no such kind of packet; there are: {}", kinds.join(", "))));
        }
        check_texts(texts.get_ref()).map_err(wrong)?;
    }
    Ok(())
}

fn check_texts(texts: &super::Texts) -> Result<(), String> {
    texts.iter().try_for_each(|text| Template::parse(text).map(drop))
}

/// Checks the step that has so many before it.
fn check_step(step: &Step, before: usize) -> Result<(), String> {
    let action = step.r#do;
    let only = |key: &str, there: bool, right: &[Action]| match there && !right.contains(&action) {
        true => {
            let right: Vec<String> = right.iter().map(|action| format!("\"{}\"", action.name())).collect();
            Err(format!("`{key}` belongs to do = {}, not to \"{}\"", right.join(" or "), action.name()))
        }
        false => Ok(()),
    };
    let opens = [Action::Connect, Action::Accept];
    only("text", step.text.is_some(), &[Action::Send, Action::Connect])?;
    only("bytes", step.bytes.is_some(), &[Action::Send, Action::Receive, Action::Connect])?;
    only("hex", step.hex.is_some(), &[Action::Send])?;
    only("steps", step.steps.is_some(), &[Action::Repeat])?;
    only("times", step.times.is_some(), &[Action::Repeat])?;
    only("more", step.more, &[Action::Send])?;
    only("urgent", step.urgent, &[Action::Send])?;
    only("defer_accept", step.defer_accept.is_some(), &[Action::Listen])?;
    only("port", step.port.is_some(), &[Action::Connect])?;
    only("timeout", step.timeout.is_some(), &[Action::Connect])?;
    only("fast_open", step.fast_open, &[Action::Connect])?;
    only("user_timeout", step.user_timeout.is_some(), &opens)?;
    only("most", step.most.is_some(), &[Action::Receive])?;
    only("until_closed", step.until_closed, &[Action::Receive])?;
    only("keepalive", step.keepalive.is_some(), &opens)?;
    only("backlog", step.backlog.is_some(), &[Action::Listen])?;
    let contents = [step.text.is_some(), step.hex.is_some(), step.bytes.is_some()];
    if action == Action::Send && contents.into_iter().filter(|there| *there).count() != 1 {
        return Err("do = \"send\" needs either `text`, `hex` or `bytes`".to_owned());
    }
    if action == Action::Repeat && (step.steps.is_none_or(|steps| steps == 0) || step.times.is_none()) {
        return Err(
            "do = \"repeat\" needs `steps`, how many before it, and `times`, how often again".to_owned()
        );
    }
    if step.steps.is_some_and(|steps| steps > before) {
        return Err(format!("`steps` is at most {before} here: there are no more before it"));
    }
    if action == Action::Connect && step.fast_open != (step.text.is_some() || step.bytes.is_some()) {
        return Err(
            "`fast_open` needs the `text` or `bytes` to send with the SYN, and they need it".to_owned()
        );
    }
    match step.keepalive {
        Some(keepalive)
            if [keepalive.idle, keepalive.interval].contains(&Some(Span::default()))
                || keepalive.count == Some(0) =>
        {
            Err("keepalive: idle time, interval and count have to be above zero".to_owned())
        }
        _ => Ok(()),
    }
}

/// A key of a fault, whether it is there, and the one thing to do that it belongs to.
type FaultKey = (&'static str, bool, FaultAction, &'static str);

fn check_fault(fault: &Fault) -> Result<(), String> {
    let needed: [FaultKey; 6] = [
        ("by", fault.by.is_some(), FaultAction::Delay, "a time such as \"60ms\""),
        ("forge", fault.forge.is_some(), FaultAction::Inject, "such as { as = \"client\", ttl = 128 }"),
        ("with", fault.with.is_some(), FaultAction::Reject, "such as \"rst\" or \"host-unreachable\""),
        ("mss", fault.mss.is_some(), FaultAction::ClampMss, "such as 1360"),
        ("options", !fault.options.is_empty(), FaultAction::Strip, "such as [\"sack\"]"),
        ("mtu", fault.mtu.is_some(), FaultAction::Limit, "such as 1400"),
    ];
    for (key, there, action, example) in needed {
        let may = key == "by" && fault.r#do == FaultAction::Duplicate;
        if there != (fault.r#do == action) && !may {
            let action = action.name();
            return Err(format!("`{key}`, {example}, belongs to do = \"{action}\", which needs it"));
        }
    }
    let optional = [
        ("wait", fault.wait.is_some(), FaultAction::Reject),
        ("silent", fault.silent, FaultAction::Limit),
        ("point", fault.point.is_some(), FaultAction::Miss),
    ];
    for (key, there, action) in optional {
        if there && fault.r#do != action {
            let (right, is) = (action.name(), fault.r#do.name());
            return Err(format!("`{key}` belongs to do = \"{right}\", not to \"{is}\""));
        }
    }
    if fault.nth == Some(0) {
        return Err("`nth` counts from 1".to_owned());
    }
    if fault.every == Some(0) {
        return Err("`every` is at least 1".to_owned());
    }
    if fault.mtu.is_some_and(|mtu| mtu < 576) {
        return Err("`mtu` is at least 576: every host takes packets of that length".to_owned());
    }
    check_texts(&fault.comment)
}
