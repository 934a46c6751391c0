//! What statistics count of one connection, and the table of connections.

use crate::catalogue::c_string;
use crate::engine::{Engine, call};
use crate::fields::{self, Field};
use crate::input::fill;
use crate::settings::Told;
use crate::status::Status;
use crate::words::{Word, word};
use std::collections::BTreeSet;
use std::ffi::{CString, c_char};
use std::net::IpAddr;
use std::ptr;
use tcpdx_engine::{self as engine, Finding, Language, Party, Severity, Summary, catalogue::texts};
use unicode_width::UnicodeWidthStr;

/// How deep the tree of statistics is at most.
pub const DEPTH: usize = 3;

/// One thing to count, as a path in a tree: each name on it counts once more.
#[repr(C)]
pub struct Statistic {
    /// How many names the path has, at least 1.
    pub depth: u32,
    /// Not 0 when `measure` is to be averaged at the last name of the path.
    pub has_measure: u32,
    /// The names, from the root on; NULL beyond `depth`.
    pub path: [*const c_char; DEPTH],
    /// What is averaged.
    pub measure: f64,
}

/// What one connection adds to the statistics.
#[repr(C)]
pub struct Statistics {
    /// sizeof(tcpdx_statistics).
    pub size: u32,
    /// Length of `items`.
    pub count: u32,
    /// What is to be counted.
    pub items: *const Statistic,
}

/// Round trips up to so many milliseconds are counted together.
const ROUND_TRIPS: [i64; 5] = [1, 10, 50, 100, 300];
const NANOSECONDS: i64 = 1_000_000;

/// What was handed out last, and the names that it points to.
#[derive(Default)]
pub(crate) struct StatisticList {
    items: Vec<Statistic>,
    names: Vec<CString>,
}

impl StatisticList {
    fn count(&mut self, path: &[&str], measure: Option<f64>) {
        let mut pointers = [ptr::null(); DEPTH];
        for (pointer, name) in pointers.iter_mut().zip(path) {
            let name = c_string(name);
            *pointer = name.as_ptr();
            self.names.push(name);
        }
        self.items.push(Statistic {
            depth: path.len().min(DEPTH) as u32,
            has_measure: measure.is_some().into(),
            path: pointers,
            measure: measure.unwrap_or_default(),
        });
    }

    fn of(engine: &engine::Engine, stream: u32, told: &Told, language: Language) -> Option<StatisticList> {
        let summary = engine.summary(stream)?;
        let mut findings = engine.findings_of(stream);
        findings.retain(|finding| told.tells(finding));
        let mut list = StatisticList::default();
        for finding in &findings {
            list.diagnosis(finding, language);
        }
        list.count(&[word(Word::Outcomes, language), summary.outcome.name()], None);
        for host in troubled(&summary, &findings) {
            list.count(&[word(Word::HostsWithTrouble, language), &host.to_string()], None);
        }
        if let Some(rtt) = summary.handshake_rtt {
            list.round_trip(rtt, language);
        }
        Some(list)
    }

    fn diagnosis(&mut self, finding: &Finding, language: Language) {
        let (texts, diagnosis) = (texts(language), finding.diagnosis);
        let title = format!("{} ({})", texts.title(diagnosis), diagnosis.id());
        self.count(&[word(Word::Diagnoses, language), texts.family(diagnosis.family()), &title], None);
    }

    fn round_trip(&mut self, rtt: i64, language: Language) {
        let most = ROUND_TRIPS.iter().find(|most| rtt <= *most * NANOSECONDS);
        let range = most.map_or(word(Word::Longer, language).to_string(), |most| {
            word(Word::UpTo, language).replace("{}", &most.to_string())
        });
        let heading = word(Word::HandshakeTimes, language);
        let measure = rtt as f64 / NANOSECONDS as f64;
        self.count(&[heading, &range], Some(measure));
    }
}

/// The hosts that warnings and errors are about; both where they are about the path.
fn troubled(summary: &Summary, findings: &[Finding]) -> BTreeSet<IpAddr> {
    let (client, server) = (summary.client.ip(), summary.server.ip());
    let hosts = |finding: &Finding| match finding.side {
        Party::Client => vec![client],
        Party::Server => vec![server],
        Party::Path => vec![client, server],
    };
    findings.iter().filter(|finding| finding.severity >= Severity::Warn).flat_map(hosts).collect()
}

/// Tells what one connection adds to the statistics.
/// TCPDX_STATUS_NOTHING when there is no such connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tcpdx_engine_statistics(
    engine: *mut Engine,
    stream: u32,
    statistics: *mut Statistics,
) -> Status {
    unsafe {
        call(engine, |engine| {
            fill(statistics, || {
                let list = StatisticList::of(engine.beside.engine()?, stream, &engine.told, engine.language);
                engine.statistics = list.ok_or(Status::Nothing)?;
                Ok(Statistics {
                    size: size_of::<Statistics>() as u32,
                    count: engine.statistics.items.len() as u32,
                    items: engine.statistics.items.as_ptr(),
                })
            })
        })
    }
}

/// Writes a table of connections, with outcome and story, and puts it into `*text`: lines that each end with
/// a newline. `streams` holds the `count` numbers of the connections; what is no connection is left out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tcpdx_engine_table(
    engine: *mut Engine,
    streams: *const u32,
    count: u32,
    text: *mut *const c_char,
) -> Status {
    unsafe {
        call(engine, |engine| {
            if text.is_null() || (streams.is_null() && count > 0) {
                return Err(Status::NullPointer);
            }
            let streams = if count == 0 { &[] } else { std::slice::from_raw_parts(streams, count as usize) };
            let written = table(engine.beside.engine()?, streams, engine.language);
            engine.table = c_string(&written);
            text.write(engine.table.as_ptr());
            Ok(())
        })
    }
}

/// Columns of the table; the last is as long as it is.
const COLUMNS: usize = 8;
/// From the first of them on, numbers keep to the right.
const RIGHT: [bool; COLUMNS] = [true, false, false, true, true, true, false, false];

fn table(engine: &engine::Engine, streams: &[u32], language: Language) -> String {
    let row = |summary| row(&summary, language);
    let rows: Vec<_> = streams.iter().filter_map(|stream| engine.summary(*stream)).map(row).collect();
    if rows.is_empty() {
        return format!("{}\n", word(Word::NothingToSay, language));
    }
    let field = |field| fields::name(field, language).to_string();
    let heading = [
        "#".to_string(),
        field(Field::Client),
        field(Field::Server),
        word(Word::Packets, language).to_string(),
        word(Word::Bytes, language).to_string(),
        word(Word::Duration, language).to_string(),
        field(Field::Outcome),
        field(Field::Story),
    ];
    let width = |column: usize| {
        [&heading].into_iter().chain(&rows).map(|row| row[column].width()).max().unwrap_or_default()
    };
    let widths: [usize; COLUMNS] = std::array::from_fn(width);
    [&heading].into_iter().chain(&rows).map(|row| line(row, &widths)).collect()
}

fn row(summary: &Summary, language: Language) -> [String; COLUMNS] {
    let seconds = (summary.last_time - summary.first_time) as f64 / 1e9;
    [
        summary.stream.to_string(),
        summary.client.to_string(),
        summary.server.to_string(),
        summary.segments.to_string(),
        (summary.client_bytes + summary.server_bytes).to_string(),
        format!("{seconds:.3} s"),
        summary.outcome.name().to_string(),
        summary.story.tell(language),
    ]
}

fn line(row: &[String; COLUMNS], widths: &[usize; COLUMNS]) -> String {
    let mut line = String::new();
    for ((cell, width), right) in row.iter().zip(widths).zip(RIGHT) {
        let blanks = " ".repeat(width.saturating_sub(cell.width()));
        let (before, after) = if right { (&*blanks, "") } else { ("", &*blanks) };
        line.extend([before, cell, after, "  "]);
    }
    line.truncate(line.trim_end().len());
    line.push('\n');
    line
}
