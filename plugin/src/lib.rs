//! The C ABI of the engine, `libtcpdx.so`; its contract is in `include/tcpdx.h`, made from this crate.
//!
//! - [`status`]: how a call ended, and the guard that keeps panics inside
//! - [`input`]: packets as C hands them over
//! - [`settings`]: what the user can choose
//! - [`catalogue`]: the diagnoses, for registration
//! - [`fields`]: what can be said about a frame besides, for registration
//! - [`view`]: values and findings of one frame as C reads them
//! - `known`: what was worked out of connections, kept for their other frames
//! - [`statistics`]: what is counted of each connection, and the table of connections
//! - [`engine`]: the calls
// This crate is where C pointers are turned into references; nothing else of the project may.
#![allow(unsafe_code)]
// The comments of the exported functions are the header's: what C must heed is said there in its words.
#![allow(clippy::missing_safety_doc)]

mod beside;
pub mod catalogue;
pub mod engine;
pub mod fields;
pub mod input;
mod known;
pub mod settings;
pub mod statistics;
pub mod status;
pub mod view;
mod words;

use std::ffi::c_char;

/// Version of this interface. It changes whenever a struct or a function does.
pub const ABI_VERSION: u32 = 6;

/// The version of the interface that this library speaks: TCPDX_ABI_VERSION of its header.
#[unsafe(no_mangle)]
pub extern "C" fn tcpdx_abi_version() -> u32 {
    ABI_VERSION
}

/// The version of the library, for people: "0.1.0".
#[unsafe(no_mangle)]
pub extern "C" fn tcpdx_version() -> *const c_char {
    const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");
    VERSION.as_ptr().cast()
}
