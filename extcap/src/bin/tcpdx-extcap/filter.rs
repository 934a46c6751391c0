//! Capture filters, as libpcap has them: Wireshark leaves it to an extcap program to apply them.
//!
//! libpcap is loaded when there is a filter, and not linked: it brings nine more libraries, and with them the program
//! would take several times as long to answer the questions that Wireshark asks at every start.
#![allow(unsafe_code, reason = "libpcap is written in C")]

use std::ffi::{CStr, CString, c_char, c_int, c_uint, c_void};
use std::ptr;

use libloading::Library;
use tcpdx_extcap::{Encapsulation, Filter};

/// What the library is called in Debian, and elsewhere.
const NAMES: [&str; 2] = ["libpcap.so.0.8", "libpcap.so.1"];
/// The longest packet of a capture (MAXIMUM_SNAPLEN).
const LONGEST: c_int = 262_144;
/// There is no network whose broadcast address would matter (PCAP_NETMASK_UNKNOWN).
const NO_NETMASK: u32 = u32::MAX;

/// A compiled filter: `struct bpf_program`.
#[repr(C)]
struct Program {
    len: c_uint,
    instructions: *mut c_void,
}

type OpenDead = unsafe extern "C" fn(c_int, c_int) -> *mut c_void;
type Compile = unsafe extern "C" fn(*mut c_void, *mut Program, *const c_char, c_int, u32) -> c_int;
type GetError = unsafe extern "C" fn(*mut c_void) -> *const c_char;
type Close = unsafe extern "C" fn(*mut c_void);
type FreeCode = unsafe extern "C" fn(*mut Program);
type Run = unsafe extern "C" fn(*const c_void, *const u8, c_uint, c_uint) -> c_uint;

/// A filter that is ready, with the library that runs it.
struct Compiled {
    program: Program,
    run: Run,
    free: FreeCode,
    _library: Library,
}

impl Compiled {
    fn new(expression: &str, link: u32) -> Result<Self, String> {
        let missing =
            |error: libloading::Error| format!("libpcap, which filters need, is not there: {error}");
        let expression = CString::new(expression).map_err(|error| error.to_string())?;
        let link = c_int::try_from(link).map_err(|error| error.to_string())?;
        // SAFETY: libpcap does nothing when it is loaded. The types are those of <pcap/pcap.h> and <pcap/bpf.h>, which
        // have not changed since libpcap 0.8. The handle is closed once; the compiled filter does not refer to it.
        unsafe {
            let library = Library::new(NAMES[0]).or_else(|_| Library::new(NAMES[1])).map_err(missing)?;
            let open_dead = *library.get::<OpenDead>(c"pcap_open_dead").map_err(missing)?;
            let compile = *library.get::<Compile>(c"pcap_compile").map_err(missing)?;
            let get_error = *library.get::<GetError>(c"pcap_geterr").map_err(missing)?;
            let close = *library.get::<Close>(c"pcap_close").map_err(missing)?;
            let free = *library.get::<FreeCode>(c"pcap_freecode").map_err(missing)?;
            let run = *library.get::<Run>(c"bpf_filter").map_err(missing)?;
            let handle = open_dead(link, LONGEST);
            if handle.is_null() {
                return Err("libpcap has no memory for a filter".to_owned());
            }
            let mut program = Program { len: 0, instructions: ptr::null_mut() };
            let compiled = match compile(handle, &mut program, expression.as_ptr(), 1, NO_NETMASK) {
                0 => Ok(Compiled { program, run, free, _library: library }),
                _ => Err(CStr::from_ptr(get_error(handle)).to_string_lossy().into_owned()),
            };
            close(handle);
            compiled
        }
    }

    fn passes(&self, frame: &[u8]) -> bool {
        let len = c_uint::try_from(frame.len()).unwrap_or(c_uint::MAX);
        // SAFETY: the instructions are those that libpcap has made, and `len` is not above the frame's length.
        unsafe { (self.run)(self.program.instructions, frame.as_ptr(), len, len) != 0 }
    }
}

impl Drop for Compiled {
    fn drop(&mut self) {
        // SAFETY: the program was compiled, is freed here alone, and the library is still there.
        unsafe { (self.free)(&mut self.program) }
    }
}

/// A filter for frames in this encapsulation; an empty one is none.
///
/// # Errors
/// What libpcap says against it.
pub(crate) fn compile(expression: &str, encapsulation: Encapsulation) -> Result<Option<Filter>, String> {
    if expression.trim().is_empty() {
        return Ok(None);
    }
    let compiled = Compiled::new(expression, encapsulation.link_type())?;
    Ok(Some(Box::new(move |frame| compiled.passes(frame))))
}

/// `--extcap-capture-filter` without `--capture`, while the filter is typed: silence means that it is good.
pub(crate) fn probe(expression: &str) -> String {
    match compile(expression, Encapsulation::default()) {
        Ok(_) => String::new(),
        Err(message) => format!("{message}\n"),
    }
}
