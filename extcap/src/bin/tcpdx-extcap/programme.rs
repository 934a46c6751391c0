//! Which lesson comes first, and which next.

use std::time::SystemTime;

use tcpdx_extcap::mystery::Mystery;
use tcpdx_extcap::scenario::{Builtin, Scenario};
use tcpdx_extcap::{Difficulty, GenerateOptions, Language};

use crate::arguments::Arguments;
use crate::choices::ANY;
use crate::describe::{ALL_TOPICS, of_topic};
use crate::interface::Interface;
use crate::lesson::{self, Lesson};

/// The lessons of a capture.
pub(crate) enum Programme {
    Lessons(Box<Lessons>),
    Mysteries(Mysteries),
}

/// The chosen lesson, and then those of the topic.
pub(crate) struct Lessons {
    scenario: Scenario,
    variant: Option<String>,
    topic: String,
    options: GenerateOptions,
    connections: u64,
}

/// A mystery, and then the one with the next seed.
pub(crate) struct Mysteries {
    difficulty: Option<Difficulty>,
    seed: u64,
    options: GenerateOptions,
}

impl Programme {
    /// What the user has chosen.
    ///
    /// # Errors
    /// One line that names the option and says what would be right.
    pub(crate) fn chosen(
        interface: Interface,
        arguments: &Arguments,
        user: Language,
    ) -> Result<Self, String> {
        let options = lesson::options(arguments, user)?;
        match interface {
            Interface::Lesson => {
                let (scenario, variant) = lesson::scenario(arguments)?;
                let topic = arguments.chosen("topic").unwrap_or(ALL_TOPICS).to_owned();
                let connections = lesson::connections(arguments)?;
                let lessons = Lessons { scenario, variant, topic, options, connections };
                Ok(Programme::Lessons(Box::new(lessons)))
            }
            Interface::Mystery => {
                let difficulty = match arguments.chosen("difficulty") {
                    None | Some(ANY) => None,
                    Some(word) => Some(word.parse().map_err(|_| {
                        format!("--difficulty: `{word}` is none: use any, easy, medium or hard")
                    })?),
                };
                let seed = lesson::seed(arguments)?.unwrap_or_else(any_seed);
                Ok(Programme::Mysteries(Mysteries { difficulty, seed, options }))
            }
        }
    }

    /// The lesson that is to be played.
    ///
    /// # Errors
    /// None: what comes with the program is sound.
    pub(crate) fn lesson(&self) -> Result<Lesson, String> {
        match self {
            Programme::Lessons(lessons) => Ok(lessons.lesson()),
            Programme::Mysteries(mysteries) => mysteries.lesson(),
        }
    }

    /// Goes on to the next one; it begins `behind` this one's begin.
    ///
    /// # Errors
    /// None: what comes with the program is sound.
    pub(crate) fn advance(&mut self, behind: std::time::Duration) -> Result<(), String> {
        match self {
            Programme::Lessons(lessons) => {
                lessons.options.start += behind;
                // Other ports and numbers: it is not the same connection once more.
                lessons.options.seed = lessons.options.seed.wrapping_add(1);
                lessons.advance()
            }
            Programme::Mysteries(mysteries) => {
                mysteries.options.start += behind;
                mysteries.seed = mysteries.seed.wrapping_add(1);
                Ok(())
            }
        }
    }
}

impl Lessons {
    fn lesson(&self) -> Lesson {
        let title = self.scenario.title(self.options.language);
        let name = self.scenario.name();
        let variant = self.variant.as_ref().map(|variant| format!(":{variant}")).unwrap_or_default();
        Lesson {
            title: format!("{name}{variant} – {title}"),
            scenario: self.scenario.clone(),
            options: GenerateOptions { variant: self.variant.clone(), ..self.options.clone() },
            connections: self.connections,
        }
    }

    /// The scenario behind this one in its topic; the first one behind the last, or behind a file of the user's.
    fn advance(&mut self) -> Result<(), String> {
        let scenarios: Vec<&Builtin> = of_topic(&self.topic).collect();
        let place = scenarios.iter().position(|builtin| builtin.name() == self.scenario.name());
        let next = place.and_then(|place| scenarios.get(place + 1)).or(scenarios.first());
        if let Some(builtin) = next {
            self.scenario = builtin.scenario().map_err(|error| error.to_string())?;
            self.variant = None;
        }
        Ok(())
    }
}

impl Mysteries {
    fn lesson(&self) -> Result<Lesson, String> {
        let mystery =
            Mystery::draw(self.difficulty, self.seed).ok_or("there is no mystery of that difficulty")?;
        Ok(Lesson {
            title: mystery.cover(),
            scenario: mystery.scenario().scenario().map_err(|error| error.to_string())?,
            options: mystery.hide(self.options.clone()),
            connections: 1,
        })
    }
}

/// A seed that is another each time, and short enough to be told to somebody.
fn any_seed() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::from(now.subsec_nanos()) / 100 % 1_000_000
}
