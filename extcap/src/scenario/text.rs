//! Texts in several languages.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

/// A language that titles and packet comments exist in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Simplified Chinese.
    ZhCn,
}

impl Language {
    /// Every language there is.
    pub const ALL: [Language; 2] = [Language::En, Language::ZhCn];

    /// The tag (BCP 47) that names it in files and options: `en`, `zh-CN`.
    pub fn tag(self) -> &'static str {
        match self {
            Language::En => "en",
            Language::ZhCn => "zh-CN",
        }
    }

    /// Its name for itself.
    pub fn endonym(self) -> &'static str {
        match self {
            Language::En => "English",
            Language::ZhCn => "简体中文",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

/// A language tag that we have no texts for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no texts in language `{0}`: there are `en` and `zh-CN`")]
pub struct UnknownLanguage(String);

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(tag: &str) -> Result<Self, UnknownLanguage> {
        let known = Language::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(tag));
        known.ok_or_else(|| UnknownLanguage(tag.to_owned()))
    }
}

/// One text per language, by tag.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Texts(BTreeMap<String, String>);

impl Texts {
    /// The text in a language, in English where it has none in that.
    pub(crate) fn get(&self, language: Language) -> Option<&str> {
        pick(self.0.iter().map(|(tag, text)| (tag.as_str(), text.as_str())), language)
    }

    /// The text in this very language.
    #[cfg(test)]
    pub(crate) fn only(&self, language: Language) -> Option<&str> {
        self.0.get(language.tag()).map(String::as_str)
    }

    /// The text in every language that it has.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.values().map(String::as_str)
    }
}

/// The text in `language`, else the English one.
pub(crate) fn pick<'a>(
    texts: impl Iterator<Item = (&'a str, &'a str)> + Clone,
    language: Language,
) -> Option<&'a str> {
    let tagged = |wanted: &str| texts.clone().find(|(tag, _)| *tag == wanted).map(|(_, text)| text);
    tagged(language.tag()).or_else(|| tagged(Language::En.tag()))
}
