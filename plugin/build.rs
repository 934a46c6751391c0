//! Names the library in itself, so that whatever links to it looks for `libtcpdx.so` and no path.

fn main() {
    println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libtcpdx.so");
    println!("cargo:rerun-if-changed=build.rs");
}
