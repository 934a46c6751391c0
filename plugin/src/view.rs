//! Values and findings of one frame, laid out for C.

use crate::catalogue::c_string;
use crate::fields::Field;
use crate::known::Known;
use std::ffi::{CString, c_char};
use std::ptr;
use std::rc::Rc;
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
    texts: Vec<CString>,
    /// What some of the values point into.
    known: Option<Rc<Known>>,
}

impl ValueList {
    pub(crate) fn number(&mut self, field: Field, number: i64) {
        self.values.push(Value { field: field as u32, number, text: ptr::null() });
    }

    pub(crate) fn text(&mut self, field: Field, text: &str) {
        self.labelled(field, 0, text);
    }

    fn labelled(&mut self, field: Field, number: i64, text: &str) {
        let text = c_string(text);
        self.values.push(Value { field: field as u32, number, text: text.as_ptr() });
        self.texts.push(text);
    }

    pub(crate) fn optional(&mut self, field: Field, number: Option<i64>) {
        if let Some(number) = number {
            self.number(field, number);
        }
    }

    pub(crate) fn as_c(&self) -> Values {
        Values {
            size: size_of::<Values>() as u32,
            count: self.values.len() as u32,
            items: self.values.as_ptr(),
        }
    }

    /// What is known about the connection of one layer of a frame, once the frame itself was found.
    pub(crate) fn of_frame(
        view: engine::FrameView,
        known: Rc<Known>,
        proved: &[engine::Finding],
        language: Language,
    ) -> ValueList {
        let mut list = ValueList::default();
        list.values.reserve(known.rest.values.len() + 4);
        list.values.extend(&known.story.values);
        list.text(Field::ClientState, view.client_state.name());
        list.text(Field::ServerState, view.server_state.name());
        list.values.extend(&known.rest.values);
        for finding in proved {
            let title = texts(language).title(finding.diagnosis);
            list.labelled(Field::Proves, finding.subject.into(), title);
        }
        list.known = Some(known);
        list
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
            list.text(Field::Why, &why);
        }
        for check in finding.check(language) {
            list.text(Field::Check, &check);
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
        let values = ValueList::of_finding(finding, frame, language);
        self.findings.push(Finding {
            diagnosis: finding.diagnosis as u32,
            severity: finding.severity as u32,
            message: message.as_ptr(),
            value_count: values.values.len() as u32,
            values: values.values.as_ptr(),
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
