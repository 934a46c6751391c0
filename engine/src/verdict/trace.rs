//! Why something was told because of a frame, or was not.

use crate::proof::claims::Kind;
use crate::proof::receiver::Receipt;
use crate::proof::trace::Step;
use crate::side::Party;
use crate::state::State;

/// What the rules asked about one packet of a frame, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The frame.
    pub frame: u32,
    /// Which packet of it: 0 the outermost.
    pub layer: u8,
    /// Its connection.
    pub stream: u32,
    /// Who sent it; of an ICMP error, whose packet it is about.
    pub sender: Party,
    /// Client and server state before it.
    pub before: [State; 2],
    /// Client and server state after it.
    pub after: [State; 2],
    /// What its receiver makes of it; `None` for ICMP errors and packets that were captured twice.
    pub receipt: Option<Receipt>,
    /// What was taken for true before it, and since which frame, newest first.
    pub claims: Vec<(Kind, u32)>,
    /// What was asked and told when it came.
    pub steps: Vec<Step>,
    /// What was asked about its connection at the end of the capture, of what had not come until then.
    pub at_end: Vec<Step>,
}
