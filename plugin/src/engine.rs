//! The calls that make an engine, feed it and ask it.

use crate::ABI_VERSION;
use crate::beside::Beside;
use crate::input::{Icmp, Packet, fill, input};
use crate::known::Recent;
use crate::settings::{Settings, Told};
use crate::statistics::StatisticList;
use crate::status::{Status, guard};
use crate::view::{Explained, FindingList, Findings, ValueList, Values};
use std::ffi::CString;
use tcpdx_engine::{self as engine, Language};

/// The diagnosis of one capture.
pub struct Engine {
    pub(crate) beside: Beside,
    pub(crate) language: Language,
    /// Which findings are told.
    pub(crate) told: Told,
    /// A call panicked: what the engine holds cannot be trusted any more.
    broken: bool,
    /// What was asked about last.
    recent: Recent,
    /// What the last call of tcpdx_engine_values handed out.
    values: ValueList,
    /// What the last call of tcpdx_engine_findings handed out.
    findings: FindingList,
    /// What the last call of tcpdx_engine_statistics handed out.
    pub(crate) statistics: StatisticList,
    /// What the last call of tcpdx_engine_table handed out.
    pub(crate) table: CString,
}

/// When the findings of a frame are wanted.
#[derive(Clone, Copy)]
#[repr(C)]
pub enum Look {
    /// While the capture is being read: what this frame is the first to prove.
    First = 1,
    /// After it was read: what is about this frame.
    Later = 2,
}

impl Engine {
    fn found(&mut self, frame: u32, layer: u8, look: engine::Look) -> Result<Vec<engine::Finding>, Status> {
        let engine = self.beside.engine()?;
        if look == engine::Look::First {
            return Ok(engine.findings_at(frame, layer, look));
        }
        let Some(view) = engine.frame(frame, layer) else { return Ok(Vec::new()) };
        let known = self.recent.get(engine, view.stream, self.language);
        let pending = known.map_or(&[][..], |known| known.pending(engine));
        Ok(engine.findings_with(frame, layer, look, pending))
    }

    /// The same findings, each with why it may have happened.
    fn with_causes(
        &mut self,
        found: Vec<engine::Finding>,
        look: engine::Look,
    ) -> Result<Vec<Explained>, Status> {
        let engine = self.beside.engine()?;
        let mut explained = Vec::with_capacity(found.len());
        for finding in found {
            let known = self.recent.get(engine, finding.stream, self.language);
            explained.extend(known.map(|known| known.explain(engine, finding, look)));
        }
        Ok(explained)
    }
}

fn which(look: u32) -> Result<engine::Look, Status> {
    const FIRST: u32 = Look::First as u32;
    const LATER: u32 = Look::Later as u32;
    match look {
        FIRST => Ok(engine::Look::First),
        LATER => Ok(engine::Look::Later),
        _ => Err(Status::WrongValue),
    }
}

/// Makes an engine for one capture and puts it into `*engine`; free it with tcpdx_engine_free.
/// `abi_version` is TCPDX_ABI_VERSION: TCPDX_STATUS_WRONG_VERSION when this library speaks another.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tcpdx_engine_new(
    abi_version: u32,
    settings: *const Settings,
    engine: *mut *mut Engine,
) -> Status {
    guard(|| {
        if abi_version != ABI_VERSION {
            return Err(Status::WrongVersion);
        }
        if engine.is_null() {
            return Err(Status::NullPointer);
        }
        let chosen = unsafe { input(settings)?.read() }?;
        let made = Engine {
            beside: Beside::new(engine::Engine::new(chosen.engine)),
            language: chosen.language,
            told: chosen.told,
            broken: false,
            recent: Recent::default(),
            values: ValueList::default(),
            findings: FindingList::default(),
            statistics: StatisticList::default(),
            table: CString::default(),
        };
        unsafe { engine.write(Box::into_raw(Box::new(made))) };
        Ok(())
    })
}

/// Frees an engine and all that it handed out. NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tcpdx_engine_free(engine: *mut Engine) -> Status {
    guard(|| {
        if !engine.is_null() {
            drop(unsafe { Box::from_raw(engine) });
        }
        Ok(())
    })
}

/// Takes in one TCP packet; to be called for every one, in file order, once.
/// Nothing is told of one whose header was not captured far enough to tell its connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tcpdx_engine_packet(engine: *mut Engine, packet: *const Packet) -> Status {
    unsafe {
        call(engine, |engine| {
            let packet = input(packet)?.read()?;
            engine.recent.forget();
            engine.beside.packet(&packet)
        })
    }
}

/// Takes in one ICMP or ICMPv6 packet; to be called for every one, in file order, once.
/// Nothing is told of one that is no error about a TCP connection of this capture.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tcpdx_engine_icmp(engine: *mut Engine, icmp: *const Icmp) -> Status {
    unsafe {
        call(engine, |engine| {
            let icmp = input(icmp)?.read()?;
            engine.recent.forget();
            engine.beside.icmp(&icmp)
        })
    }
}

/// Puts the number of the connection of one TCP or ICMP layer of a frame into `*stream`.
/// TCPDX_STATUS_NOTHING when that layer was never taken in.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tcpdx_engine_stream(
    engine: *mut Engine,
    frame: u32,
    layer: u8,
    stream: *mut u32,
) -> Status {
    unsafe {
        call(engine, |engine| {
            let stream = stream.as_mut().ok_or(Status::NullPointer)?;
            *stream = engine.beside.engine()?.frame(frame, layer).ok_or(Status::Nothing)?.stream;
            Ok(())
        })
    }
}

/// Tells about the connection of one TCP or ICMP layer of a frame, as far as it has been taken in.
/// `look` is a tcpdx_look. TCPDX_STATUS_NOTHING when that layer was never taken in.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tcpdx_engine_values(
    engine: *mut Engine,
    frame: u32,
    layer: u8,
    look: u32,
    values: *mut Values,
) -> Status {
    unsafe {
        call(engine, |engine| {
            fill(values, || {
                let look = which(look)?;
                let inner = engine.beside.engine()?;
                let view = inner.frame(frame, layer).ok_or(Status::Nothing)?;
                let known = engine.recent.get(inner, view.stream, engine.language).ok_or(Status::Nothing)?;
                let mut proved = match look {
                    engine::Look::First => Vec::new(),
                    engine::Look::Later => inner.proved_by(frame, layer),
                };
                proved.retain(|finding| engine.told.tells(finding));
                let values = known.values(view, engine.language);
                if proved.is_empty() {
                    return Ok(values.as_c());
                }
                engine.values.become_frame(values, &proved, engine.language);
                Ok(engine.values.as_c())
            })
        })
    }
}

/// Tells the findings of one TCP or ICMP layer of a frame, most severe first.
/// `look` is a tcpdx_look. TCPDX_STATUS_OK with a count of 0 when there is nothing to say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tcpdx_engine_findings(
    engine: *mut Engine,
    frame: u32,
    layer: u8,
    look: u32,
    findings: *mut Findings,
) -> Status {
    unsafe {
        call(engine, |engine| {
            fill(findings, || {
                let look = which(look)?;
                let mut found = engine.found(frame, layer, look)?;
                found.retain(|finding| engine.told.tells(finding));
                let found = engine.with_causes(found, look)?;
                engine.findings = FindingList::new(&found, frame, engine.language);
                Ok(engine.findings.as_c())
            })
        })
    }
}

/// Runs a call on an engine, unless it is NULL or broken.
///
/// C keeps the promise of the header: the engine comes from tcpdx_engine_new, is not freed, and one
/// thread at a time uses it.
pub(crate) unsafe fn call(
    engine: *mut Engine,
    body: impl FnOnce(&mut Engine) -> Result<(), Status>,
) -> Status {
    let Some(engine) = (unsafe { engine.as_mut() }) else { return Status::NullPointer };
    if engine.broken {
        return Status::Internal;
    }
    let status = guard(|| body(engine));
    engine.broken = status == Status::Internal;
    status
}
