//! The words in Simplified Chinese.

use super::{Setting, Word};

/// What a preference is called, and what it does. `{}` is the name of the family.
pub(super) fn setting(setting: Setting) -> (&'static str, &'static str) {
    match setting {
        Setting::Language => ("语言", "诊断所用的语言；未选择时与系统语言环境一致"),
        Setting::Vantage => ("抓包点", "已知在哪里抓包时可以指定；否则对每个连接自动推断"),
        Setting::Minor => {
            ("同时报告提示和里程碑", "关闭后只报告警告和错误，不报告提示（note）和里程碑（chat）")
        }
        Setting::SlowResponse => ("响应缓慢（毫秒）", "服务器的响应时间超过此值即为缓慢：app.slow_response"),
        Setting::KeepaliveInterval => {
            ("保活间隔（毫秒）", "保活探测的间隔不超过此值即为频繁：keepalive.frequent")
        }
        Setting::Idle => {
            ("空闲时间（毫秒）", "连接空闲达到此值后，路径上的设备可能已将其遗忘：path.idle_state_lost")
        }
        Setting::Family(_) => ("报告：{}", "是否报告这一类诊断"),
    }
}

pub(super) fn word(word: Word) -> &'static str {
    match word {
        Word::Automatic => "自动",
        Word::Client => "客户端",
        Word::Server => "服务器",
        Word::Middle => "中间路径",
        Word::Both => "两端",
        Word::Diagnoses => "诊断",
        Word::Outcomes => "连接的结局",
        Word::HostsWithTrouble => "有问题的主机",
        Word::HandshakeTimes => "握手往返时间（毫秒）",
        Word::UpTo => "不超过 {} 毫秒",
        Word::Longer => "更长",
        Word::Packets => "包数",
        Word::Bytes => "字节数",
        Word::Duration => "时长",
        Word::NothingToSay => "没有 TCP 连接",
    }
}
