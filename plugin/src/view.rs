//! Values and findings of one frame, laid out for C.

use crate::catalogue::c_string;
use crate::fields::{Field, name};
use std::ffi::{CString, c_char};
use std::io::Write;
use std::ptr;
use tcpdx_engine::{self as engine, Cause, Causes, Diagnosis, Language, catalogue::texts};

/// In place of the cause of a finding that has none to be told.
const NO_CAUSE: &str = "-";

/// The value of one field.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Value {
    /// Which field: below tcpdx_field_count(). Its tcpdx_kind says which of the two below is in use.
    pub field: u32,
    /// Not 0 for a value that an earlier one's line tells too, and that need not be shown itself.
    pub is_in_line: u8,
    /// A number, a frame number, or nanoseconds.
    pub number: i64,
    /// A text; NULL when there is none.
    pub text: *const c_char,
    /// How it is shown, in words; NULL where its name and the value are enough.
    pub line: *const c_char,
}

/// What is known about the connection of a frame, in the order in which it is best shown.
#[repr(C)]
pub struct Values {
    /// sizeof(tcpdx_values).
    pub size: u32,
    /// Length of `items`.
    pub count: u32,
    /// The values.
    pub items: *const Value,
}

/// One finding.
#[repr(C)]
pub struct Finding {
    /// Which diagnosis: below tcpdx_diagnosis_count().
    pub diagnosis: u32,
    /// A tcpdx_severity.
    pub severity: u32,
    /// A tcpdx_certainty.
    pub certainty: u32,
    /// A tcpdx_effect.
    pub effect: u32,
    /// What happened, in one sentence whose words are as sure as it is; with the reason for an unusual severity.
    pub message: *const c_char,
    /// Length of `values`.
    pub value_count: u32,
    /// Its id, severity, certainty and effect, its causes, what to check and its evidence, in the order in which
    /// they are best shown.
    pub values: *const Value,
}

/// The findings of a frame, most severe first.
#[repr(C)]
pub struct Findings {
    /// sizeof(tcpdx_findings).
    pub size: u32,
    /// Length of `items`; 0 when there is nothing to say.
    pub count: u32,
    /// The findings.
    pub items: *const Finding,
    /// Their titles in one line; NULL when there are none.
    pub headline: *const c_char,
}

/// A value before it is laid out.
pub(crate) enum Content<'a> {
    Text(&'a str),
    Number(i64),
    /// A frame, and what it is.
    Frame(u32, &'a str),
    Boolean(bool),
    /// Nanoseconds, not negative.
    Duration(i64),
}

/// Values, and the texts that they point to.
#[derive(Default)]
pub(crate) struct ValueList {
    values: Vec<Value>,
    /// By value: where in `texts` its text and its line begin, for one that has any.
    begins: Vec<[Option<usize>; 2]>,
    /// The texts, each with a NUL behind it.
    texts: Vec<u8>,
}

impl ValueList {
    /// As much as Wireshark shows in one line, in bytes; what is longer it cuts by itself, with a mark.
    const LINE: usize = 239;

    /// Values that are shown in one line, in which each has its name.
    pub(crate) fn line(&mut self, language: Language, parts: &[(Field, Content)]) {
        let line = self.texts.len();
        for (at, (field, content)) in parts.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            for text in [comma, name(*field, language), ": "] {
                self.texts.extend_from_slice(text.as_bytes());
            }
            // Writing to memory does not fail.
            let _ = match content {
                Content::Text(text) => self.texts.write_all(text.as_bytes()),
                Content::Number(number) => write!(self.texts, "{number}"),
                Content::Frame(frame, what) => write!(self.texts, "{frame} ({what})"),
                Content::Boolean(yes) => self.texts.write_all(if *yes { b"True" } else { b"False" }),
                Content::Duration(span) => {
                    let micros = (span + 500) / 1000;
                    write!(self.texts, "{}.{:03} ms", micros / 1000, micros % 1000)
                }
            };
        }
        let fits = self.texts.len() - line <= Self::LINE;
        self.texts.push(0);
        for (at, (field, content)) in parts.iter().enumerate() {
            let (number, text) = match content {
                Content::Text(text) => (0, Some(self.write(text))),
                Content::Number(number) | Content::Duration(number) => (*number, None),
                Content::Frame(frame, _) => ((*frame).into(), None),
                Content::Boolean(yes) => ((*yes).into(), None),
            };
            let shown = (fits && at == 0).then_some(line);
            self.push(*field, number, [text, shown], fits && at > 0);
        }
    }

    /// One value, in a line of its own.
    fn value(&mut self, language: Language, field: Field, content: Content) {
        self.line(language, &[(field, content)]);
    }

    fn push(&mut self, field: Field, number: i64, begins: [Option<usize>; 2], is_in_line: bool) {
        let (text, line) = (ptr::null(), ptr::null());
        self.values.push(Value { field: field as u32, is_in_line: is_in_line.into(), number, text, line });
        self.begins.push(begins);
    }

    /// Keeps a text; where it begins.
    fn write(&mut self, text: &str) -> usize {
        let begin = self.texts.len();
        self.texts.extend_from_slice(text.as_bytes());
        self.texts.push(0);
        begin
    }

    /// Takes another list's values in behind its own.
    fn extend(&mut self, other: &ValueList) {
        let moved = self.texts.len();
        self.values.extend(&other.values);
        self.begins.extend(other.begins.iter().map(|begins| begins.map(|at| at.map(|at| at + moved))));
        self.texts.extend(&other.texts);
    }

    /// Empty again, with the room that it had.
    pub(crate) fn clear(&mut self) {
        self.values.clear();
        self.begins.clear();
        self.texts.clear();
    }

    /// Has the values point to their texts, once no more come.
    pub(crate) fn point(&mut self) {
        let at = |begin: Option<usize>| -> *const c_char {
            begin.and_then(|at| self.texts.get(at..)).map_or(ptr::null(), |text| text.as_ptr().cast())
        };
        for (value, [text, line]) in self.values.iter_mut().zip(&self.begins) {
            (value.text, value.line) = (at(*text), at(*line));
        }
    }

    /// The values, as long as the list does not change; after [`ValueList::point`].
    pub(crate) fn as_c(&self) -> Values {
        Values {
            size: size_of::<Values>() as u32,
            count: self.values.len() as u32,
            items: self.values.as_ptr(),
        }
    }

    /// Becomes what is known about the connection, and what else one of its frames was the first to prove.
    pub(crate) fn become_frame(&mut self, known: &ValueList, proved: &[engine::Finding], language: Language) {
        self.clear();
        self.extend(known);
        for finding in proved {
            let title = texts(language).title(finding.diagnosis);
            self.value(language, Field::Proves, Content::Frame(finding.subject, title));
        }
        self.point();
    }

    /// What a finding says besides its message, as seen from `frame`.
    fn of_finding(explained: &Explained, frame: u32, language: Language) -> ValueList {
        let Explained { finding, causes, follows } = explained;
        let texts = texts(language);
        let mut list = ValueList::default();
        list.value(language, Field::Diagnosis, Content::Text(finding.diagnosis.id()));
        let degrees = [
            (Field::Severity, Content::Text(finding.severity.name())),
            (Field::Certainty, Content::Text(finding.certainty.name())),
            (Field::Effect, Content::Text(finding.effect.name())),
        ];
        list.line(language, &degrees);
        let mut tell = |field, content: Content<'_>| list.value(language, field, content);
        if finding.subject != frame {
            tell(Field::Subject, Content::Number(finding.subject.into()));
        }
        if finding.trigger != frame {
            tell(Field::Trigger, Content::Number(finding.trigger.into()));
        }
        if let Some((root, frame)) = follows {
            tell(Field::Follows, Content::Frame(*frame, texts.title(*root)));
        }
        tell(Field::Cause, Content::Text(causes.top().map_or(NO_CAUSE, Cause::id)));
        for why in causes.why(finding, language) {
            tell(Field::Why, Content::Text(&why));
        }
        for check in causes.check(finding, language) {
            tell(Field::Check, Content::Text(&check));
        }
        tell(Field::Reference, Content::Text(texts.reference(finding.diagnosis)));
        for evidence in &finding.evidence {
            tell(Field::Evidence, Content::Frame(evidence.frame, texts.role(evidence.role)));
        }
        list.point();
        list
    }
}

/// A finding with why it may have happened, and what it follows from.
pub(crate) struct Explained {
    pub(crate) finding: engine::Finding,
    pub(crate) causes: Causes,
    pub(crate) follows: Option<(Diagnosis, u32)>,
}

/// Findings, and everything that they point to.
#[derive(Default)]
pub(crate) struct FindingList {
    findings: Vec<Finding>,
    values: Vec<ValueList>,
    messages: Vec<CString>,
    headline: Option<CString>,
}

impl FindingList {
    /// Lays out the findings of a frame.
    pub(crate) fn new(found: &[Explained], frame: u32, language: Language) -> FindingList {
        let mut list = FindingList::default();
        if found.is_empty() {
            return list;
        }
        for explained in found {
            list.push(explained, frame, language);
        }
        let titles: Vec<_> = found.iter().map(|it| texts(language).title(it.finding.diagnosis)).collect();
        list.headline = Some(c_string(&titles.join(", ")));
        list
    }

    fn push(&mut self, explained: &Explained, frame: u32, language: Language) {
        let finding = &explained.finding;
        let message = c_string(&finding.message(language));
        let values = ValueList::of_finding(explained, frame, language);
        let Values { count, items, .. } = values.as_c();
        self.findings.push(Finding {
            diagnosis: finding.diagnosis as u32,
            severity: finding.severity as u32,
            certainty: finding.certainty as u32,
            effect: finding.effect as u32,
            message: message.as_ptr(),
            value_count: count,
            values: items,
        });
        self.messages.push(message);
        self.values.push(values);
    }

    pub(crate) fn as_c(&self) -> Findings {
        Findings {
            size: size_of::<Findings>() as u32,
            count: self.findings.len() as u32,
            items: self.findings.as_ptr(),
            headline: self.headline.as_ref().map_or(ptr::null(), |headline| headline.as_ptr()),
        }
    }
}
