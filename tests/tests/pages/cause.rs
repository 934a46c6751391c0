//! The page of a cause, and the list of them.

use crate::page::{folder, prose};
use tcpdx_engine::catalogue::texts;
use tcpdx_engine::{Cause, Diagnosis, Language};

/// The words of a page that are not in the catalogue.
struct Words {
    title: &'static str,
    other_language: &'static str,
    all: &'static str,
    about: &'static str,
    head: [&'static str; 3],
    columns: [&'static str; 2],
    explains: &'static str,
    check: &'static str,
    actors: [&'static str; 7],
}

const ENGLISH: Words = Words {
    title: "Causes",
    other_language: "中文",
    all: "All causes",
    about: "Why a diagnosis comes about. A finding weighs the causes that can explain it by the facts of the whole capture: \
            a fact against excludes one, those that something speaks for come first, and the usual suspects of the \
            diagnosis may follow; at most three are shown, each with its facts. *Proved*: nothing else can produce it; \
            *likely*: something speaks for it, nothing against it; *possible*: nothing speaks against it. \
            `tcpdx explain ID` says the same on the command line, and the display filter `tcpdx.cause == \"ID\"` finds \
            what it explains best.",
    head: ["Id", "Who is to act", "Display filter"],
    columns: ["Cause", "What it is"],
    explains: "What it explains",
    check: "What to check",
    actors: [
        "nobody: nothing is wrong",
        "the client",
        "the host at one end",
        "the application at one end",
        "the path",
        "whoever cuts in",
        "who captures",
    ],
};

const CHINESE: Words = Words {
    title: "原因目录",
    other_language: "English",
    all: "全部原因",
    about: "诊断为什么会出现。每个诊断结果都用整个抓包中的事实来权衡能解释它的原因：有一条相反的事实就排除该原因，\
            有事实支持的排在前面，其后可以是该诊断的常见原因；最多列出三个，各附事实。*确定*：别的都不会造成；\
            *很可能*：有事实支持且没有相反的事实；*可能*：没有相反的事实。在命令行用 `tcpdx explain --lang zh-CN ID` \
            可以看到同样的说明，显示过滤器 `tcpdx.cause == \"ID\"` 可找到它最能解释的诊断。",
    head: ["标识", "由谁处理", "显示过滤器"],
    columns: ["原因", "含义"],
    explains: "能解释的诊断",
    check: "排查建议",
    actors: [
        "无需处理：没有问题",
        "客户端一方",
        "一端的主机",
        "一端的应用",
        "路径",
        "切入的一方",
        "抓包的人",
    ],
};

fn words(language: Language) -> &'static Words {
    match language {
        Language::English => &ENGLISH,
        Language::Chinese => &CHINESE,
    }
}

const GENERATED: &str = "<!-- Made from the catalogue by `make docs`; changes here are lost. -->\n\n";

/// The page of that cause, below the folder of its language.
pub(crate) fn path(cause: Cause) -> String {
    format!("{}.md", cause.id().replace('.', "/"))
}

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
    for cause in Cause::ALL.iter().copied() {
        if cause.family() != last {
            last = cause.family();
            out += &format!("\n## {last}\n\n| {} |\n| --- | --- |\n", words.columns.join(" | "));
        }
        let (name, about) = (texts.cause_name(cause), prose(texts.cause_about(cause)));
        out += &format!("| [{name}]({})<br>`{}` | {about} |\n", path(cause), cause.id());
    }
    out
}

/// The page of a cause.
pub(crate) fn of(cause: Cause, language: Language) -> String {
    let (words, texts) = (words(language), texts(language));
    let other = match language {
        Language::English => format!("../zh-CN/{}", path(cause)),
        Language::Chinese => format!("../../{}", path(cause)),
    };
    let (name, about) = (texts.cause_name(cause), prose(texts.cause_about(cause)));
    let mut out = format!(
        "{GENERATED}# {name}\n\n[{}](../README.md) · [{}]({other})\n\n{about}\n\n",
        words.all, words.other_language
    );
    let actor = words.actors[cause.actor() as usize];
    let id = cause.id();
    out += &format!("| {} |\n| --- | --- | --- |\n", words.head.join(" | "));
    out += &format!("| `{id}` | {actor} | `tcpdx.cause == \"{id}\"` |\n");
    let explained = cause.explains().iter().map(|diagnosis| explained(*diagnosis, language));
    out += &format!("\n## {}\n\n{}", words.explains, explained.collect::<String>());
    let check = texts.cause_check(cause).iter().map(|line| format!("- {}\n", prose(line)));
    out + &format!("\n## {}\n\n{}", words.check, check.collect::<String>())
}

fn explained(diagnosis: Diagnosis, language: Language) -> String {
    let up = match language {
        Language::English => "../../diagnoses",
        Language::Chinese => "../../../diagnoses",
    };
    let (path, title) = (diagnosis.id().replace('.', "/"), texts(language).title(diagnosis));
    format!("- [`{}`]({up}/{}/{path}.md) {title}\n", diagnosis.id(), folder(language).display())
        .replace("//", "/")
}

/// The causes of a diagnosis as links from its page.
pub(crate) fn of_diagnosis(diagnosis: Diagnosis, language: Language) -> String {
    let texts = texts(language);
    let up = match language {
        Language::English => "../../causes",
        Language::Chinese => "../../../causes/zh-CN",
    };
    let line = |cause: &Cause| {
        let about = prose(texts.cause_about(*cause));
        format!("1. [{}]({up}/{}) {about}\n", texts.cause_name(*cause), path(*cause))
    };
    Cause::candidates(diagnosis).iter().map(line).collect()
}
