//! Packets as C hands them over.

use crate::status::Status;
use std::net::IpAddr;
use tcpdx_engine as engine;
use tcpdx_engine::{IpInfo, Language};

/// The family of an address.
#[derive(Clone, Copy)]
#[repr(C)]
pub enum Family {
    /// IPv4: 4 bytes.
    V4 = 4,
    /// IPv6: 16 bytes.
    V6 = 6,
}

/// An IP address.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Address {
    /// A tcpdx_family.
    pub family: u8,
    /// The address in network byte order, as it stands in the packet; for IPv4 the first 4 bytes.
    pub bytes: [u8; 16],
}

impl TryFrom<Address> for IpAddr {
    type Error = Status;

    fn try_from(address: Address) -> Result<IpAddr, Status> {
        const V4: u8 = Family::V4 as u8;
        const V6: u8 = Family::V6 as u8;
        let b = address.bytes;
        match address.family {
            V4 => Ok(IpAddr::from([b[0], b[1], b[2], b[3]])),
            V6 => Ok(IpAddr::from(b)),
            _ => Err(Status::WrongValue),
        }
    }
}

/// One TCP packet as the capture shows it.
#[repr(C)]
pub struct Packet {
    /// sizeof(tcpdx_packet).
    pub size: u32,
    /// Number of the frame, from 1.
    pub frame: u32,
    /// Capture time, nanoseconds since 1970-01-01 UTC.
    pub time_ns: i64,
    /// Who sent it.
    pub src: Address,
    /// Whom it is sent to.
    pub dst: Address,
    /// Which TCP or ICMP layer of the frame this is: 0 the outermost, more inside tunnels.
    pub layer: u8,
    /// Not 0 when `ttl` and `ecn` hold what the IP header says.
    pub has_ip: u8,
    /// Time to live (IPv4) or hop limit (IPv6).
    pub ttl: u8,
    /// The two ECN bits of the IP header, 0 to 3.
    pub ecn: u8,
    /// Not 0 when `id` holds the identification field of IPv4.
    pub has_id: u8,
    /// The identification field of IPv4, in host byte order.
    pub id: u16,
    /// A number for the link it was captured on (interface and VLAN tags); 0 when nothing is known.
    pub link: u32,
    /// The MAC address from which the frame came, as a number of 48 bits; 0 when it is not known.
    pub station_from: u64,
    /// The MAC address to which it went; likewise.
    pub station_to: u64,
    /// Length of TCP header and payload on the wire, in bytes.
    pub wire_len: u32,
    /// How many bytes of them were captured: the length of `bytes`.
    pub captured_len: u32,
    /// The captured bytes from the first byte of the TCP header on; not kept after the call.
    pub bytes: *const u8,
}

impl Packet {
    /// The engine's view of it. `bytes` must be readable for `captured_len` bytes.
    #[inline]
    pub(crate) unsafe fn read(&self) -> Result<engine::Packet<'_>, Status> {
        let ip = IpInfo { ttl: self.ttl, id: (self.has_id != 0).then_some(self.id), ecn: ecn(self.ecn)? };
        Ok(engine::Packet {
            frame: frame_number(self.frame)?,
            layer: self.layer,
            time: self.time_ns,
            src: self.src.try_into()?,
            dst: self.dst.try_into()?,
            ip: (self.has_ip != 0).then_some(ip),
            link: self.link,
            stations: [self.station_from, self.station_to],
            bytes: unsafe { slice(self.bytes, self.captured_len)? },
            wire_len: self.wire_len,
        })
    }
}

/// One ICMP or ICMPv6 packet as the capture shows it.
#[repr(C)]
pub struct Icmp {
    /// sizeof(tcpdx_icmp).
    pub size: u32,
    /// Number of the frame, from 1.
    pub frame: u32,
    /// Capture time, nanoseconds since 1970-01-01 UTC.
    pub time_ns: i64,
    /// Who sent it: the source address of the ICMP packet itself, not of what it quotes.
    pub src: Address,
    /// Whom it is sent to.
    pub dst: Address,
    /// Which TCP or ICMP layer of the frame this is: 0 the outermost, more inside tunnels.
    pub layer: u8,
    /// Not 0 for ICMPv6.
    pub v6: u8,
    /// How many bytes were captured: the length of `bytes`.
    pub captured_len: u32,
    /// The captured bytes from the first byte of the ICMP header on; not kept after the call.
    pub bytes: *const u8,
}

impl Icmp {
    /// The engine's view of it. `bytes` must be readable for `captured_len` bytes.
    pub(crate) unsafe fn read(&self) -> Result<engine::IcmpPacket<'_>, Status> {
        Ok(engine::IcmpPacket {
            frame: frame_number(self.frame)?,
            layer: self.layer,
            time: self.time_ns,
            src: self.src.try_into()?,
            dst: self.dst.try_into()?,
            v6: self.v6 != 0,
            bytes: unsafe { slice(self.bytes, self.captured_len)? },
        })
    }
}

/// The language of that number.
pub(crate) fn language(index: u32) -> Result<Language, Status> {
    Language::ALL.get(index as usize).copied().ok_or(Status::WrongValue)
}

/// The texts in that language of the thing with that number.
pub(crate) fn texts_of<T>(texts: &[Vec<T>], language: Language, number: usize) -> Result<&T, Status> {
    texts.get(language as usize).and_then(|of| of.get(number)).ok_or(Status::Internal)
}

/// Reads a struct that begins with its size.
///
/// `pointer`, unless NULL, must be readable for at least the four bytes of the size, and for the
/// whole struct when the size is right.
pub(crate) unsafe fn input<'a, T>(pointer: *const T) -> Result<&'a T, Status> {
    unsafe {
        check_size(pointer)?;
        Ok(&*pointer)
    }
}

/// Fills a struct that begins with its size; under the conditions of [`input`], for writing.
pub(crate) unsafe fn fill<T>(
    pointer: *mut T,
    content: impl FnOnce() -> Result<T, Status>,
) -> Result<(), Status> {
    unsafe {
        check_size(pointer)?;
        pointer.write(content()?);
    }
    Ok(())
}

unsafe fn check_size<T>(pointer: *const T) -> Result<(), Status> {
    if pointer.is_null() {
        return Err(Status::NullPointer);
    }
    if !pointer.is_aligned() {
        return Err(Status::WrongValue);
    }
    let size = unsafe { pointer.cast::<u32>().read() };
    if size as usize == size_of::<T>() { Ok(()) } else { Err(Status::WrongSize) }
}

unsafe fn slice<'a>(bytes: *const u8, length: u32) -> Result<&'a [u8], Status> {
    match (bytes.is_null(), length) {
        (_, 0) => Ok(&[]),
        (true, _) => Err(Status::NullPointer),
        (false, _) => Ok(unsafe { std::slice::from_raw_parts(bytes, length as usize) }),
    }
}

fn frame_number(frame: u32) -> Result<u32, Status> {
    if frame == 0 { Err(Status::WrongValue) } else { Ok(frame) }
}

fn ecn(bits: u8) -> Result<u8, Status> {
    if bits <= 3 { Ok(bits) } else { Err(Status::WrongValue) }
}
