//! What the capture itself does not show.

use super::Context;
use crate::catalogue::Diagnosis;
use crate::connection::{Connection, Seen};
use crate::findings::Finding;

/// The connection was open before its first captured packet.
pub(crate) fn segment(c: &mut Connection, seen: &Seen<'_>, context: &mut Context<'_>) {
    let segment = seen.segment;
    let opens = segment.flags.syn() || segment.flags.rst();
    if segment.frame == c.first.frame && c.segments == 0 && !opens {
        let finding = Finding::new(Diagnosis::CaptureStartedLate, c, segment).of(seen.from);
        context.store.tell(c, finding);
    }
}
