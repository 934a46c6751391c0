//! One page, and the list of them.

use crate::cause;
use crate::notation::Pair;
use crate::report::Report;
use std::fs;
use std::path::PathBuf;
use tcpdx_engine::catalogue::texts;
use tcpdx_engine::{Diagnosis, Evidence, Finding, Language};
use tcpdx_extcap::{CapturePoint, Scenario, scenario};
use tcpdx_tests::abi::{Library, TCPDX_STATUS_OK, tcpdx_diagnosis};
use tcpdx_tests::built::{built, root};

/// What a page says beside the texts of the catalogue.
pub(crate) struct Facts {
    /// Its filter, as the plugin registers it.
    filter: String,
    /// A conversation in which it is told.
    told: Report,
    /// One that looks alike, and in which it is not.
    look_alike: Report,
    scenarios: Vec<Shown>,
}

/// A scenario that shows the diagnosis.
struct Shown {
    name: &'static str,
    /// The options of `tcpdx generate` with which it does, one text for each way.
    options: Vec<String>,
}

/// Where the pages of that language are, below `docs/diagnoses/`.
pub(crate) fn folder(language: Language) -> PathBuf {
    match language {
        Language::English => PathBuf::new(),
        Language::Chinese => language.tag().into(),
    }
}

/// The page of that diagnosis, below the folder of its language.
pub(crate) fn path(diagnosis: Diagnosis) -> String {
    format!("{}.md", diagnosis.id().replace('.', "/"))
}

/// The facts of every diagnosis, in the order of the catalogue.
pub(crate) fn facts() -> Vec<Facts> {
    let library = library();
    Diagnosis::ALL
        .iter()
        .map(|&diagnosis| {
            let pair = conversations(diagnosis);
            let (told, look_alike) = (Report::of(&pair.told), Report::of(&pair.look_alike));
            assert!(told.tells(diagnosis) && !look_alike.tells(diagnosis), "{}", diagnosis.id());
            let (filter, scenarios) = (filter(&library, diagnosis), scenarios(diagnosis));
            Facts { filter, told, look_alike, scenarios }
        })
        .collect()
}

#[allow(unsafe_code)]
fn library() -> Library {
    unsafe { Library::new(&built().library) }.unwrap()
}

#[allow(unsafe_code)]
fn filter(library: &Library, diagnosis: Diagnosis) -> String {
    let size = size_of::<tcpdx_diagnosis>().try_into().unwrap();
    let mut info = tcpdx_diagnosis { size, ..Default::default() };
    unsafe {
        assert_eq!(library.tcpdx_diagnosis_info(diagnosis as u32, 0, &mut info), TCPDX_STATUS_OK);
        std::ffi::CStr::from_ptr(info.filter).to_str().unwrap().to_owned()
    }
}

/// The conversations of the engine's tests.
fn conversations(diagnosis: Diagnosis) -> Pair {
    let file = root().join("engine/tests/diagnoses").join(diagnosis.id().replace('.', "/"));
    Pair::parse(&fs::read_to_string(file.with_extension("txt")).unwrap()).unwrap()
}

fn scenarios(diagnosis: Diagnosis) -> Vec<Shown> {
    let shows = |scenario: &Scenario, point| scenario.shows(point).contains(&diagnosis.id());
    let shown = scenario::all().map(|builtin| {
        let base = builtin.scenario().unwrap();
        let variants =
            builtin.variants().iter().map(|name| (format!(" --variant {name}"), base.variant(name).unwrap()));
        let ways = std::iter::once((String::new(), base.clone())).chain(variants);
        let options = ways.filter_map(|(variant, scenario)| {
            // The client's is the usual point.
            let point = if shows(&scenario, CapturePoint::Client) { "" } else { " --point server" };
            shows(&scenario, CapturePoint::Both).then(|| format!("{variant}{point}"))
        });
        Shown { name: builtin.name(), options: options.collect() }
    });
    shown.filter(|shown| !shown.options.is_empty()).collect()
}

/// The words of a page that are not in the catalogue.
struct Words {
    other_language: &'static str,
    all: &'static str,
    head: [&'static str; 4],
    recognised: &'static str,
    example: &'static str,
    look_alike: &'static str,
    instead: &'static str,
    nothing: &'static str,
    causes: &'static str,
    check: &'static str,
    scenarios: &'static str,
    reference: &'static str,
    title: &'static str,
    about: &'static str,
    columns: [&'static str; 4],
    colon: &'static str,
    comma: &'static str,
    also_with: &'static str,
}

const ENGLISH: Words = Words {
    other_language: "中文",
    all: "All diagnoses",
    head: ["Id", "Severity", "Certainty", "Display filter"],
    recognised: "How it is recognised",
    example: "Example",
    look_alike: "A look-alike",
    instead: "Here it is not told, but:",
    nothing: "Here nothing is told.",
    causes: "Likely causes",
    check: "What to check",
    scenarios: "Scenarios that show it",
    reference: "Reference",
    title: "Diagnoses",
    about: "What tcpdx can say of a TCP connection. Each page says what a diagnosis means, how it is recognised, and \
            what to check next, with an example: sides, times and numbers on the page are those of the example, \
            whose packets are written in tcpdump's letters with relative numbers. \
            Severities: *error*, the connection failed, died or is stuck; *warning*, trouble that it recovered from, \
            or an abnormal end; *note*, worth knowing; *chat*, a normal milestone. \
            Certainties: *proved*, the packets leave no other explanation; *likely*, it fits best; *possible*, it fits, as \
            other explanations do. Both are the usual ones: where the packets show more or less, a finding has its own, and \
            its words follow. `tcpdx explain ID` says the same \
            on the command line.",
    columns: ["Diagnosis", "Severity", "Certainty", "What it means"],
    colon: ": ",
    comma: ", ",
    also_with: ", also with ",
};

const CHINESE: Words = Words {
    other_language: "English",
    all: "全部诊断",
    head: ["标识", "严重程度", "确定程度", "显示过滤器"],
    recognised: "判断依据",
    example: "示例",
    look_alike: "容易混淆的情形",
    instead: "这里不报该诊断，而是报：",
    nothing: "这里没有任何诊断。",
    causes: "可能原因",
    check: "排查建议",
    scenarios: "能重现它的场景",
    reference: "参考资料",
    title: "诊断目录",
    about: "tcpdx 能对一个 TCP 连接作出的全部诊断。每一页说明诊断的含义、判断依据和排查建议，并附有示例：\
            页面中的客户端、服务器、时间和数字都取自该示例，报文用 tcpdump 的记法，序号为相对值。严重程度：*错误*，连接失败、中断或卡住；*警告*，\
            出过问题但已恢复，或者非正常结束；*注意*，值得了解；*对话*，正常的过程。确定程度：\
            *确定*，报文只能这样解释；*很可能*，这是最合理的解释；*可能*，说得通，但别的解释也说得通。这里列出的是通常的程度：\
            报文能证明得更多或更少时，诊断结果各有自己的程度，措辞也随之变化。\
            在命令行用 `tcpdx explain --lang zh-CN ID` 可以看到同样的说明。",
    columns: ["诊断", "严重程度", "确定程度", "含义"],
    colon: "：",
    comma: "、",
    also_with: "，也可以用 ",
};

fn words(language: Language) -> &'static Words {
    match language {
        Language::English => &ENGLISH,
        Language::Chinese => &CHINESE,
    }
}

/// The heading of a family of diagnoses.
fn family(name: &str, language: Language) -> &'static str {
    let [english, chinese] = match name {
        "handshake" => ["Handshake", "握手"],
        "reset" => ["Reset", "重置"],
        "close" => ["Close", "关闭"],
        "keepalive" => ["Keep-alive", "保活"],
        "loss" => ["Loss", "丢包与重传"],
        "flow" => ["Flow control", "流量控制"],
        "path" => ["Path", "路径"],
        "capture" => ["Capture", "抓包"],
        "app" => ["Application", "应用"],
        "http" => ["HTTP", "HTTP"],
        _ => panic!("the family {name} has no heading"),
    };
    match language {
        Language::English => english,
        Language::Chinese => chinese,
    }
}

const GENERATED: &str = "<!-- Made from the catalogue by `make docs`; changes here are lost. -->\n\n";

/// The list of all, by family.
pub(crate) fn index(language: Language) -> String {
    let (words, texts) = (words(language), texts(language));
    let other = match language {
        Language::English => "zh-CN/README.md",
        Language::Chinese => "../README.md",
    };
    let mut out =
        format!("{GENERATED}# {}\n\n[{}]({other})\n\n{}\n", words.title, words.other_language, words.about);
    let mut last = "";
    for diagnosis in Diagnosis::ALL.iter().copied() {
        if diagnosis.family() != last {
            last = diagnosis.family();
            let columns = words.columns.join(" | ");
            out += &format!("\n## {}\n\n| {columns} |\n", family(last, language));
            out += "| --- | --- | --- | --- |\n";
        }
        out += &format!(
            "| [{}]({})<br>`{}` | {} | {} | {} |\n",
            texts.title(diagnosis),
            path(diagnosis),
            diagnosis.id(),
            texts.severity(diagnosis.severity()),
            texts.certainty(diagnosis.certainty()),
            prose(texts.about(diagnosis)),
        );
    }
    out
}

/// The page of a diagnosis.
pub(crate) fn of(diagnosis: Diagnosis, facts: &Facts, language: Language) -> String {
    let (words, texts) = (words(language), texts(language));
    let told = facts.told.findings.iter().find(|finding| finding.diagnosis == diagnosis).unwrap();
    let other = match language {
        Language::English => format!("../zh-CN/{}", path(diagnosis)),
        Language::Chinese => format!("../../{}", path(diagnosis)),
    };
    let mut out = format!(
        "{GENERATED}# {}\n\n[{}](../README.md) · [{}]({other})\n\n{}\n\n",
        texts.title(diagnosis),
        words.all,
        words.other_language,
        prose(texts.about(diagnosis))
    );
    out += &format!("| {} |\n| --- | --- | --- | --- |\n", words.head.join(" | "));
    out += &format!(
        "| `{}` | {} | {} | `{}` |\n",
        diagnosis.id(),
        texts.severity(diagnosis.severity()),
        texts.certainty(diagnosis.certainty()),
        facts.filter
    );
    out += &section(words.recognised, &with_links(&list("-", texts.signs(diagnosis))));
    out += &section(words.example, &example(facts, told, words, language));
    let causes = cause::of_diagnosis(diagnosis, language);
    let why = if causes.is_empty() { list("1.", &told.why(language)) } else { causes };
    out += &section(words.causes, &why);
    out += &section(words.check, &list("-", &told.check(language)));
    out += &section(words.look_alike, &look_alike(facts, words, language));
    if !facts.scenarios.is_empty() {
        let lines: Vec<String> =
            facts.scenarios.iter().map(|shown| scenario_line(shown, words, language)).collect();
        out += &section(words.scenarios, &lines.concat());
    }
    out + &section(words.reference, &format!("{}\n", prose(texts.reference(diagnosis))))
}

fn section(heading: &str, text: &str) -> String {
    format!("\n## {heading}\n\n{text}")
}

fn list(mark: &str, lines: &[String]) -> String {
    lines.iter().map(|line| format!("{mark} {}\n", prose(line))).collect()
}

/// The packets, and what is told of them.
fn example(facts: &Facts, told: &Finding, words: &Words, language: Language) -> String {
    let texts = texts(language);
    let frame = |evidence: &Evidence| match language {
        Language::English => format!("frame {} ({})", evidence.frame, texts.role(evidence.role)),
        Language::Chinese => format!("第 {} 帧（{}）", evidence.frame, texts.role(evidence.role)),
    };
    let frames: Vec<String> = told.evidence.iter().map(frame).collect();
    let later = told.trigger != told.subject;
    let (subject, trigger) = (told.subject, told.trigger);
    let (known, evidence) = match language {
        Language::English if later => {
            (format!("Told of frame {subject}, as known at frame {trigger}:"), "Evidence: ")
        }
        Language::English => (format!("Told of frame {subject}:"), "Evidence: "),
        Language::Chinese if later => (format!("针对第 {subject} 帧报出，在第 {trigger} 帧得知："), "证据："),
        Language::Chinese => (format!("针对第 {subject} 帧报出："), "证据："),
    };
    let evidence =
        if frames.is_empty() { String::new() } else { format!("\n{evidence}{}\n", frames.join(words.comma)) };
    let message = prose(&told.message(language));
    format!("```text\n{}```\n\n{known}\n\n> {message}\n{evidence}", facts.told.table(false))
}

/// Other packets, and what is told of them instead: each diagnosis once.
fn look_alike(facts: &Facts, words: &Words, language: Language) -> String {
    let packets = facts.look_alike.table(false);
    if facts.look_alike.findings.is_empty() {
        return format!("```text\n{packets}```\n\n{}\n", words.nothing);
    }
    let mut out = format!("```text\n{packets}```\n\n{}\n\n", words.instead);
    let mut told = Vec::new();
    for finding in &facts.look_alike.findings {
        if !told.contains(&finding.diagnosis) {
            told.push(finding.diagnosis);
            let message = prose(&finding.message(language));
            out += &with_links(&format!("- {}{}{message}\n", finding.diagnosis.id(), words.colon));
        }
    }
    out
}

/// A scenario with the command that writes a capture which shows it.
fn scenario_line(shown: &Shown, words: &Words, language: Language) -> String {
    let (folder, tag) = match language {
        Language::English => ("../../..", tcpdx_extcap::Language::En),
        Language::Chinese => ("../../../..", tcpdx_extcap::Language::ZhCn),
    };
    let Shown { name, options } = shown;
    let title = scenario::find(name).unwrap().title(tag);
    let others: Vec<String> = options[1..].iter().map(|other| format!("`{}`", other.trim())).collect();
    let others = if others.is_empty() {
        String::new()
    } else {
        format!("{}{}", words.also_with, others.join(words.comma))
    };
    format!(
        "- [{title}]({folder}/extcap/scenarios/{name}.toml){}`tcpdx generate {name}{} -o capture.pcapng`{others}\n",
        words.colon, options[0]
    )
}

/// A text as Markdown: what would mean something there stands for itself.
pub(crate) fn prose(text: &str) -> String {
    text.replace('<', "&lt;").replace('*', "\\*").replace('|', "\\|")
}

/// The ids of diagnoses lead to their pages.
fn with_links(text: &str) -> String {
    let is_id = |c: char| c.is_ascii_lowercase() || c == '.' || c == '_';
    let mut out = String::new();
    let mut rest = text;
    while let Some(begin) = rest.find(is_id) {
        let length = rest[begin..].find(|c| !is_id(c)).unwrap_or(rest.len() - begin);
        let word = &rest[begin..begin + length];
        out += &rest[..begin];
        match Diagnosis::from_id(word) {
            Some(diagnosis) => out += &format!("[`{word}`](../{})", path(diagnosis)),
            None => out += word,
        }
        rest = &rest[begin + length..];
    }
    out + rest
}
