//! What is said in Wireshark's windows: `texts/extcap.toml`, read when the program is built.

use std::env;
use std::fs;
use std::path::PathBuf;

use tcpdx_extcap::Language;

/// By key, in order: the text of each language.
static TEXTS: &[(&str, &[(&str, &str)])] = include!(concat!(env!("OUT_DIR"), "/texts.rs"));

/// What stands where a text is missing.
const MISSING: &str = "?";

/// The text with this key, in English where it has none in the language.
pub(crate) fn text(language: Language, key: &str) -> &'static str {
    let Ok(place) = TEXTS.binary_search_by_key(&key, |(known, _)| known) else { return MISSING };
    let tagged = |tag: &str| TEXTS[place].1.iter().find(|(of, _)| *of == tag).map(|(_, text)| *text);
    tagged(language.tag()).or_else(|| tagged(Language::En.tag())).unwrap_or(MISSING)
}

/// The language of the user's surroundings, where we have it: what Wireshark is set to, else that of the locale.
pub(crate) fn user_language() -> Language {
    let locale = || {
        ["LC_ALL", "LC_MESSAGES", "LANG"]
            .iter()
            .find_map(|name| env::var(name).ok().filter(|value| !value.is_empty()))
    };
    match of_wireshark().or_else(locale) {
        Some(locale) if locale.starts_with("zh") => Language::ZhCn,
        _ => Language::En,
    }
}

/// The language that is chosen in Wireshark's preferences, unless it is the system's.
fn of_wireshark() -> Option<String> {
    let home = || env::var_os("HOME").map(|home| PathBuf::from(home).join(".config"));
    let folder = env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).or_else(home)?;
    let file = fs::read_to_string(folder.join("wireshark/language")).ok()?;
    let chosen = file.lines().find_map(|line| line.strip_prefix("language:"))?.trim();
    (chosen != "system" && !chosen.is_empty()).then(|| chosen.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_there_in_every_language_and_fits_the_grammar() {
        for (key, texts) in TEXTS {
            let tags: Vec<&str> = texts.iter().map(|(tag, _)| *tag).collect();
            for language in Language::ALL {
                assert!(tags.contains(&language.tag()), "{key} has no text in {language}");
                let text = text(language, key);
                let written = key.starts_with("log.") || !text.contains(['{', '}']);
                assert!(written && !text.contains('\n') && !text.is_empty(), "{key}: {text}");
            }
        }
    }
}
