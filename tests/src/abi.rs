//! The C ABI, through the bindings that bindgen makes from `include/tcpdx.h`.
//!
//! `Library` holds every function of the header, loaded from the built `libtcpdx.so`.
#![allow(
    unsafe_code,
    unsafe_op_in_unsafe_fn,
    missing_docs,
    unreachable_pub,
    non_camel_case_types,
    non_upper_case_globals,
    clippy::all,
    clippy::unwrap_used
)]

include!(concat!(env!("OUT_DIR"), "/tcpdx.rs"));
