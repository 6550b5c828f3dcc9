//! What a sheet says, in German and in English. What the office claims and what is proven stand
//! under different headings. No word here claims more than a check can show.

use clap::ValueEnum;
use proto::document::Field;
use proto::hash::Timestamp;
use proto::time::{self, Date};

/// The language of a sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Language {
    De,
    En,
}

/// What was verified about a document, as far as it is printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    pub issuer: String,
    pub authority: String,
    pub proven: Timestamp,
    pub operators: Vec<String>,
    pub media_type: String,
    pub bytes: u64,
    /// The fields that the office chose to print: type, unit, valid-until, then others.
    pub fields: Vec<Field>,
    /// The address of the page that checks.
    pub address: String,
    /// Log, index and status index, commitment and federation, for somebody who looks closer.
    pub place: [String; 3],
}

/// A heading and what stands under it: pairs of a label and a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    pub heading: &'static str,
    pub rows: Vec<(String, String)>,
}

/// The texts that are the same on every sheet of a language.
#[derive(Debug)]
pub struct Fixed {
    pub code: &'static str,
    pub title: &'static str,
    pub lead: &'static str,
    pub warning: [&'static str; 2],
    pub how: &'static str,
    pub steps: [&'static str; 3],
    pub scan: &'static str,
    pub alternative: &'static str,
    pub stamp: [&'static str; 3],
}

const DE: Fixed = Fixed {
    code: "de",
    title: "Echtheitsnachweis",
    lead: "Zu dem Dokument, das hier beschrieben ist. Dieses Blatt ersetzt das Dokument nicht.",
    warning: [
        "Dieses Blatt allein beweist nichts.",
        "Einen solchen Code kann jeder drucken. Erst die Pr\u{fc}fung zeigt, ob das Dokument echt \
         ist und ob es noch gilt.",
    ],
    how: "So pr\u{fc}fen Sie",
    steps: [
        "\u{d6}ffnen Sie die Pr\u{fc}fseite: Scannen Sie den Code, oder geben Sie die Adresse ein. \
         Achten Sie darauf, dass im Browser diese Adresse steht: ",
        "W\u{e4}hlen Sie dort das Dokument und seinen Beleg (die Datei mit der Endung \
         .tlog-proof) oder das PDF, das seinen Beleg enth\u{e4}lt. Vergleichen Sie das Ergebnis \
         mit diesem Blatt. Was im Code hinter dem Zeichen # steht, sendet der Browser an keinen \
         Server.",
        "Oder pr\u{fc}fen Sie ohne Internet mit dem Programm Beleg: ",
    ],
    scan: "Code zum Scannen",
    alternative: "QR-Code: Adresse der Pr\u{fc}fseite mit den Angaben dieses Blattes",
    stamp: ["Echtheitsnachweis", "Pr\u{fc}fen unter", "Ohne Pr\u{fc}fung kein Nachweis."],
};

const EN: Fixed = Fixed {
    code: "en",
    title: "Proof of authenticity",
    lead: "For the document that is described here. This sheet does not replace the document.",
    warning: [
        "This sheet alone proves nothing.",
        "Anybody can print such a code. Only the check shows whether the document is authentic \
         and whether it still stands.",
    ],
    how: "How to check",
    steps: [
        "Open the page that checks: scan the code, or type in the address. Make sure that your \
         browser shows this address: ",
        "Choose the document there and its receipt (the file that ends with .tlog-proof), or the \
         PDF that holds its receipt. Compare the result with this sheet. What stands behind the \
         sign # in the code, the browser sends to no server.",
        "Or check without the Internet, with the program Beleg: ",
    ],
    scan: "Code to scan",
    alternative: "QR code: address of the page that checks, with what this sheet says",
    stamp: ["Proof of authenticity", "Check it at", "No proof unless checked."],
};

impl Language {
    /// The texts that are always the same.
    pub fn fixed(self) -> &'static Fixed {
        match self {
            Language::De => &DE,
            Language::En => &EN,
        }
    }

    fn pick(self, de: &'static str, en: &'static str) -> &'static str {
        match self {
            Language::De => de,
            Language::En => en,
        }
    }

    /// Day, month and year as they are written in letters.
    fn date(self, date: Date) -> String {
        match self {
            Language::De => format!("{:02}.{:02}.{}", date.day(), date.month(), date.year()),
            Language::En => date.to_string(),
        }
    }

    fn time(self, time: Timestamp) -> String {
        let text = time::utc(time);
        match (self, Date::of(time), text.split(' ').nth(1)) {
            (Language::De, Some(date), Some(clock)) => {
                format!("{}, {clock} Uhr (UTC)", self.date(date))
            }
            _ => text,
        }
    }

    fn value(self, field: &Field) -> String {
        match (field.name(), Date::parse(field.value())) {
            ("date" | "valid-until", Ok(date)) => self.date(date),
            ("valid-until", Err(_)) => self.pick("ohne Enddatum", "no last day").to_owned(),
            _ => field.value().to_owned(),
        }
    }

    fn label(self, name: &str) -> String {
        let known = match name {
            "type" => self.pick("Art des Dokuments", "Type of document"),
            "unit" => self.pick("Stelle im Haus", "Unit"),
            "valid-until" => self.pick("G\u{fc}ltig bis", "Valid until"),
            "date" => self.pick(
                "Datum nach Angabe der Stelle (nicht nachgewiesen)",
                "Date as the office states it (not proven)",
            ),
            "reference" => self.pick("Aktenzeichen", "Reference"),
            other => return other.to_owned(),
        };
        known.to_owned()
    }

    /// What, by whom and when.
    pub fn sections(self, facts: &Facts) -> [Section; 3] {
        let rows = |wanted: &dyn Fn(&str) -> bool| {
            let fields = facts.fields.iter().filter(|field| wanted(field.name()));
            fields.map(|field| (self.label(field.name()), self.value(field))).collect::<Vec<_>>()
        };
        let mut what = rows(&|name| !matches!(name, "unit" | "date" | "valid-until"));
        let file = self.pick("Datei", "File");
        let bytes = self.pick("Bytes", "bytes");
        what.push((file.to_owned(), format!("{}, {} {bytes}", facts.media_type, facts.bytes)));
        let mut who =
            vec![(self.pick("Ausgestellt von", "Issued by").to_owned(), facts.issuer.clone())];
        who.extend(rows(&|name| name == "unit"));
        let admitted = self.pick("Zugelassen von", "Admitted by").to_owned();
        who.push((admitted, facts.authority.clone()));
        let proven = self
            .pick("Nachgewiesen: ausgestellt sp\u{e4}testens am", "Proven: issued not later than");
        let seen = self.pick("best\u{e4}tigt von", "confirmed by");
        let operators = facts.operators.join(", ");
        let mut when =
            vec![(proven.to_owned(), format!("{} ({seen} {operators})", self.time(facts.proven)))];
        when.extend(rows(&|name| name == "date"));
        when.extend(rows(&|name| name == "valid-until"));
        [
            Section { heading: self.pick("Was", "What"), rows: what },
            Section { heading: self.pick("Von wem", "By whom"), rows: who },
            Section { heading: self.pick("Wann", "When"), rows: when },
        ]
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub fn facts() -> Facts {
        let field = |name: &str, value: &str| Field::new(name, value).unwrap();
        Facts {
            issuer: "B\u{fc}rgeramt Nord".into(),
            authority: "Stadt Hafenstadt".into(),
            proven: Timestamp(1_795_629_843),
            operators: vec!["hafenstadt".into(), "bergheim".into()],
            media_type: "application/pdf".into(),
            bytes: 7,
            fields: vec![
                field("type", "residence.certificate"),
                field("unit", "Meldestelle 3"),
                field("valid-until", "none"),
                field("date", "2026-11-20"),
                field("pages", "2"),
            ],
            address: "https://check.example/".into(),
            place: Default::default(),
        }
    }

    #[test]
    fn claimed_and_proven_time_are_two_rows() {
        let [what, who, when] = Language::De.sections(&facts());
        assert_eq!(what.rows[1], ("pages".into(), "2".into()));
        assert_eq!(who.rows[1], ("Stelle im Haus".into(), "Meldestelle 3".into()));
        let proven = "25.11.2026, 18:04:03 Uhr (UTC) (best\u{e4}tigt von hafenstadt, bergheim)";
        assert_eq!(when.rows[0].1, proven);
        assert_eq!(when.rows[1].1, "20.11.2026");
        assert!(when.rows[1].0.contains("nicht nachgewiesen"));
        assert_eq!(when.rows[2].1, "ohne Enddatum");
        let [_, _, when] = Language::En.sections(&facts());
        assert!(when.rows[0].1.starts_with("2026-11-25 18:04:03 UTC (confirmed by"));
        assert_eq!(when.rows[1].1, "2026-11-20");
    }

    #[test]
    fn no_word_of_law_that_was_not_earned() {
        for language in [Language::De, Language::En] {
            let text = format!("{:?} {:?}", language.fixed(), language.sections(&facts()));
            let text = text.to_lowercase();
            let words =
                ["beglaub", "notari", "rechtsverbindlich", "rechtsg", "blockch", "certif", "legal"];
            let text = text.replace("residence.certificate", "");
            assert_eq!(words.map(|word| text.contains(word)), [false; 7], "{text}");
        }
    }
}
