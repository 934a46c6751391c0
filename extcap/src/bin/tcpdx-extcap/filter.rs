//! Capture filters, as libpcap has them: Wireshark leaves it to an extcap program to apply them.

use pcap::{Capture, Linktype};
use tcpdx_extcap::{Encapsulation, Filter};

/// A filter for frames in this encapsulation; an empty one is none.
///
/// # Errors
/// What libpcap says against it.
pub(crate) fn compile(expression: &str, encapsulation: Encapsulation) -> Result<Option<Filter>, String> {
    if expression.trim().is_empty() {
        return Ok(None);
    }
    let link = Linktype(i32::try_from(encapsulation.link_type()).map_err(|error| error.to_string())?);
    let compiled = Capture::dead(link).and_then(|dead| dead.compile(expression, true));
    let program = compiled.map_err(|error| match error {
        pcap::Error::PcapError(message) => message,
        other => other.to_string(),
    })?;
    Ok(Some(Box::new(move |frame| program.filter(frame))))
}

/// `--extcap-capture-filter` without `--capture`, while the filter is typed: silence means that it is good.
pub(crate) fn probe(expression: &str) -> String {
    match compile(expression, Encapsulation::default()) {
        Ok(_) => String::new(),
        Err(message) => format!("{message}\n"),
    }
}
