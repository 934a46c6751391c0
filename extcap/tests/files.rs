//! Scenario files of users: what is wrong is told with file, line, key, and what would be right.

// A test may panic: that is how it tells.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;

use tcpdx_extcap::{Scenario, scenario};

fn error(text: &str) -> String {
    Scenario::parse("own.toml", text).expect_err(text).to_string()
}

/// The file's first line, which all need.
const TITLE: &str = "title.en = \"x\"\n";

#[test]
fn errors_name_the_line_the_key_and_what_would_be_right() {
    let cases = [
        ("titel.en = \"x\"\n", "own.toml:2: titel.en: unknown field `titel`, expected one of `title`"),
        (
            "[path]\ndelay = \"20 lightyears\"\n",
            "own.toml:3: delay: `20 lightyears` is not a time such as \"20ms\"",
        ),
        (
            "[path]\ndelay = 20\n",
            "own.toml:3: delay: invalid type: integer `20`, expected a time such as \"20ms\"",
        ),
        (
            "[path]\ndellay = \"20ms\"\n",
            "own.toml:3: dellay: unknown field `dellay`, expected one of `delay`",
        ),
        (
            "[client]\nstep = [{ do = \"conect\" }]\n",
            "own.toml:3: step: unknown variant `conect`, expected one of `listen`",
        ),
        (
            "[client]\nstep = [\n  { do = \"connect\" },\n  { do = \"close\", text = \"x\" },\n]\n",
            "own.toml:5: do: `text` belongs to do = \"send\" or \"connect\", not to \"close\"",
        ),
        (
            "[client]\nstep = [{ do = \"send\" }]\n",
            "own.toml:3: step: do = \"send\" needs either `text`, `hex` or `bytes`",
        ),
        (
            "[[path.fault]]\ndo = \"delay\"\n",
            "`by`, a time such as \"60ms\", belongs to do = \"delay\", which needs it",
        ),
        ("[[path.fault]]\ndo = \"inject\"\n", "`forge`, such as"),
        (
            "[[path.fault]]\ndo = \"drop\"\nafter = \"lunch\"\n",
            "own.toml:4: after: `lunch` is neither a time",
        ),
        ("[comment.sin]\nen = \"x\"\n", "comment.sin: no such kind of packet; there are: syn,"),
        ("[comment.syn]\nen = \"{wo}\"\n", "comment.syn: no field `{wo}`; there are: {who}"),
        ("[variant.fast]\npath.delay = \"now\"\n", "variant `fast`: `now` is not a time"),
        (
            "[client]\nsysctl.tcp_syn_retry = 3\n",
            "own.toml:3: sysctl.tcp_syn_retry: unknown field `tcp_syn_retry`",
        ),
        (
            "[[path.fault]]\ndo = \"reject\"\n",
            "own.toml:2: [[path.fault]]: `with`, such as \"rst\" or \"host-unreachable\", belongs to do = \"reject\"",
        ),
        ("[[path.fault]]\ndo = \"drop\"\nmtu = 1400\n", "`mtu`, such as 1400, belongs to do = \"limit\""),
        ("[[path.fault]]\ndo = \"drop\"\nat = 2.0\n", "own.toml:4: at: 2 is no place on the path"),
        (
            "[[path.fault]]\ndo = \"drop\"\nsilent = true\n",
            "`silent` belongs to do = \"limit\", not to \"drop\"",
        ),
        (
            "[[path.route]]\nat = \"1s\"\nfrom = \"server\"\n",
            "own.toml:2: [[path.route]]: a route has another `delay`, other `routers`, or both",
        ),
        ("[[path.route]]\nrouters = 7\n", "own.toml:2: [[path.route]]: missing field `at`"),
        (
            "[capture]\nclock = [{ at = \"1s\", by = \"back\" }]\n",
            "own.toml:3: clock: `back` is not a time such as \"20ms\", \"1.5s\" or \"2min\", or \"-3s\" for backwards",
        ),
        ("[path.proxy]\nttl = 64\n", "own.toml:2: [path.proxy]: missing field `window`"),
        (
            "[client]\nstep = [{ do = \"send\", hex = \"1f8\" }]\n",
            "own.toml:3: step: bytes are pairs of hexadecimal digits",
        ),
        (
            "[client]\nstep = [{ do = \"connect\" }, { do = \"repeat\", steps = 2, times = 3 }]\n",
            "own.toml:3: step: `steps` is at most 1 here",
        ),
        ("[client\n", "own.toml:2: "),
    ];
    for (text, expected) in cases {
        let text = format!("{TITLE}{text}");
        let message = error(&text);
        assert!(message.contains(expected), "{text}\n{message}");
        assert!(message.starts_with("own.toml") && message.lines().count() == 1, "{message}");
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let message = scenario::load("no/such.toml").unwrap_err().to_string();
    assert!(message.starts_with("no/such.toml: No such file"), "{message}");
}

#[test]
fn a_variant_changes_only_what_it_says() {
    let text =
        "title.en = \"x\"\nclient.step = [{ do = \"connect\" }]\n[variant.slow.path]\ndelay = \"1s\"\n";
    let scenario = Scenario::parse("own.toml", text).unwrap();
    let packets = |variant: Option<&str>| {
        let options =
            tcpdx_extcap::GenerateOptions { variant: variant.map(str::to_owned), ..Default::default() };
        tcpdx_extcap::generate(&scenario, &options, std::io::sink()).unwrap()
    };
    assert_eq!(packets(None).duration.as_millis(), 20);
    let slow = packets(Some("slow"));
    assert!(slow.duration.as_secs() >= 2 && slow.packets > 2, "{slow:?}");
    assert!(scenario.variant("fast").unwrap_err().to_string().contains("no variant `fast`; there are: slow"));
}

/// Every key, word and field that a file may use stands in the documentation.
#[test]
fn the_documentation_names_everything() {
    let docs = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/scenarios.md")).unwrap();
    // The parser itself lists what it knows, when it is given what it does not know.
    let wrong = [
        "x_ = 1",
        "[shows]\nx_ = 1",
        "[client]\nx_ = 1",
        "[client.sysctl]\nx_ = 1",
        "client.step = [{ x_ = 1 }]",
        "client.step = [{ do = \"x_\" }]",
        "client.step = [{ do = \"connect\", keepalive = { x_ = 1 } }]",
        "[path]\nx_ = 1",
        "[[path.fault]]\nx_ = 1",
        "[[path.fault]]\ndo = \"x_\"",
        "[[path.fault]]\ndo = \"drop\"\nwhat = \"x_\"",
        "[[path.fault]]\ndo = \"drop\"\nfrom = \"x_\"",
        "[[path.fault]]\ndo = \"inject\"\nforge = { x_ = 1 }",
        "[[path.fault]]\ndo = \"reject\"\nwith = \"x_\"",
        "[[path.fault]]\ndo = \"strip\"\noptions = [\"x_\"]",
        "[[path.route]]\nx_ = 1",
        "[path.nat]\nx_ = 1",
        "[path.nat]\nunknown = \"x_\"",
        "[path.proxy]\nx_ = 1",
        "[[question]]\nx_ = 1",
        "[capture]\nx_ = 1",
        "capture.clock = [{ x_ = 1 }]",
        "[comment.x_]\nen = \"\"",
        "[comment.syn]\nen = \"{x_}\"",
    ];
    let mut missing = BTreeSet::new();
    for text in wrong {
        let message = error(&format!(
            "{TITLE}{text}
"
        ));
        let list = message.split_once("expected").or(message.split_once("there are: ")).map(|(_, list)| list);
        let list = list.unwrap_or_else(|| panic!("{text}: {message}"));
        let words = list
            .split([',', ' ', '`'])
            .filter(|word| !word.is_empty() && *word != "one" && *word != "of" && *word != "or");
        missing.extend(words.filter(|word| !docs.contains(&format!("`{word}`"))).map(str::to_owned));
    }
    assert!(missing.is_empty(), "docs/scenarios.md does not tell of {missing:?}");
}
