//! Values and findings of one frame, laid out for C.

use crate::catalogue::c_string;
use crate::fields::Field;
use crate::known::Known;
use std::ffi::{CString, c_char};
use std::fmt::Display;
use std::io::Write;
use std::ptr;
use tcpdx_engine::{self as engine, Language, catalogue::texts};

/// The value of one field.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Value {
    /// Which field: below tcpdx_field_count(). Its tcpdx_kind says which of the two below is in use.
    pub field: u32,
    /// A number, a frame number, or nanoseconds.
    pub number: i64,
    /// A text, or what a frame is; NULL when there is none.
    pub text: *const c_char,
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
    /// What happened, in one sentence.
    pub message: *const c_char,
    /// Length of `values`.
    pub value_count: u32,
    /// Its id, severity, causes, what to check and its evidence, in the order in which they are best shown.
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

/// Values, and the texts that they point to.
#[derive(Default)]
pub(crate) struct ValueList {
    values: Vec<Value>,
    /// By value: where in `texts` its text begins, for one that has any.
    begins: Vec<Option<usize>>,
    /// The texts, each with a NUL behind it.
    texts: Vec<u8>,
}

impl ValueList {
    pub(crate) fn number(&mut self, field: Field, number: i64) {
        self.push(field, number, None);
    }

    pub(crate) fn text(&mut self, field: Field, text: impl Display) {
        self.labelled(field, 0, text);
    }

    pub(crate) fn optional(&mut self, field: Field, number: Option<i64>) {
        if let Some(number) = number {
            self.number(field, number);
        }
    }

    fn labelled(&mut self, field: Field, number: i64, text: impl Display) {
        let begin = self.texts.len();
        // Writing to memory does not fail.
        let _ = write!(self.texts, "{text}");
        self.texts.push(0);
        self.push(field, number, Some(begin));
    }

    fn push(&mut self, field: Field, number: i64, begin: Option<usize>) {
        self.values.push(Value { field: field as u32, number, text: ptr::null() });
        self.begins.push(begin);
    }

    /// Takes another list's values in behind its own.
    fn extend(&mut self, other: &ValueList) {
        let moved = self.texts.len();
        self.values.extend(&other.values);
        self.begins.extend(other.begins.iter().map(|begin| begin.map(|begin| begin + moved)));
        self.texts.extend(&other.texts);
    }

    /// Empty again, with the room that it had.
    pub(crate) fn clear(&mut self) {
        self.values.clear();
        self.begins.clear();
        self.texts.clear();
    }

    /// The values, as long as the list does not change.
    pub(crate) fn as_c(&mut self) -> Values {
        for (value, begin) in self.values.iter_mut().zip(&self.begins) {
            let text = begin.and_then(|begin| self.texts.get(begin..));
            value.text = text.map_or(ptr::null(), |text| text.as_ptr().cast());
        }
        Values {
            size: size_of::<Values>() as u32,
            count: self.values.len() as u32,
            items: self.values.as_ptr(),
        }
    }

    /// Becomes what is known about the connection of one layer of a frame.
    pub(crate) fn become_frame(
        &mut self,
        view: engine::FrameView,
        known: &Known,
        proved: &[engine::Finding],
        language: Language,
    ) {
        self.clear();
        self.extend(&known.story);
        self.text(Field::ClientState, view.client_state.name());
        self.text(Field::ServerState, view.server_state.name());
        self.extend(&known.rest);
        for finding in proved {
            let title = texts(language).title(finding.diagnosis);
            self.labelled(Field::Proves, finding.subject.into(), title);
        }
    }

    /// What a finding says besides its message, as seen from `frame`.
    fn of_finding(finding: &engine::Finding, frame: u32, language: Language) -> ValueList {
        let texts = texts(language);
        let mut list = ValueList::default();
        list.text(Field::Diagnosis, finding.diagnosis.id());
        list.text(Field::Severity, finding.severity.name());
        if finding.subject != frame {
            list.number(Field::Subject, finding.subject.into());
        }
        if finding.trigger != frame {
            list.number(Field::Trigger, finding.trigger.into());
        }
        for why in finding.why(language) {
            list.text(Field::Why, why);
        }
        for check in finding.check(language) {
            list.text(Field::Check, check);
        }
        list.text(Field::Reference, texts.reference(finding.diagnosis));
        for evidence in &finding.evidence {
            list.labelled(Field::Evidence, evidence.frame.into(), texts.role(evidence.role));
        }
        list
    }
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
    pub(crate) fn new(found: &[engine::Finding], frame: u32, language: Language) -> FindingList {
        let mut list = FindingList::default();
        if found.is_empty() {
            return list;
        }
        for finding in found {
            list.push(finding, frame, language);
        }
        let titles: Vec<_> = found.iter().map(|finding| texts(language).title(finding.diagnosis)).collect();
        list.headline = Some(c_string(&titles.join(", ")));
        list
    }

    fn push(&mut self, finding: &engine::Finding, frame: u32, language: Language) {
        let message = c_string(&finding.message(language));
        let mut values = ValueList::of_finding(finding, frame, language);
        let Values { count, items, .. } = values.as_c();
        self.findings.push(Finding {
            diagnosis: finding.diagnosis as u32,
            severity: finding.severity as u32,
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
