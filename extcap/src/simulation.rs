//! From a scenario and options to a world ready to run, and what its capture is called.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use toml::Spanned;

use crate::app::App;
use crate::capture::Tap;
use crate::net::{Checksum, Link, Side};
use crate::options::{CapturePoint, Encapsulation, GenerateOptions, IpVersion};
use crate::path::{Missed, Path, Strays};
use crate::pcapng::Interface;
use crate::random::Random;
use crate::scenario::file::Step;
use crate::scenario::{Scenario, file};
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

/// What is fixed before anything happens.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(crate) client: End,
    pub(crate) server: End,
    point: CapturePoint,
    encapsulation: Encapsulation,
    snaplen: u32,
    offload: bool,
    /// One way.
    delay: Duration,
}

/// Ethernet addresses of the first and the last router (locally administered, IEEE 802, 8.2.2).
const ROUTERS: [[u8; 6]; 2] = [[0x02, 0, 0, 0, 0, 0xfe], [0x02, 0, 0, 1, 0, 0xfe]];

impl Setup {
    /// # Errors
    /// The options contradict each other.
    pub(crate) fn new(scenario: &Scenario, options: &GenerateOptions) -> Result<Self, String> {
        let file = &scenario.file;
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
        let client = options.client.unwrap_or(client);
        let server = options.server.unwrap_or(server);
        Ok(Setup {
            client: end(&file.client, "client.example", client, client_port, [0x02, 0, 0, 0, 0, 0x0a]),
            server: end(&file.server, "server.example", server, Some(server_port), [0x02, 0, 0, 1, 0, 0x14]),
            point: options.point,
            encapsulation: options.encapsulation,
            snaplen: options.snaplen.or(file.capture.snaplen).unwrap_or(Interface::LONGEST),
            offload: options.offload || file.capture.offload,
            delay: options.rtt.map_or(file.path.delay.0, |rtt| rtt / 2),
        })
    }

    fn end(&self, side: Side) -> &End {
        match side {
            Side::Client => &self.client,
            Side::Server => &self.server,
        }
    }

    fn sides(&self) -> &'static [Side] {
        match self.point {
            CapturePoint::Client => &[Side::Client],
            CapturePoint::Server => &[Side::Server],
            CapturePoint::Both => &[Side::Client, Side::Server],
        }
    }

    /// The capture's interfaces, in order.
    pub(crate) fn interfaces(&self) -> Vec<Interface> {
        let interface = |&side: &Side| {
            let end = self.end(side);
            let name = if side == Side::Client { "client" } else { "server" };
            Interface {
                name: name.to_owned(),
                description: format!("At the {name}: {} ({})", end.name, end.address),
                link: self.encapsulation.data_link(),
                snaplen: self.snaplen,
            }
        };
        self.sides().iter().map(interface).collect()
    }

    /// The number of the interface at a host.
    pub(crate) fn interface(&self, at: Side) -> u32 {
        self.sides().iter().position(|side| *side == at).unwrap_or(0) as u32
    }

    /// The hosts' names.
    pub(crate) fn names(&self) -> [(IpAddr, &str); 2] {
        [(self.client.address, &self.client.name), (self.server.address, &self.server.name)]
    }

    /// The Ethernet addresses of a packet at a host's card: it goes to, or comes from, the nearest router.
    pub(crate) fn link(&self, at: Side, inbound: bool) -> Link {
        let (host, router) = (self.end(at).mac, ROUTERS[at as usize]);
        let (from, to) = if inbound { (router, host) } else { (host, router) };
        Link { from, to, inbound }
    }

    /// Who computes the checksums of what comes in or leaves.
    pub(crate) fn checksum(&self, inbound: bool) -> Checksum {
        if self.offload && !inbound { Checksum::Unfinished } else { Checksum::Finished }
    }

    pub(crate) fn snaplen(&self) -> u32 {
        self.snaplen
    }

    /// The path's round-trip time.
    pub(crate) fn rtt(&self) -> Duration {
        self.delay * 2
    }

    /// The world in which the scenario happens.
    pub(crate) fn world(&self, scenario: &Scenario, options: &GenerateOptions) -> World {
        let file = &scenario.file;
        let seed = options.seed.wrapping_add(file.seed);
        let end = file.end.map_or(LONGEST, |end| end.0);
        let begin = Time::ZERO + file.begin.unwrap_or_default().0;
        let server = SocketAddr::new(self.server.address, self.server.port.unwrap_or(HTTP));
        let strays = |strays: &file::Strays| {
            Strays::new(strays.clone(), self.client.address, server, file.path.routers, seed)
        };
        World::new(
            self.node(Side::Client, &file.client, seed),
            self.node(Side::Server, &file.server, seed),
            Path::new(&file.path, self.delay, seed),
            file.path.stray.iter().map(strays).collect(),
            Tap::new(options.point, begin, Missed::new(&file.path.fault, seed)),
            Time::ZERO + end,
        )
    }

    fn node(&self, side: Side, host: &file::Host, seed: u64) -> Node {
        let (own, peer) = (self.end(side), self.end(side.other()));
        let mut random = Random::new(seed, 3 + side as u64);
        let any = Duration::from_nanos(random.below(LONGEST.as_nanos() as u64 * 20));
        let uptime = host.uptime.map_or(any, |uptime| uptime.0);
        let ip_header = if own.address.is_ipv4() { 20 } else { 40 };
        let settings = Settings::new(host, ip_header);
        let peer = SocketAddr::new(peer.address, peer.port.unwrap_or(HTTP));
        let app = |steps: &[Spanned<Step>], port: Option<u16>| {
            let steps = steps.iter().map(|step| step.get_ref().clone()).collect();
            App::new(steps, port, peer, host.runtime)
        };
        let first = app(&host.step, own.port);
        let more = host.process.iter().map(|process| app(&process.step, process.port.or(own.port)));
        let tcp = Host::new(own.address, settings, KernelClock::new(uptime), &mut random);
        Node::new(tcp, [first].into_iter().chain(more), random)
    }
}
