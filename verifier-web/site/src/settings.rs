//! What is different from one federation's pages to the next, and the checks of it.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use serde::Deserialize;

use crate::colour::{Colour, LEAST_CONTRAST};
use crate::tree::{Tree, WORDS};
use crate::words;

/// The languages of the pages if nobody chose.
const LANGUAGES: [&str; 2] = ["de", "en"];
/// Letters of the name, and of the contact.
const MOST_NAME: usize = 100;

/// The settings as a person writes them. Whatever is left out has a default.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// What the pages call the federation.
    pub name: Option<String>,
    /// Languages, the one for people with another language first.
    pub languages: Option<Vec<String>>,
    /// Colours.
    #[serde(default)]
    pub colours: Colours,
    /// Whom people write to about the pages, such as an address for electronic mail.
    pub contact: Option<String>,
    /// A folder with words files in further languages. Whoever has the settings reads it.
    pub folder: Option<PathBuf>,
}

/// Colours as a person writes them: `#rrggbb`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Colours {
    /// Of buttons and links; white is written on it.
    pub accent: Option<String>,
    /// The same where a person prefers dark; made from `accent` if left out.
    pub accent_dark: Option<String>,
}

/// Why pages cannot be made with such settings.
#[derive(Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SiteError {
    /// The name is empty, long, or holds what would disturb the page.
    #[error("the name of the pages must be 1 to {limit} printable letters\nchange name")]
    Name {
        /// Letters at most.
        limit: usize,
    },
    /// The contact is empty, long, or holds what would disturb the page.
    #[error("the contact of the pages must be 1 to {limit} printable letters\nchange contact")]
    Contact {
        /// Letters at most.
        limit: usize,
    },
    /// Not `#rrggbb`.
    #[error("{option}: {text:?} is not a colour\nwrite it as #rrggbb, such as #0b4f9e")]
    Colour {
        /// The option.
        option: &'static str,
        /// What was written.
        text: String,
    },
    /// Text in this colour could not be read.
    #[error(
        "{option}: {colour} has a contrast of {contrast:.1} to 1 against {against} and needs 4.5\n\
         take a {change} shade"
    )]
    Contrast {
        /// The option.
        option: &'static str,
        /// The colour.
        colour: Colour,
        /// The ratio.
        contrast: f64,
        /// The other colour.
        against: Colour,
        /// What would be better.
        change: &'static str,
    },
    /// No language, or one twice.
    #[error("languages must name at least one language, and none twice\nchange languages")]
    Languages,
    /// No words in this language.
    #[error(
        "{language}: there are no words in this language\n\
         put {missing} into the folder of words, or take the language out"
    )]
    NoWords {
        /// The language.
        language: String,
        /// The first file that is missing.
        missing: String,
    },
    /// A file in the folder of words that the pages do not know.
    #[error("{name}: not a words file of these pages\nname it like check.fr.json, or take it out")]
    UnknownWords {
        /// The file.
        name: String,
    },
    /// A words file is not JSON, or holds something that is no text.
    #[error(
        "{name}: this words file holds something else than texts\ncompare it with the English one"
    )]
    WordsMalformed {
        /// The file.
        name: String,
    },
    /// A words file lacks a text.
    #[error("{name}: there is no text for {key}\nadd it; the English file has it")]
    WordMissing {
        /// The file.
        name: String,
        /// The key.
        key: String,
    },
    /// A words file has a text that no page shows.
    #[error("{name}: no page shows {key}\ntake it out, or correct its spelling")]
    WordUnknown {
        /// The file.
        name: String,
        /// The key.
        key: String,
    },
    /// A words file is larger than words are.
    #[error("{name}: larger than {limit} bytes\ncheck that it is the right file")]
    WordsTooLarge {
        /// The file.
        name: String,
        /// The limit.
        limit: usize,
    },
    /// More words files than there can be.
    #[error("more than {limit} words files\ntake out what is not needed")]
    TooManyWords {
        /// The limit.
        limit: usize,
    },
}

/// One federation's pages: settings that were checked, and the federation file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Site {
    name: String,
    contact: Option<String>,
    languages: Vec<String>,
    own_words: BTreeMap<String, Vec<u8>>,
    accent: Colour,
    accent_dark: Colour,
    federation: Vec<u8>,
    live: bool,
    desk: bool,
}

impl Site {
    /// Checks settings. `name` stands where the settings have none, `own_words` is what their
    /// folder holds, by file name, and `federation` is the file that the pages trust from the
    /// start; that it is one, the caller has checked.
    pub fn new(
        settings: &Settings,
        name: &str,
        own_words: BTreeMap<String, Vec<u8>>,
        federation: Vec<u8>,
    ) -> Result<Site, SiteError> {
        Site::on(&Tree::built_in(), settings, name, own_words, federation)
    }

    pub(crate) fn on(
        tree: &Tree,
        settings: &Settings,
        name: &str,
        own_words: BTreeMap<String, Vec<u8>>,
        federation: Vec<u8>,
    ) -> Result<Site, SiteError> {
        let name = settings.name.as_deref().unwrap_or(name).trim().to_owned();
        if !fits_in_a_line(&name) {
            return Err(SiteError::Name { limit: MOST_NAME });
        }
        let contact = settings.contact.clone();
        if contact.as_deref().is_some_and(|contact| !fits_in_a_line(contact)) {
            return Err(SiteError::Contact { limit: MOST_NAME });
        }
        words::check(tree, &own_words)?;
        let languages = languages(tree, settings, &own_words)?;
        let colours = &settings.colours;
        let accent = colour("accent", colours.accent.as_deref(), Colour::DAY, "darker")?;
        let accent = accent.unwrap_or(Colour::ACCENT);
        let dark = colours.accent_dark.as_deref();
        let dark = colour("accent_dark", dark, Colour::NIGHT, "lighter")?;
        let accent_dark = dark.unwrap_or_else(|| accent.lighter_for(Colour::NIGHT));
        let (live, desk) = (false, false);
        Ok(Site {
            name,
            contact,
            languages,
            own_words,
            accent,
            accent_dark,
            federation,
            live,
            desk,
        })
    }

    /// With or without the federation's page, which needs a node.
    #[must_use]
    pub fn with_live(mut self, live: bool) -> Site {
        self.live = live;
        self
    }

    /// With or without the clerk's page, which needs a node that hosts an office.
    #[must_use]
    pub fn with_desk(mut self, desk: bool) -> Site {
        self.desk = desk;
        self
    }

    /// What the pages call the federation.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whom people write to about the pages.
    pub fn contact(&self) -> Option<&str> {
        self.contact.as_deref()
    }

    /// The languages.
    pub fn languages(&self) -> &[String] {
        &self.languages
    }

    /// The federation file.
    pub fn federation(&self) -> &[u8] {
        &self.federation
    }

    pub(crate) fn own_words(&self) -> &BTreeMap<String, Vec<u8>> {
        &self.own_words
    }

    pub(crate) fn accent(&self) -> Colour {
        self.accent
    }

    pub(crate) fn accent_dark(&self) -> Colour {
        self.accent_dark
    }

    pub(crate) fn live(&self) -> bool {
        self.live
    }

    pub(crate) fn desk(&self) -> bool {
        self.desk
    }

    /// `page/site.css`: the colours as custom properties.
    pub(crate) fn colours_css(&self) -> String {
        let (accent, dark) = (self.accent, self.accent_dark);
        format!(
            "/* The colours of this federation; base.css uses them. */\n\
             :root {{\n  --site-accent: {accent};\n  --site-accent-dark: {dark};\n}}\n"
        )
    }
}

fn languages(
    tree: &Tree,
    settings: &Settings,
    own: &BTreeMap<String, Vec<u8>>,
) -> Result<Vec<String>, SiteError> {
    let default = || LANGUAGES.map(str::to_owned).to_vec();
    let languages = settings.languages.clone().unwrap_or_else(default);
    let twice = |at: usize| languages.iter().skip(at + 1).any(|other| *other == languages[at]);
    if languages.is_empty() || (0..languages.len()).any(twice) {
        return Err(SiteError::Languages);
    }
    for language in &languages {
        for family in tree.word_families() {
            let missing = format!("{family}.{language}.json");
            let there = tree.find(&format!("{WORDS}{missing}")).is_some();
            if !words::is_language(language) || !(there || own.contains_key(&missing)) {
                return Err(SiteError::NoWords { language: language.clone(), missing });
            }
        }
    }
    Ok(languages)
}

fn colour(
    option: &'static str,
    written: Option<&str>,
    against: Colour,
    change: &'static str,
) -> Result<Option<Colour>, SiteError> {
    let Some(text) = written else { return Ok(None) };
    let malformed = || SiteError::Colour { option, text: text.to_owned() };
    let colour = Colour::parse(text).ok_or_else(malformed)?;
    let contrast = colour.contrast(against);
    if contrast < LEAST_CONTRAST {
        return Err(SiteError::Contrast { option, colour, contrast, against, change });
    }
    Ok(Some(colour))
}

/// Whether people can read it, and nothing in it disturbs what stands around it.
fn fits_in_a_line(text: &str) -> bool {
    (1..=MOST_NAME).contains(&text.chars().count()) && !text.chars().any(disturbs)
}

/// Control characters, and those that turn the direction of what follows.
fn disturbs(letter: char) -> bool {
    const TURNING: [RangeInclusive<char>; 3] =
        ['\u{200e}'..='\u{200f}', '\u{202a}'..='\u{202e}', '\u{2066}'..='\u{2069}'];
    letter.is_control() || TURNING.iter().any(|range| range.contains(&letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> Tree {
        let mut tree = Tree::default();
        for name in ["check.de", "check.en", "live.de", "live.en"] {
            tree.put(&format!("{WORDS}{name}.json"), br#"{"a": "A"}"#.to_vec());
        }
        tree
    }

    fn made(settings: &Settings, own: &[&str]) -> Result<Site, SiteError> {
        let own = own.iter().map(|name| ((*name).to_owned(), br#"{"a": "B"}"#.to_vec()));
        Site::on(&tree(), settings, "Four towns", own.collect(), b"federation".to_vec())
    }

    #[test]
    fn without_settings_a_site_has_the_federations_name_and_both_languages() {
        let site = made(&Settings::default(), &[]).unwrap();
        assert_eq!(
            (site.name(), site.languages()),
            ("Four towns", &["de", "en"].map(String::from)[..])
        );
        assert!(site.colours_css().contains("--site-accent: #0b4f9e;"));
    }

    #[test]
    fn a_name_that_would_disturb_the_page_is_refused() {
        let long = "x".repeat(101);
        for name in ["", "  ", "a\nb", "a\u{202e}b", "a\u{7}", &long] {
            let settings = Settings { name: Some(name.to_owned()), ..Settings::default() };
            assert_eq!(made(&settings, &[]), Err(SiteError::Name { limit: 100 }), "{name:?}");
            if name.trim() == name {
                let settings = Settings { contact: Some(name.to_owned()), ..Settings::default() };
                assert_eq!(made(&settings, &[]), Err(SiteError::Contact { limit: 100 }));
            }
        }
        let name = Some("Bund <b>der</b> St\u{e4}dte".to_owned());
        assert!(made(&Settings { name, ..Settings::default() }, &[]).is_ok());
    }

    #[test]
    fn a_colour_on_which_white_cannot_be_read_is_refused_with_its_contrast() {
        let with = |accent: &str, dark: Option<&str>| {
            let (accent, accent_dark) = (Some(accent.to_owned()), dark.map(str::to_owned));
            made(&Settings { colours: Colours { accent, accent_dark }, ..Settings::default() }, &[])
        };
        assert!(with("#7a0019", None).is_ok());
        let refused = with("#ffcc00", None).unwrap_err().to_string();
        assert!(refused.contains("contrast of 1.") && refused.contains("darker"), "{refused}");
        let refused = with("#7a0019", Some("#7a0019")).unwrap_err().to_string();
        assert!(refused.contains("lighter"), "{refused}");
        let refused = with("red;} body {", None).unwrap_err().to_string();
        assert!(refused.contains("#rrggbb"), "{refused}");
    }

    #[test]
    fn a_language_needs_words_for_every_page() {
        let with = |languages: &[&str], own: &[&str]| {
            let languages = Some(languages.iter().map(|tag| (*tag).to_owned()).collect());
            made(&Settings { languages, ..Settings::default() }, own)
        };
        assert!(with(&["en"], &[]).is_ok());
        assert!(with(&["fr", "de"], &["check.fr.json", "live.fr.json"]).is_ok());
        let refused = with(&["fr"], &["check.fr.json"]).unwrap_err().to_string();
        assert!(refused.contains("live.fr.json"), "{refused}");
        for languages in [&[][..], &["de", "en", "de"]] {
            assert_eq!(with(languages, &[]), Err(SiteError::Languages));
        }
    }
}
