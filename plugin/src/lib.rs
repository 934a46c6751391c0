//! The C ABI of the engine.
