//! From a scenario and options to a stage on which it can be played, once or many times, and what its capture is
//! called.

use std::borrow::Cow;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use toml::Spanned;

use crate::app::{App, Program};
use crate::capture::{Captured, Seen, Sniffer, Tap};
use crate::comment::Commenter;
use crate::generate::Error;
use crate::net::{Checksum, FrameBuilder, Link, Side};
use crate::options::{CapturePoint, Comments, GenerateOptions, IpVersion};
use crate::path::{Missed, Path, Strays};
use crate::pcapng::{Interface, PacketHead, write_packet};
use crate::random::Random;
use crate::scenario::{Scenario, Span, file};
use crate::tcp::{Host, KernelClock, Settings};
use crate::time::Time;
use crate::world::{Node, World};

/// Nothing is simulated behind this: a scenario whose hosts never fall silent ends here.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// The server's port, unless the scenario has another.
const HTTP: u16 = 80;

/// One end, as it is called and reached.
#[derive(Debug, Clone)]
pub(crate) struct End {
    pub(crate) name: String,
    pub(crate) address: IpAddr,
    port: Option<u16>,
    mac: [u8; 6],
}

/// A host's part, ready to be played.
#[derive(Debug)]
struct Part {
    end: End,
    settings: Rc<Settings>,
    uptime: Option<Duration>,
    runtime: Option<file::Runtime>,
    /// What its applications do, with the port that each has.
    programs: Vec<(Rc<Program>, Option<u16>)>,
}

/// What is fixed before anything happens.
#[derive(Debug)]
pub(crate) struct Stage {
    client: Part,
    server: Part,
    path: file::PathSettings,
    capture: file::Capture,
    /// Added to the seed.
    seed: u64,
    begin: Time,
    end: Time,
    options: GenerateOptions,
    snaplen: u32,
    commenter: Option<Commenter>,
}

/// Ethernet addresses of the first and the last router (locally administered, IEEE 802, 8.2.2).
const ROUTERS: [[u8; 6]; 2] = [[0x02, 0, 0, 0, 0, 0xfe], [0x02, 0, 0, 1, 0, 0xfe]];

/// Both ends: as the options say, or the scenario, or as is usual.
fn ends(file: &file::File, options: &GenerateOptions) -> Result<(End, End), String> {
    let v4 = |host: &file::Host, default| IpAddr::V4(host.ipv4.unwrap_or(default));
    let v6 = |host: &file::Host, default| IpAddr::V6(host.ipv6.unwrap_or(default));
    // Addresses for documentation (RFC 5737, RFC 3849).
    let (client, server) = match options.ip_version()? {
        IpVersion::V4 => (
            v4(&file.client, Ipv4Addr::new(192, 0, 2, 10)),
            v4(&file.server, Ipv4Addr::new(198, 51, 100, 20)),
        ),
        IpVersion::V6 => (
            v6(&file.client, Ipv6Addr::new(0x2001, 0xdb8, 1, 0, 0, 0, 0, 0x10)),
            v6(&file.server, Ipv6Addr::new(0x2001, 0xdb8, 2, 0, 0, 0, 0, 0x20)),
        ),
    };
    let end = |host: &file::Host, name: &str, address, port, mac| End {
        name: host.name.clone().unwrap_or_else(|| name.to_owned()),
        address,
        port,
        mac,
    };
    let client_port = options.client_port.or(file.client.port);
    let server_port = options.server_port.or(file.server.port).unwrap_or(HTTP);
    Ok((
        end(
            &file.client,
            "client.example",
            options.client.unwrap_or(client),
            client_port,
            [0x02, 0, 0, 0, 0, 0x0a],
        ),
        end(
            &file.server,
            "server.example",
            options.server.unwrap_or(server),
            Some(server_port),
            [0x02, 0, 0, 1, 0, 0x14],
        ),
    ))
}

/// The scenario with the losses that the options add to it.
fn with_losses<'a>(file: &'a file::File, options: &GenerateOptions) -> Cow<'a, file::File> {
    if options.loss == 0.0 && options.lost_after.is_empty() {
        return Cow::Borrowed(file);
    }
    let chance = Some(file::Chance(options.loss));
    let by_chance = (options.loss > 0.0).then(|| file::Fault { chance, ..file::Fault::drop() });
    let behind = |time: &Duration| file::Fault {
        after: Some(file::When::Time(Span(*time + Duration::from_nanos(1)))),
        nth: Some(1),
        ..file::Fault::drop()
    };
    let mut file = file.clone();
    let added = by_chance.into_iter().chain(options.lost_after.iter().map(behind));
    file.path.fault.extend(added.map(|fault| Spanned::new(0..0, fault)));
    Cow::Owned(file)
}

impl Stage {
    /// Gets a scenario ready.
    ///
    /// # Errors
    /// There is no such variant, a text of it is wrong, or the options contradict each other.
    pub(crate) fn new(scenario: &Scenario, options: &GenerateOptions) -> Result<Self, Error> {
        let varied = options.variant.as_deref().map(|name| scenario.variant(name)).transpose()?;
        let scenario = varied.as_ref().unwrap_or(scenario);
        let file = &with_losses(&scenario.file, options);
        let comments = (options.comments != Comments::Off).then_some(options.comments);
        let commenter = comments.map(|comments| Commenter::new(file, comments, options.language)).transpose();
        let commenter = commenter.map_err(|message| scenario.wrong(message))?;
        let (client, server) = ends(file, options).map_err(Error::Options)?;
        let mut path = file.path.clone();
        if let Some(rtt) = options.rtt {
            path.set_delay(rtt / 2);
        }
        Ok(Stage {
            client: Part::new(client, &file.client),
            server: Part::new(server, &file.server),
            path,
            capture: file.capture.clone(),
            seed: file.seed,
            begin: Time::ZERO + file.begin.unwrap_or_default().0,
            end: Time::ZERO + file.end.map_or(LONGEST, |end| end.0),
            options: options.clone(),
            snaplen: options.snaplen.or(file.capture.snaplen).unwrap_or(Interface::LONGEST),
            commenter,
        })
    }

    fn part(&self, side: Side) -> &Part {
        match side {
            Side::Client => &self.client,
            Side::Server => &self.server,
        }
    }

    fn sides(&self) -> &'static [Side] {
        match self.options.point {
            CapturePoint::Client => &[Side::Client],
            CapturePoint::Server => &[Side::Server],
            CapturePoint::Both => &[Side::Client, Side::Server],
        }
    }

    /// The capture's interfaces, in order.
    pub(crate) fn interfaces(&self) -> Vec<Interface> {
        let interface = |&side: &Side| {
            let end = &self.part(side).end;
            let name = if side == Side::Client { "client" } else { "server" };
            Interface {
                name: name.to_owned(),
                description: match self.options.cover {
                    Some(_) => format!("At the {name}: {}", end.address),
                    None => format!("At the {name}: {} ({})", end.name, end.address),
                },
                link: self.options.encapsulation.data_link(),
                snaplen: self.snaplen,
            }
        };
        self.sides().iter().map(interface).collect()
    }

    /// The number of the interface at a host.
    fn interface(&self, at: Side) -> u32 {
        self.sides().iter().position(|side| *side == at).unwrap_or(0) as u32
    }

    /// The hosts' names, unless they are to have none.
    pub(crate) fn names(&self) -> Vec<(IpAddr, &str)> {
        match self.options.cover {
            Some(_) => Vec::new(),
            None => [&self.client.end, &self.server.end].map(|end| (end.address, end.name.as_str())).to_vec(),
        }
    }

    /// The most bytes of a frame that the capture keeps.
    pub(crate) fn snaplen(&self) -> u32 {
        self.snaplen
    }

    /// The Ethernet addresses of a packet at a host's card: it goes to, or comes from, the nearest router.
    fn link(&self, at: Side, inbound: bool) -> Link {
        let (host, router) = (self.part(at).end.mac, ROUTERS[at as usize]);
        let (from, to) = if inbound { (router, host) } else { (host, router) };
        Link { from, to, inbound }
    }

    /// Whether its checksum is right: a card is to compute those of what leaves, and what it has joined of what comes in has
    /// none of its own.
    pub(crate) fn finishes(&self, captured: &Captured) -> bool {
        let card = self.options.offload || self.capture.offload;
        !card || captured.inbound() && !captured.joined
    }

    /// Appends a packet as a block of the capture, `start` nanoseconds after 1970-01-01 00:00 UTC.
    ///
    /// # Errors
    /// The packet is larger than IP can say.
    pub(crate) fn write(
        &self,
        frames: &mut FrameBuilder,
        captured: &Captured,
        start: u64,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        let inbound = captured.inbound();
        let link = self.link(captured.at, inbound);
        let ahead = self.capture.clock_ahead(captured.time.since_begin());
        let head = PacketHead {
            interface: self.interface(captured.at),
            time: (start + captured.time.nanos()).saturating_add_signed(ahead),
            snaplen: self.snaplen,
            inbound,
        };
        let checksum = if self.finishes(captured) { Checksum::Finished } else { Checksum::Unfinished };
        let frame = |out: &mut Vec<u8>| match &captured.seen {
            Seen::Segment(packet) => frames.segment(out, link, packet, checksum),
            Seen::Icmp(error) => frames.icmp(out, link, error),
        };
        let comment = |out: &mut Vec<u8>| {
            if let Some(commenter) = &self.commenter {
                commenter.write(captured, out);
            }
        };
        write_packet(out, head, frame, comment)
    }

    /// Whether another client's connection would look the same but for the address: nothing else has addresses.
    pub(crate) fn is_repeatable(&self) -> bool {
        self.path.nat.is_none() && self.path.stray.is_empty()
    }

    /// The client's address.
    pub(crate) fn client(&self) -> IpAddr {
        self.client.end.address
    }

    /// The scenario happens, between the server and a client with this address, and is captured.
    pub(crate) fn play(&self, seed: u64, client: IpAddr) -> Sniffer<World> {
        let seed = seed.wrapping_add(self.seed);
        let server = self.server.end.socket(self.server.end.address);
        let strays =
            |strays: &file::Strays| Strays::new(strays.clone(), client, server, self.path.routers, seed);
        let world = World::new(
            self.client.node(Side::Client, client, server, seed),
            self.server.node(Side::Server, server.ip(), self.client.end.socket(client), seed),
            Path::new(&self.path, seed),
            self.path.stray.iter().map(strays).collect(),
            Tap::new(self.options.point, self.begin, Missed::new(&self.path.fault, seed)),
            self.end,
        );
        Sniffer::new(world, &self.capture, &self.options, seed, self.path.delay.0 * 2)
    }
}

impl End {
    /// What connects to it connects to; the end may have another address than usual.
    fn socket(&self, address: IpAddr) -> SocketAddr {
        SocketAddr::new(address, self.port.unwrap_or(HTTP))
    }
}

impl Part {
    fn new(end: End, host: &file::Host) -> Self {
        let ip_header = if end.address.is_ipv4() { 20 } else { 40 };
        let first = (Rc::new(Program::new(&host.step)), end.port);
        let more = host.process.iter().map(|process| {
            let port = process.port.or(end.port);
            (Rc::new(Program::new(&process.step)), port)
        });
        Part {
            settings: Rc::new(Settings::new(host, ip_header)),
            uptime: host.uptime.map(|uptime| uptime.0),
            runtime: host.runtime,
            programs: [first].into_iter().chain(more).collect(),
            end,
        }
    }

    fn node(&self, side: Side, address: IpAddr, peer: SocketAddr, seed: u64) -> Node {
        let mut random = Random::new(seed, 3 + side as u64);
        let any = Duration::from_nanos(random.below(LONGEST.as_nanos() as u64 * 20));
        let clock = KernelClock::new(self.uptime.unwrap_or(any));
        let host = Host::new(address, self.settings.clone(), clock, &mut random);
        let app = |(program, port): &(Rc<Program>, Option<u16>)| {
            App::new(program.clone(), *port, peer, self.runtime)
        };
        Node::new(host, self.programs.iter().map(app), random)
    }
}
