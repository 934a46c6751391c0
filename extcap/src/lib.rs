//! The simulator, its scenarios and the extcap program.
