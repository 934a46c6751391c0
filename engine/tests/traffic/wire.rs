//! Segments as bytes.

use std::net::IpAddr;
use tcpdx_engine::{IpInfo, Packet};

pub const FIN: u8 = 1;
pub const SYN: u8 = 2;
pub const RST: u8 = 4;
pub const PSH: u8 = 8;
pub const ACK: u8 = 16;

/// A segment on its way.
#[derive(Clone, Debug, Default)]
pub struct Wire {
    pub from: usize,
    pub seq: u32,
    pub ack: u32,
    pub flags: u8,
    pub window: u16,
    pub mss: Option<u16>,
    pub scale: Option<u8>,
    pub sack_permitted: bool,
    pub timestamps: Option<(u32, u32)>,
    pub sack: Vec<(u32, u32)>,
    pub payload: Vec<u8>,
    pub ip_id: Option<u16>,
}

impl Wire {
    /// What follows it.
    pub fn end(&self) -> u32 {
        let controls = u32::from(self.flags & SYN != 0) + u32::from(self.flags & FIN != 0);
        self.seq.wrapping_add(self.payload.len() as u32).wrapping_add(controls)
    }

    fn options(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if let Some(mss) = self.mss {
            out.extend([2, 4]);
            out.extend(mss.to_be_bytes());
        }
        if self.sack_permitted {
            out.extend([1, 1, 4, 2]);
        }
        if let Some((val, ecr)) = self.timestamps {
            out.extend([1, 1, 8, 10]);
            out.extend(val.to_be_bytes());
            out.extend(ecr.to_be_bytes());
        }
        if let Some(scale) = self.scale {
            out.extend([1, 3, 3, scale]);
        }
        if !self.sack.is_empty() {
            out.extend([1, 1, 5, 2 + 8 * self.sack.len() as u8]);
            for (left, right) in &self.sack {
                out.extend(left.to_be_bytes());
                out.extend(right.to_be_bytes());
            }
        }
        out
    }

    /// TCP header and payload, with the checksum that it should have where the whole is captured.
    pub fn bytes(&self, src: (IpAddr, u16), dst: (IpAddr, u16), snap: usize) -> Vec<u8> {
        let options = self.options();
        let mut out = Vec::with_capacity(20 + options.len() + self.payload.len());
        out.extend(src.1.to_be_bytes());
        out.extend(dst.1.to_be_bytes());
        out.extend(self.seq.to_be_bytes());
        out.extend(self.ack.to_be_bytes());
        out.extend([((20 + options.len()) / 4 * 16) as u8, self.flags]);
        out.extend(self.window.to_be_bytes());
        out.extend([0, 0, 0, 0]);
        out.extend(options);
        out.extend(&self.payload);
        if out.len() > snap {
            return out;
        }
        let sum = checksum(src.0, dst.0, &out);
        out[16..18].copy_from_slice(&sum.to_be_bytes());
        out
    }
}

/// RFC 9293, 3.1.
fn checksum(src: IpAddr, dst: IpAddr, segment: &[u8]) -> u16 {
    let mut sum = 6 + segment.len() as u64;
    let mut add = |bytes: &[u8]| {
        for word in bytes.chunks(2) {
            sum += u64::from(u16::from_be_bytes([word[0], *word.get(1).unwrap_or(&0)]));
        }
    };
    for address in [src, dst] {
        match address {
            IpAddr::V4(a) => add(&a.octets()),
            IpAddr::V6(a) => add(&a.octets()),
        }
    }
    add(segment);
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

/// A packet as it was captured.
#[derive(Clone, Debug)]
pub struct Captured {
    pub time: i64,
    pub src: IpAddr,
    pub dst: IpAddr,
    pub ip: IpInfo,
    pub bytes: Vec<u8>,
    pub wire_len: u32,
}

impl Captured {
    pub fn packet(&self, frame: u32) -> Packet<'_> {
        Packet {
            frame,
            layer: 0,
            time: self.time,
            src: self.src,
            dst: self.dst,
            ip: Some(self.ip),
            link: 0,
            stations: [0; 2],
            bytes: &self.bytes,
            wire_len: self.wire_len,
        }
    }
}
