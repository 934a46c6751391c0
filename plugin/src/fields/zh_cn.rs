//! The fields in Simplified Chinese.

use super::Field;

/// What a field is called, and what it means.
pub(super) fn text(field: Field) -> (&'static str, &'static str) {
    match field {
        Field::Stream => ("连接", "连接的编号，按出现顺序从 0 开始"),
        Field::Client => ("客户端", "发起连接一方的地址和端口"),
        Field::Server => ("服务器", "被连接一方的地址和端口"),
        Field::ClientState => ("客户端状态", "这一帧之后客户端的状态（RFC 9293），以抓包能证明的为限"),
        Field::ServerState => ("服务器状态", "这一帧之后服务器的状态（RFC 9293），以抓包能证明的为限"),
        Field::Outcome => ("结局", "连接如何结束，或目前怎样，用一个词表示"),
        Field::Clean => ("无异常", "关于该连接是否没有比提示更严重的发现"),
        Field::Story => ("经过", "用一句话概括整个连接"),
        Field::Vantage => (
            "抓包点",
            "在哪里抓包：client（客户端）、server（服务器）、middle（中间）、both（两端）或 unknown（未知）",
        ),
        Field::ConnState => ("Zeek 状态", "按 Zeek conn.log 记法表示的连接状态，如 SF、S0、REJ、RSTO"),
        Field::History => ("Zeek 历史", "按 Zeek conn.log 的字母表示连接上发生的事，大写为客户端：ShADadFf"),
        Field::ClosedFirst => ("先关闭的一方", "先发送 FIN 或 RST 的一方"),
        Field::HandshakeRtt => {
            ("握手往返时间", "从 SYN 到第三次握手的 ACK 的时间：不论在哪里抓包，都是一个往返时间")
        }
        Field::HandshakeRttServer => ("其中到服务器", "从 SYN 到 SYN-ACK 的时间：抓包点到服务器的往返"),
        Field::HandshakeRttClient => {
            ("其中到客户端", "从 SYN-ACK 到第三次握手的 ACK 的时间：抓包点到客户端的往返")
        }
        Field::Proves => ("由此证明", "这一帧最先证明了与较早的哪一帧有关的诊断"),
        Field::Diagnosis => ("诊断", "这一帧所报诊断的标识；可用 tcpdx.<标识> 过滤"),
        Field::Severity => ("严重程度", "有多严重：chat、note、warn 或 error，顺序与 tcpdx.diagnosis 相同"),
        Field::Certainty => (
            "确定程度",
            "有多确定：proved（确定）、likely（很可能）或 possible（可能），顺序与 tcpdx.diagnosis 相同",
        ),
        Field::Effect => {
            ("影响", "对连接的影响：none（无）、slowed（变慢）或 ended（中断），顺序与 tcpdx.diagnosis 相同")
        }
        Field::Subject => ("所指的帧", "诊断所针对的帧（不是这一帧时）"),
        Field::Trigger => ("证明它的帧", "最先能得出该诊断的帧（不是这一帧时）"),
        Field::Follows => ("后果源于", "本诊断是哪一帧的诊断的后果：即其根源"),
        Field::Cause => ("原因", "最符合的原因的标识，按 tcpdx.diagnosis 的顺序；没有可说的则为 -"),
        Field::Why => ("为何", "所发现问题的原因及支持它的事实，最符合的在前"),
        Field::Check => ("下一步检查", "接下来应该检查什么"),
        Field::Reference => ("依据", "诊断所依据的 RFC 章节或规则"),
        Field::Evidence => ("证据", "能说明问题的帧"),
    }
}
