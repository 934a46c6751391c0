//! A frame and its time.

/// A frame and its time, in 12 bytes: a connection holds many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C, packed(4))]
pub struct Mark {
    /// Frame number; 0 means "never".
    pub frame: u32,
    /// Nanoseconds since the first packet of the capture.
    pub time: i64,
}

impl Mark {
    /// The mark, if it was ever set.
    #[must_use]
    pub fn get(self) -> Option<Mark> {
        (self.frame != 0).then_some(self)
    }

    /// Set at all.
    #[must_use]
    pub fn is_set(self) -> bool {
        self.frame != 0
    }
}
