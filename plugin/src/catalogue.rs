//! The diagnoses and the languages, for registration.

use crate::input::{fill, language, texts_of};
use crate::status::{Status, guard};
use std::ffi::{CString, c_char};
use std::sync::LazyLock;
use tcpdx_engine::{Diagnosis, Language, catalogue::texts};

/// How bad a finding is.
#[repr(C)]
pub enum Severity {
    /// A normal milestone.
    Chat = 1,
    /// Worth knowing.
    Note = 2,
    /// Trouble that it recovered from, or an abnormal end.
    Warn = 3,
    /// The connection failed, died or is stuck.
    Error = 4,
}

/// How sure a finding is. It says nothing of how bad it is.
#[repr(C)]
pub enum Certainty {
    /// It fits, as other explanations do.
    Possible = 1,
    /// It fits best; what else would do is unusual.
    Likely = 2,
    /// The packets leave no other explanation.
    Proved = 3,
}

/// What a finding did to its connection.
#[repr(C)]
pub enum Effect {
    /// Nothing that one would notice.
    None = 0,
    /// It was slowed down, or had to be repaired.
    Slowed = 1,
    /// It ended it, or kept it from beginning.
    Ended = 2,
}

/// To which group of Wireshark's expert information a diagnosis belongs.
#[repr(C)]
pub enum Group {
    /// The order of things: handshake, close, loss.
    Sequence = 1,
    /// What a peer or an application answered, or failed to answer.
    Response = 2,
    /// What the protocol forbids.
    Protocol = 3,
    /// The capture itself.
    Assumption = 4,
}

/// One diagnosis of the catalogue.
#[repr(C)]
pub struct DiagnosisInfo {
    /// sizeof(tcpdx_diagnosis).
    pub size: u32,
    /// A tcpdx_severity: the usual one. A finding has its own.
    pub severity: u32,
    /// A tcpdx_certainty: the usual one. A finding has its own.
    pub certainty: u32,
    /// A tcpdx_group.
    pub group: u32,
    /// Its filter, which is its id after the prefix: "tcpdx.handshake.rejected".
    pub filter: *const c_char,
    /// What it is called, in a few words.
    pub title: *const c_char,
    /// What it means, in one or two sentences.
    pub about: *const c_char,
}

/// The texts of a diagnosis as C wants them.
struct Strings {
    filter: CString,
    title: CString,
    about: CString,
}

/// By language and diagnosis.
static STRINGS: LazyLock<Vec<Vec<Strings>>> = LazyLock::new(|| {
    let strings = |language: &Language| {
        let texts = texts(*language);
        let of = |diagnosis: &Diagnosis| Strings {
            filter: c_string(&format!("tcpdx.{}", diagnosis.id())),
            title: c_string(texts.title(*diagnosis)),
            about: c_string(texts.about(*diagnosis)),
        };
        Diagnosis::ALL.iter().map(of).collect()
    };
    Language::ALL.iter().map(strings).collect()
});

/// A text for C; it ends where a NUL stands in it.
pub(crate) fn c_string(text: &str) -> CString {
    CString::new(text.split('\0').next().unwrap_or_default()).unwrap_or_default()
}

/// How many diagnoses there are; they are numbered from 0.
#[unsafe(no_mangle)]
pub extern "C" fn tcpdx_diagnosis_count() -> u32 {
    Diagnosis::ALL.len() as u32
}

/// Tells one diagnosis in a language (below tcpdx_language_count()).
/// TCPDX_STATUS_WRONG_VALUE when there is no such diagnosis or language.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tcpdx_diagnosis_info(
    diagnosis: u32,
    language: u32,
    info: *mut DiagnosisInfo,
) -> Status {
    guard(|| unsafe { fill(info, || describe(diagnosis, language)) })
}

fn describe(diagnosis: u32, in_language: u32) -> Result<DiagnosisInfo, Status> {
    let language = language(in_language)?;
    let known = *Diagnosis::ALL.get(diagnosis as usize).ok_or(Status::WrongValue)?;
    let strings = texts_of(&STRINGS, language, known as usize)?;
    Ok(DiagnosisInfo {
        size: size_of::<DiagnosisInfo>() as u32,
        severity: known.severity() as u32,
        certainty: known.certainty() as u32,
        group: known.group() as u32,
        filter: strings.filter.as_ptr(),
        title: strings.title.as_ptr(),
        about: strings.about.as_ptr(),
    })
}

/// How many languages there are; they are numbered from 0, English first.
#[unsafe(no_mangle)]
pub extern "C" fn tcpdx_language_count() -> u32 {
    Language::ALL.len() as u32
}

/// The BCP 47 tag of a language: "en". NULL when there is no such language.
#[unsafe(no_mangle)]
pub extern "C" fn tcpdx_language_tag(language: u32) -> *const c_char {
    static TAGS: LazyLock<Vec<CString>> =
        LazyLock::new(|| Language::ALL.iter().map(|language| c_string(language.tag())).collect());
    TAGS.get(language as usize).map_or(std::ptr::null(), |tag| tag.as_ptr())
}
