//! What the user can choose: a list, so that the caller registers each without knowing what it is.

use crate::catalogue::c_string;
use crate::input::{fill, language, texts_of};
use crate::status::{Status, guard};
use crate::words::{self, Word, word};
use std::ffi::{CString, c_char};
use std::sync::LazyLock;
use tcpdx_engine::{self as engine, Diagnosis, Language, Severity, Vantage, catalogue::texts};

/// How a setting is chosen.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub enum SettingKind {
    /// One of `choices`; the value is its index.
    Choice = 1,
    /// On (1) or off (0).
    Switch = 2,
    /// A time span; the value is in milliseconds.
    Milliseconds = 3,
}

/// One of several that can be chosen.
#[repr(C)]
pub struct Choice {
    /// One word for files and command lines: "auto".
    pub name: *const c_char,
    /// What it is called.
    pub title: *const c_char,
}

/// One thing that can be chosen for an engine, to be registered.
#[repr(C)]
pub struct SettingInfo {
    /// sizeof(tcpdx_setting).
    pub size: u32,
    /// A tcpdx_setting_kind.
    pub kind: u32,
    /// One word for files and command lines: "language".
    pub name: *const c_char,
    /// What it is called, in a few words.
    pub title: *const c_char,
    /// What it does, in a sentence.
    pub about: *const c_char,
    /// Its value unless the user chooses another.
    pub usual: u32,
    /// Length of `choices`; 0 when its kind has none.
    pub choice_count: u32,
    /// What can be chosen.
    pub choices: *const Choice,
}

/// What was chosen for an engine.
#[repr(C)]
pub struct Settings {
    /// sizeof(tcpdx_settings).
    pub size: u32,
    /// Length of `values`: tcpdx_setting_count(), or 0 for the usual ones.
    pub count: u32,
    /// The value of each setting; not kept after the call.
    pub values: *const u32,
}

/// A setting, before its texts are put into a language.
#[derive(Clone, Copy)]
pub(crate) enum Setting {
    Language,
    Vantage,
    Minor,
    SlowResponse,
    KeepaliveInterval,
    Idle,
    Family(&'static str),
}

const VANTAGES: [(Vantage, Word); 4] = [
    (Vantage::Client, Word::Client),
    (Vantage::Server, Word::Server),
    (Vantage::Middle, Word::Middle),
    (Vantage::Both, Word::Both),
];

const NANOSECONDS: i64 = 1_000_000;

impl Setting {
    /// Every setting, in the order in which they are numbered and best shown.
    fn all() -> impl Iterator<Item = Setting> {
        use Setting::{Family, Idle, KeepaliveInterval, Language, Minor, SlowResponse, Vantage};
        [Language, Vantage, Minor, SlowResponse, KeepaliveInterval, Idle]
            .into_iter()
            .chain(Diagnosis::families().map(Family))
    }

    fn kind(self) -> SettingKind {
        match self {
            Setting::Language | Setting::Vantage => SettingKind::Choice,
            Setting::Minor | Setting::Family(_) => SettingKind::Switch,
            Setting::SlowResponse | Setting::KeepaliveInterval | Setting::Idle => SettingKind::Milliseconds,
        }
    }

    fn name(self) -> String {
        match self {
            Setting::Language => "language".into(),
            Setting::Vantage => "vantage".into(),
            Setting::Minor => "minor".into(),
            Setting::SlowResponse => "slow_response".into(),
            Setting::KeepaliveInterval => "keepalive_interval".into(),
            Setting::Idle => "idle_time".into(),
            Setting::Family(family) => format!("tell_{family}"),
        }
    }

    fn words(self, language: Language) -> (String, &'static str) {
        let (title, about) = words::setting(self, language);
        let title = match self {
            Setting::Family(family) => title.replace("{}", texts(language).family(family)),
            _ => title.to_string(),
        };
        (title, about)
    }

    fn usual(self) -> u32 {
        let thresholds = engine::Thresholds::default();
        match self {
            Setting::Language | Setting::Vantage => 0,
            Setting::Minor | Setting::Family(_) => 1,
            Setting::SlowResponse => milliseconds(thresholds.slow_response),
            Setting::KeepaliveInterval => milliseconds(thresholds.keepalive_interval),
            Setting::Idle => milliseconds(thresholds.idle),
        }
    }

    /// Name and title of what can be chosen, the usual one first.
    fn choices(self, language: Language) -> Vec<(&'static str, &'static str)> {
        let automatic = ("auto", word(Word::Automatic, language));
        match self {
            Setting::Language => {
                [automatic].into_iter().chain(Language::ALL.iter().map(|l| (l.tag(), l.name()))).collect()
            }
            Setting::Vantage => [automatic]
                .into_iter()
                .chain(VANTAGES.map(|(vantage, title)| (vantage.name(), word(title, language))))
                .collect(),
            _ => Vec::new(),
        }
    }
}

fn milliseconds(nanoseconds: i64) -> u32 {
    u32::try_from(nanoseconds / NANOSECONDS).unwrap_or(u32::MAX)
}

/// What was chosen.
pub(crate) struct Chosen {
    pub(crate) language: Language,
    pub(crate) engine: engine::Settings,
    pub(crate) told: Told,
}

/// Which findings are told.
pub(crate) struct Told {
    minor: bool,
    hidden: Vec<&'static str>,
}

impl Told {
    pub(crate) fn tells(&self, finding: &engine::Finding) -> bool {
        (self.minor || finding.severity >= Severity::Warn)
            && !self.hidden.contains(&finding.diagnosis.family())
    }
}

impl Settings {
    /// `values` must be readable for `count` numbers.
    pub(crate) unsafe fn read(&self) -> Result<Chosen, Status> {
        let known = Setting::all().count();
        let values = match self.count as usize {
            0 => Setting::all().map(Setting::usual).collect(),
            _ if self.values.is_null() => return Err(Status::NullPointer),
            count if count != known => return Err(Status::WrongSize),
            count => unsafe { std::slice::from_raw_parts(self.values, count) }.to_vec(),
        };
        let mut chosen = Chosen {
            language: of_locale(),
            engine: engine::Settings::default(),
            told: Told { minor: true, hidden: Vec::new() },
        };
        for (setting, value) in Setting::all().zip(values) {
            chosen.choose(setting, value)?;
        }
        Ok(chosen)
    }
}

impl Chosen {
    fn choose(&mut self, setting: Setting, value: u32) -> Result<(), Status> {
        let nanoseconds = i64::from(value) * NANOSECONDS;
        let thresholds = &mut self.engine.thresholds;
        match setting {
            Setting::Language => self.language = spoken(value)?,
            Setting::Vantage if value == 0 => self.engine.vantage = None,
            Setting::Vantage => {
                let (vantage, _) = VANTAGES.get(value as usize - 1).ok_or(Status::WrongValue)?;
                self.engine.vantage = Some(*vantage);
            }
            Setting::Minor => self.told.minor = value != 0,
            Setting::SlowResponse => thresholds.slow_response = nanoseconds,
            Setting::KeepaliveInterval => thresholds.keepalive_interval = nanoseconds,
            Setting::Idle => thresholds.idle = nanoseconds,
            Setting::Family(family) if value == 0 => self.told.hidden.push(family),
            Setting::Family(_) => {}
        }
        Ok(())
    }
}

/// The language that a value of the setting means: 0 is that of the locale.
fn spoken(value: u32) -> Result<Language, Status> {
    if value == 0 { Ok(of_locale()) } else { language(value - 1) }
}

/// The language of the locale of messages (POSIX, "Environment Variables", 8.2), else the first.
fn of_locale() -> Language {
    ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
        .and_then(|locale| Language::of_locale(&locale))
        .unwrap_or_default()
}

/// The number of the language of the locale: below tcpdx_language_count().
#[unsafe(no_mangle)]
pub extern "C" fn tcpdx_language_of_locale() -> u32 {
    of_locale() as u32
}

/// The texts of a setting as C wants them.
struct Strings {
    name: CString,
    title: CString,
    about: CString,
    /// They own what `choices` points to.
    _choices: Vec<[CString; 2]>,
    choices: Vec<Choice>,
}

// SAFETY: what the pointers of `choices` point to lives in the same value, which nobody changes.
unsafe impl Send for Strings {}
// SAFETY: as above.
unsafe impl Sync for Strings {}

impl Strings {
    fn new(setting: Setting, language: Language) -> Strings {
        let (title, about) = setting.words(language);
        let choices: Vec<_> =
            setting.choices(language).into_iter().map(|(name, title)| [name, title].map(c_string)).collect();
        Strings {
            name: c_string(&setting.name()),
            title: c_string(&title),
            about: c_string(about),
            choices: choices
                .iter()
                .map(|[name, title]| Choice { name: name.as_ptr(), title: title.as_ptr() })
                .collect(),
            _choices: choices,
        }
    }
}

/// By language and setting.
static STRINGS: LazyLock<Vec<Vec<Strings>>> = LazyLock::new(|| {
    let strings =
        |language: &Language| Setting::all().map(|setting| Strings::new(setting, *language)).collect();
    Language::ALL.iter().map(strings).collect()
});

/// How many settings there are; they are numbered from 0.
#[unsafe(no_mangle)]
pub extern "C" fn tcpdx_setting_count() -> u32 {
    Setting::all().count() as u32
}

/// Tells one setting in a language (below tcpdx_language_count()).
/// TCPDX_STATUS_WRONG_VALUE when there is no such setting or language.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tcpdx_setting_info(setting: u32, language: u32, info: *mut SettingInfo) -> Status {
    guard(|| unsafe { fill(info, || describe(setting, language)) })
}

fn describe(setting: u32, in_language: u32) -> Result<SettingInfo, Status> {
    let language = language(in_language)?;
    let known = Setting::all().nth(setting as usize).ok_or(Status::WrongValue)?;
    let strings = texts_of(&STRINGS, language, setting as usize)?;
    Ok(SettingInfo {
        size: size_of::<SettingInfo>() as u32,
        kind: known.kind() as u32,
        name: strings.name.as_ptr(),
        title: strings.title.as_ptr(),
        about: strings.about.as_ptr(),
        usual: known.usual(),
        choice_count: strings.choices.len() as u32,
        choices: strings.choices.as_ptr(),
    })
}
