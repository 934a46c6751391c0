//! How a call ended.

use std::ffi::{CStr, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum Status {
    /// Done.
    Ok = 0,
    /// Nothing is known of this: no such frame, no such connection, or a packet that says nothing.
    Nothing = 1,
    /// A pointer was NULL.
    NullPointer = 2,
    /// A struct's `size` is not that of this version of the interface.
    WrongSize = 3,
    /// The caller was built for another version of the interface.
    WrongVersion = 4,
    /// A number or code is out of its range.
    WrongValue = 5,
    /// A fault of the library. The engine answers nothing more; free it.
    Internal = 6,
}

/// What a status means, in English. Never NULL.
#[unsafe(no_mangle)]
pub extern "C" fn tcpdx_status_text(status: i32) -> *const c_char {
    let text: &CStr = match status {
        0 => c"done",
        1 => c"nothing is known of this",
        2 => c"a pointer was NULL",
        3 => c"a struct has the wrong size",
        4 => c"the caller was built for another version of libtcpdx",
        5 => c"a value is out of its range",
        6 => c"a fault inside libtcpdx",
        _ => c"no such status",
    };
    text.as_ptr()
}

/// Runs one call; a panic ends here and becomes [`Status::Internal`], so that none unwinds into C.
pub(crate) fn guard(call: impl FnOnce() -> Result<(), Status>) -> Status {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(())) => Status::Ok,
        Ok(Err(status)) => status,
        Err(_) => Status::Internal,
    }
}

#[cfg(test)]
mod tests {
    use super::{Status, guard};

    #[test]
    fn a_panic_ends_in_a_status() {
        assert_eq!(guard(|| panic!("on purpose")), Status::Internal);
        assert_eq!(guard(|| Err(Status::Nothing)), Status::Nothing);
        assert_eq!(guard(|| Ok(())), Status::Ok);
    }
}
