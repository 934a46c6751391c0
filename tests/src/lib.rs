//! What needs several crates or a real Wireshark to be tested.
