//! The TOML format: these types are what a scenario file may say. `docs/scenarios.md` tells it to people, and a
//! test holds the two together.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IntoDeserializer};
use toml::Spanned;

use super::Texts;
use super::units::{EXPECTED, Rate, Shift, Span};
use crate::Difficulty;

/// A whole file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    /// One line that says what happens.
    pub(crate) title: Texts,
    /// What to watch for in the capture.
    #[serde(default)]
    pub(crate) watch: Texts,
    /// How hard it is to find out.
    #[serde(default)]
    pub(crate) difficulty: Difficulty,
    /// Questions to ask a class, with their answers.
    #[serde(default)]
    pub(crate) question: Vec<Question>,
    /// The diagnoses that it shows.
    #[serde(default)]
    pub(crate) shows: Shows,
    /// How it is captured, unless the options say otherwise.
    #[serde(default)]
    pub(crate) capture: Capture,
    /// Added to the seed that is asked for: which of the possible runs this is.
    #[serde(default)]
    pub(crate) seed: u64,
    /// The capture begins at this time, and the hosts before.
    pub(crate) begin: Option<Span>,
    /// The capture stops here; without it, when nothing more happens.
    pub(crate) end: Option<Span>,
    #[serde(default)]
    pub(crate) client: Host,
    #[serde(default)]
    pub(crate) server: Host,
    #[serde(default)]
    pub(crate) path: PathSettings,
    /// Own words for packets of a kind, in place of the common ones.
    #[serde(default)]
    pub(crate) comment: BTreeMap<String, Spanned<Texts>>,
    /// Named changes to this file: each is a table that is laid over it.
    #[serde(default)]
    pub(crate) variant: BTreeMap<String, toml::Table>,
}

/// What is wrong with the capture itself.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Capture {
    /// The cards join segments and compute checksums.
    pub(crate) offload: bool,
    /// Every packet is captured twice.
    pub(crate) duplicates: bool,
    /// So many bytes of each frame are kept.
    pub(crate) snaplen: Option<u32>,
    /// Steps of the clock that the packets' times are read from.
    pub(crate) clock: Vec<ClockStep>,
}

/// Somebody or something sets the capture's clock: what is captured from then on has other times.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClockStep {
    /// When, in the time that really passes.
    pub(crate) at: Span,
    /// How far, forwards or backwards.
    pub(crate) by: Shift,
}

impl Capture {
    /// How far the clock is ahead of what it would be without its steps, in nanoseconds.
    pub(crate) fn clock_ahead(&self, now: Duration) -> i64 {
        self.clock.iter().filter(|step| step.at.0 <= now).map(|step| step.by.0).sum()
    }
}

/// Something to find out in the capture.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Question {
    pub(crate) ask: Texts,
    pub(crate) answer: Texts,
}

/// Ids of diagnoses by capture point.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Shows {
    #[serde(default)]
    pub(crate) client: Vec<String>,
    #[serde(default)]
    pub(crate) server: Vec<String>,
}

/// A computer with its TCP and its application.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Host {
    /// Its name, for the capture's name resolution.
    pub(crate) name: Option<String>,
    pub(crate) ipv4: Option<Ipv4Addr>,
    pub(crate) ipv6: Option<Ipv6Addr>,
    /// The server's port, or the client's (else one of the ephemeral ports).
    pub(crate) port: Option<u16>,
    /// `TCP_NODELAY` on its sockets.
    #[serde(default)]
    pub(crate) nodelay: bool,
    /// `TCP_QUICKACK` on its sockets: false lets ACKs wait from the start.
    pub(crate) quickack: Option<bool>,
    /// Settings of its TCP, named as Linux names them.
    #[serde(default)]
    pub(crate) sysctl: Sysctl,
    /// `SO_RCVBUF` of its sockets, in bytes.
    pub(crate) receive_buffer: Option<u32>,
    /// Whose TCP it has.
    #[serde(default)]
    pub(crate) system: System,
    /// How long it has been up when the capture begins; chance decides where this is not said. Its timers and its
    /// timestamps count from there.
    pub(crate) uptime: Option<Span>,
    /// What its application is written in, where that shows on the wire.
    pub(crate) runtime: Option<Runtime>,
    /// What its application does, one step after the other.
    #[serde(default)]
    pub(crate) step: Vec<Spanned<Step>>,
    /// More applications, each with its own steps.
    #[serde(default)]
    pub(crate) process: Vec<Process>,
}

/// An application beside the host's first.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Process {
    /// The port that it listens on or connects from; the host's if not said.
    pub(crate) port: Option<u16>,
    pub(crate) step: Vec<Spanned<Step>>,
}

/// Operating systems whose TCP differs on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum System {
    /// Linux 6.18.
    #[default]
    Linux,
    /// Linux before 6.5.
    LinuxOld,
    /// Windows 10 and later.
    Windows,
    Macos,
}

/// Runtimes that set a connection up in their own way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Runtime {
    /// Keep-alive on every connection: 15 s idle, 15 s between probes, 9 of them.
    Go,
}

/// Linux's settings that change what is on the wire; what is not set is as Linux 6.18 has it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sysctl {
    pub(crate) tcp_syn_retries: Option<u32>,
    pub(crate) tcp_syn_linear_timeouts: Option<u32>,
    pub(crate) tcp_synack_retries: Option<u32>,
    pub(crate) tcp_abort_on_overflow: Option<bool>,
    pub(crate) tcp_timestamps: Option<bool>,
    pub(crate) tcp_sack: Option<bool>,
    pub(crate) tcp_window_scaling: Option<bool>,
    /// The largest receive buffer, from which the window scale follows.
    pub(crate) tcp_rmem_max: Option<u32>,
    /// Timeouts until a connection is given up.
    pub(crate) tcp_retries2: Option<u32>,
    /// After an idle time, a sender begins with a small congestion window again.
    pub(crate) tcp_slow_start_after_idle: Option<bool>,
    /// 0: no ECN; 1: asked for; 2: accepted.
    pub(crate) tcp_ecn: Option<u8>,
    pub(crate) ip_default_ttl: Option<u8>,
    /// 1: smaller segments after repeated timeouts, in case they are too long for the path.
    pub(crate) tcp_mtu_probing: Option<u8>,
    pub(crate) tcp_syncookies: Option<bool>,
    pub(crate) tcp_max_syn_backlog: Option<u32>,
    pub(crate) tcp_orphan_retries: Option<u32>,
    /// Seconds.
    pub(crate) tcp_fin_timeout: Option<u32>,
    pub(crate) tcp_tw_reuse: Option<bool>,
    pub(crate) tcp_rfc1337: Option<bool>,
    /// 1: as client, 2: as server, 3: both.
    pub(crate) tcp_fastopen: Option<u32>,
    /// Seconds.
    pub(crate) tcp_keepalive_time: Option<u32>,
    /// Seconds.
    pub(crate) tcp_keepalive_intvl: Option<u32>,
    pub(crate) tcp_keepalive_probes: Option<u32>,
}

/// One thing that an application or its host does.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    /// What it does.
    pub(crate) r#do: Action,
    /// Not before this time of the capture.
    pub(crate) at: Option<Span>,
    /// This long after the step before it.
    pub(crate) wait: Option<Span>,
    /// `send`: the bytes, as text.
    pub(crate) text: Option<String>,
    /// `send`: the bytes, two hexadecimal digits each.
    pub(crate) hex: Option<Hex>,
    /// `send`: that many bytes of no meaning. `receive`: not done before that many have come.
    pub(crate) bytes: Option<usize>,
    /// `receive`: reads no more than that many at once.
    pub(crate) most: Option<u32>,
    /// `receive`: not done before the other side has closed.
    #[serde(default)]
    pub(crate) until_closed: bool,
    /// `connect`, `accept`: turn keep-alive on.
    pub(crate) keepalive: Option<KeepAlive>,
    /// `listen`: how many connections may wait to be accepted.
    pub(crate) backlog: Option<u32>,
    /// `listen`: a connection counts only when data has come, or this time has passed (`TCP_DEFER_ACCEPT`).
    pub(crate) defer_accept: Option<Span>,
    /// `connect`: from this port.
    pub(crate) port: Option<u16>,
    /// `connect`: give up after this time.
    pub(crate) timeout: Option<Span>,
    /// `connect`: `text` or `bytes` go with the SYN if the server's cookie is known (TCP Fast Open).
    #[serde(default)]
    pub(crate) fast_open: bool,
    /// `connect`, `accept`: give up when sent data is not acknowledged for this time (`TCP_USER_TIMEOUT`).
    pub(crate) user_timeout: Option<Span>,
    /// `send`: more follows, so wait for it (`MSG_MORE`).
    #[serde(default)]
    pub(crate) more: bool,
    /// `send`: the last byte is urgent (`MSG_OOB`).
    #[serde(default)]
    pub(crate) urgent: bool,
    /// `repeat`: so many steps, those right before it.
    pub(crate) steps: Option<usize>,
    /// `repeat`: so many times more.
    pub(crate) times: Option<u32>,
}

/// Bytes written as hexadecimal digits; white space between them does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hex(pub(crate) Vec<u8>);

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let digits: Vec<char> =
            String::deserialize(deserializer)?.chars().filter(|c| !c.is_whitespace()).collect();
        let byte = |pair: &[char]| Some(pair.first()?.to_digit(16)? << 4 | pair.get(1)?.to_digit(16)?);
        let bytes: Option<Vec<u8>> = digits.chunks(2).map(|pair| byte(pair).map(|byte| byte as u8)).collect();
        bytes
            .map(Hex)
            .ok_or_else(|| D::Error::custom("bytes are pairs of hexadecimal digits, such as \"1f8b 08\""))
    }
}

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Action {
    /// Listens on its port.
    Listen,
    /// Takes the next connection out of the accept queue; waits for one.
    Accept,
    /// Connects to the server; done when the handshake is, or has failed.
    Connect,
    /// Writes bytes to the connection.
    Send,
    /// Reads whatever has come; waits for some.
    Receive,
    /// Closes the connection: `close()`.
    Close,
    /// Ends its own sending, and goes on reading: `shutdown(SHUT_WR)`.
    Shutdown,
    /// Aborts the connection: `SO_LINGER` with time 0, then `close()`.
    Abort,
    /// The process ends: its connection is closed, and its port is no longer listened on.
    Exit,
    /// The host loses power: everything it knew is gone, and it is silent.
    PowerOff,
    /// The host is up again, without its connections.
    Boot,
    /// Does the steps before it again.
    Repeat,
}

impl Action {
    /// The word for it in the file.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Action::Listen => "listen",
            Action::Accept => "accept",
            Action::Connect => "connect",
            Action::Send => "send",
            Action::Receive => "receive",
            Action::Close => "close",
            Action::Shutdown => "shutdown",
            Action::Abort => "abort",
            Action::Exit => "exit",
            Action::PowerOff => "power-off",
            Action::Boot => "boot",
            Action::Repeat => "repeat",
        }
    }
}

/// `TCP_KEEPIDLE`, `TCP_KEEPINTVL` and `TCP_KEEPCNT`; what is not set is as the host has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct KeepAlive {
    pub(crate) idle: Option<Span>,
    pub(crate) interval: Option<Span>,
    pub(crate) count: Option<u32>,
}

/// What lies between the hosts.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PathSettings {
    /// One way.
    pub(crate) delay: Span,
    /// Packets are late by up to this, by chance.
    pub(crate) jitter: Span,
    /// What its narrowest link carries in each direction; without it, there is none.
    pub(crate) rate: Option<Rate>,
    /// Packets that wait in front of that link at most; what comes then is lost.
    pub(crate) queue: usize,
    /// Routers on it: each takes one from the TTL.
    pub(crate) routers: u8,
    /// From some time on, packets go another way.
    pub(crate) route: Vec<Spanned<Route>>,
    /// A device that translates the client's address, and forgets connections that are idle.
    pub(crate) nat: Option<Nat>,
    /// A device that answers the client's SYN in the server's place.
    pub(crate) proxy: Option<Proxy>,
    /// SYNs that no application asks for.
    pub(crate) stray: Vec<Strays>,
    /// What goes wrong, in the order in which it is tried.
    pub(crate) fault: Vec<Spanned<Fault>>,
}

/// Packets go another way from some time on: what is not said stays as it was.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Route {
    pub(crate) at: Span,
    /// Whose packets; both sides' if not said.
    pub(crate) from: Option<Sender>,
    /// One way.
    pub(crate) delay: Option<Span>,
    pub(crate) routers: Option<u8>,
}

impl PathSettings {
    /// Every way takes so long, whatever the file says.
    pub(crate) fn set_delay(&mut self, delay: Duration) {
        self.delay = Span(delay);
        for route in &mut self.route {
            route.get_mut().delay = None;
        }
    }

    /// The own words for packets, by the number of what they meet: the faults, and behind them the translating
    /// device.
    pub(crate) fn comments(&self) -> impl Iterator<Item = &Texts> {
        let nat = self.nat.iter().map(|nat| &nat.comment);
        self.fault.iter().map(|fault| &fault.get_ref().comment).chain(nat)
    }
}

/// Network address translation: what comes from the client leaves with the device's own address.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nat {
    /// A connection that is idle for so long is forgotten.
    pub(crate) idle: Option<Span>,
    /// What becomes of packets of connections that it does not know.
    #[serde(default)]
    pub(crate) unknown: Unknown,
    /// Where it stands: 0 next to the client, 1 next to the server.
    #[serde(default)]
    pub(crate) at: Place,
    pub(crate) ipv4: Option<Ipv4Addr>,
    pub(crate) ipv6: Option<Ipv6Addr>,
    /// Own words for packets of connections that it does not know.
    #[serde(default)]
    pub(crate) comment: Texts,
}

/// What a translating device does with what it cannot translate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Unknown {
    /// Drops it without a word.
    #[default]
    Drop,
    /// Rejects it with RST.
    Reject,
}

/// A device that completes the handshake with the client before it connects to the server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Proxy {
    /// Where it stands: 0 next to the client, 1 next to the server.
    #[serde(default)]
    pub(crate) at: Place,
    /// TTL of its SYN-ACK as it sends it.
    pub(crate) ttl: u8,
    /// The window that its SYN-ACK offers.
    pub(crate) window: u16,
    /// The MSS that its SYN-ACK offers.
    pub(crate) mss: u16,
}

/// A probability.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Chance(pub(crate) f64);

impl<'de> Deserialize<'de> for Chance {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let part = f64::deserialize(deserializer)?;
        if (0.0..=1.0).contains(&part) {
            return Ok(Chance(part));
        }
        Err(D::Error::custom(format!("{part} is no probability: 0.01 means one of a hundred packets")))
    }
}

/// A place on the path, as the part of it that lies between the client and there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Place(pub(crate) f64);

impl Default for Place {
    /// Half-way.
    fn default() -> Self {
        Place(0.5)
    }
}

impl<'de> Deserialize<'de> for Place {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let part = f64::deserialize(deserializer)?;
        if (0.0..=1.0).contains(&part) {
            return Ok(Place(part));
        }
        Err(D::Error::custom(format!(
            "{part} is no place on the path: 0.0 is next to the client, 1.0 next to the server"
        )))
    }
}

impl Default for PathSettings {
    fn default() -> Self {
        PathSettings {
            delay: Span(Duration::from_millis(10)),
            jitter: Span::default(),
            rate: None,
            queue: 1000,
            routers: 5,
            route: Vec::new(),
            nat: None,
            proxy: None,
            stray: Vec::new(),
            fault: Vec::new(),
        }
    }
}

/// A flood of SYNs from invented addresses, or a scan.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Strays {
    /// From the client's host; from invented addresses if not said.
    pub(crate) from: Option<Sender>,
    /// How many.
    pub(crate) count: u32,
    /// When the first comes.
    #[serde(default)]
    pub(crate) at: Span,
    /// From one to the next.
    pub(crate) every: Span,
    /// To these ports in turn; to the server's if not said.
    #[serde(default)]
    pub(crate) ports: Vec<u16>,
    /// The answers to invented addresses are routed over this host's link, which does not take them; elsewhere if not
    /// said.
    pub(crate) answers: Option<Sender>,
    #[serde(default = "stray_ttl")]
    pub(crate) ttl: u8,
    #[serde(default = "stray_window")]
    pub(crate) window: u16,
}

fn stray_ttl() -> u8 {
    64
}

fn stray_window() -> u16 {
    1024
}

/// A fault names the packets that it meets by what they are.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fault {
    pub(crate) r#do: FaultAction,
    /// Whose packets; both sides' if not said.
    pub(crate) from: Option<Sender>,
    /// Which packets.
    #[serde(default)]
    pub(crate) what: Packet,
    /// Only the nth of them, counted from 1.
    pub(crate) nth: Option<u32>,
    /// Only every so many of them.
    pub(crate) every: Option<u32>,
    /// Each of them only by chance, with this probability.
    pub(crate) chance: Option<Chance>,
    /// From this time on, or behind such a packet of the same sender.
    pub(crate) after: Option<When>,
    /// Up to this time.
    pub(crate) until: Option<Span>,
    /// `delay`: for how long.
    pub(crate) by: Option<Span>,
    /// `inject`: what.
    pub(crate) forge: Option<Forged>,
    /// `reject`: with what.
    pub(crate) with: Option<Rejection>,
    /// `reject`: so long after the first such packet, all at once.
    pub(crate) wait: Option<Span>,
    /// `clamp-mss`: to this.
    pub(crate) mss: Option<u16>,
    /// `strip`: which options.
    #[serde(default)]
    pub(crate) options: Vec<TcpOption>,
    /// `limit`: the longest packet that passes.
    pub(crate) mtu: Option<u16>,
    /// `limit`: no ICMP error tells of it.
    #[serde(default)]
    pub(crate) silent: bool,
    /// `miss`: at which capture point; at both if not said.
    pub(crate) point: Option<Sender>,
    /// Where it happens: 0 next to the client, 1 next to the server.
    #[serde(default)]
    pub(crate) at: Place,
    /// Own words for the packets that it meets or makes.
    #[serde(default)]
    pub(crate) comment: Texts,
}

impl Fault {
    /// Loses packets, all that it is about to begin with.
    pub(crate) fn drop() -> Self {
        Fault {
            r#do: FaultAction::Drop,
            from: None,
            what: Packet::Any,
            nth: None,
            every: None,
            chance: None,
            after: None,
            until: None,
            by: None,
            forge: None,
            with: None,
            wait: None,
            mss: None,
            options: Vec::new(),
            mtu: None,
            silent: false,
            point: None,
            at: Place::default(),
            comment: Texts::default(),
        }
    }
}

/// What a fault does to the packets that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum FaultAction {
    /// Loses them.
    Drop,
    /// Holds them back.
    Delay,
    /// Lets them pass, and sends a forged packet behind each.
    Inject,
    /// Drops them and tells the sender so.
    Reject,
    /// Lowers the MSS that they offer.
    ClampMss,
    /// Takes options out of them.
    Strip,
    /// Drops those that are too long for a link.
    Limit,
    /// Lets them pass, but the capture does not see them.
    Miss,
    /// Lets them arrive twice.
    Duplicate,
    /// Damages them: their checksum is wrong.
    Corrupt,
    /// Marks them with CE, if their sender does ECN.
    Mark,
}

impl FaultAction {
    /// The word for it in the file.
    pub(crate) fn name(self) -> &'static str {
        match self {
            FaultAction::Drop => "drop",
            FaultAction::Delay => "delay",
            FaultAction::Inject => "inject",
            FaultAction::Reject => "reject",
            FaultAction::ClampMss => "clamp-mss",
            FaultAction::Strip => "strip",
            FaultAction::Limit => "limit",
            FaultAction::Miss => "miss",
            FaultAction::Duplicate => "duplicate",
            FaultAction::Corrupt => "corrupt",
            FaultAction::Mark => "mark",
        }
    }
}

/// How a router or firewall tells that it rejects a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Rejection {
    /// RST in the receiver's name.
    Rst,
    NetUnreachable,
    HostUnreachable,
    PortUnreachable,
    AdminProhibited,
    TimeExceeded,
}

/// Options that a middlebox may take out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TcpOption {
    Mss,
    Sack,
    Timestamps,
    WindowScale,
}

/// Which side's packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Sender {
    Client,
    Server,
}

/// Packets by what they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Packet {
    #[default]
    Any,
    Syn,
    SynAck,
    /// The client's answers to the SYN-ACK.
    ThirdAck,
    /// Without data, SYN, FIN or RST.
    Ack,
    Data,
    /// Data or a FIN that was sent before.
    Resend,
    Fin,
    Rst,
}

/// A time of the capture, or the passing of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    Time(Span),
    Packet(Packet),
}

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if let Some(span) = Span::parse(&text) {
            return Ok(When::Time(span));
        }
        let packet = Packet::deserialize(text.as_str().into_deserializer());
        packet.map(When::Packet).map_err(|e: serde::de::value::Error| {
            D::Error::custom(format!("`{text}` is neither {EXPECTED} nor a packet ({e})"))
        })
    }
}

/// A packet of the middlebox's making, in somebody else's name.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Forged {
    /// In whose name: it goes to the other one.
    pub(crate) r#as: Sender,
    /// With the ACK flag or without.
    #[serde(default)]
    pub(crate) ack: bool,
    /// TTL as the middlebox sends it.
    pub(crate) ttl: u8,
    /// IP identification.
    #[serde(default)]
    pub(crate) ip_id: u16,
    /// How long after the packet that set it off.
    #[serde(default)]
    pub(crate) wait: Span,
    /// Added to the sequence number that the receiver waits for.
    #[serde(default)]
    pub(crate) seq_offset: i64,
    /// A SYN in place of a RST; with ACK, a SYN-ACK.
    #[serde(default)]
    pub(crate) syn: bool,
    /// Data in place of a RST.
    pub(crate) text: Option<String>,
    /// The window in its header.
    #[serde(default)]
    pub(crate) window: u16,
}
