//! Which language to speak.

use std::env;

/// A language as one of our libraries knows it.
pub(crate) trait Tagged: Copy + Default + Send + Sync + 'static {
    /// Every one there is.
    fn all() -> &'static [Self];
    /// Its BCP 47 tag.
    fn name(self) -> &'static str;
}

impl Tagged for tcpdx_engine::Language {
    fn all() -> &'static [Self] {
        Self::ALL
    }

    fn name(self) -> &'static str {
        self.tag()
    }
}

impl Tagged for tcpdx_extcap::Language {
    fn all() -> &'static [Self] {
        &Self::ALL
    }

    fn name(self) -> &'static str {
        self.tag()
    }
}

/// The language asked for, else that of the locale, else the default. `asked` is one of the known tags.
pub(crate) fn choose<L: Tagged>(asked: Option<&str>) -> L {
    let known = |tag: &str| L::all().iter().copied().find(|l| l.name().eq_ignore_ascii_case(tag));
    match asked {
        Some(tag) => known(tag),
        None => locale()
            .and_then(|locale| tcpdx_engine::Language::of_locale(&locale))
            .and_then(|language| known(language.tag())),
    }
    .unwrap_or_default()
}

/// The locale of messages (POSIX, "Environment Variables", 8.2).
fn locale() -> Option<String> {
    ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(|name| env::var(name).ok().filter(|v| !v.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::choose;
    use tcpdx_extcap::Language;

    #[test]
    fn what_is_asked_for_is_spoken() {
        assert_eq!(choose::<Language>(Some("zh-CN")), Language::ZhCn);
        assert_eq!(choose::<Language>(Some("en")), Language::En);
    }
}
