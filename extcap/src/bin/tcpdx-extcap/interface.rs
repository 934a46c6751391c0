//! The interfaces that Wireshark lists.

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interface {
    /// A lesson that the user chooses.
    Lesson,
    /// One that is drawn, and to be found out.
    Mystery,
}

impl Interface {
    pub(crate) const ALL: [Interface; 2] = [Interface::Lesson, Interface::Mystery];

    /// Its name for Wireshark.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Interface::Lesson => "tcpdx",
            Interface::Mystery => "tcpdx-mystery",
        }
    }

    /// The interface with that name.
    ///
    /// # Errors
    /// There is none, or no name: one line that says so.
    pub(crate) fn named(name: Option<&str>) -> Result<Self, String> {
        let [lesson, mystery] = Interface::ALL.map(Interface::name);
        match name {
            None => Err(format!("which interface? Add --extcap-interface {lesson} (or {mystery})")),
            Some(name) => Interface::ALL
                .into_iter()
                .find(|interface| interface.name() == name)
                .ok_or_else(|| format!("no interface `{name}`: there are {lesson} and {mystery}")),
        }
    }
}
