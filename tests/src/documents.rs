//! Documents to issue: what an authority sends out, with nothing about any person in it.

use crate::{image, pdf};
use anyhow::{Context, Result};
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::Path;

/// Side of the large map in pixels: 14,336 x 14,336 bytes are 205 MB.
const MAP_SIDE: u32 = 14_336;

/// Writes the folder that the demo issues: letters and notices as PDF, a scan, two data files and
/// one file of some 200 MB.
pub fn demo_folder(dir: &Path) -> Result<()> {
    fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    for (name, title, lines) in NOTICES {
        let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        fs::write(dir.join(name), pdf::page(title, &lines))?;
    }
    fs::write(dir.join("council-minutes-scan.png"), image::scan_png(1240, 1754)?)?;
    fs::write(dir.join("waste-collection-dates.xml"), XML)?;
    fs::write(dir.join("school-holidays.json"), JSON)?;
    let mut map = BufWriter::new(File::create(dir.join("development-plan-map.tif"))?);
    image::map_tiff(&mut map, MAP_SIDE, MAP_SIDE)?;
    Ok(())
}

/// Writes `count` different PDF files of 2 to 200 KB, as a month of letters would be.
pub fn letters(dir: &Path, count: usize) -> Result<()> {
    fs::create_dir_all(dir)?;
    for number in 0..count {
        // 97 is prime to 40: sizes are spread over the folder in no particular order.
        let length = 30 + number * 97 % 40 * 70;
        let line =
            |n| format!("Paragraph {n} of letter {number}. The rules in force on this day apply.");
        let lines: Vec<String> = (1..=length).map(line).collect();
        fs::write(dir.join(format!("letter-{number:05}.pdf")), pdf::page("A letter", &lines))?;
    }
    Ok(())
}

/// Copies `from` to `to` with one bit changed in the byte at `index`.
pub fn copy_with_one_byte_changed(from: &Path, to: &Path, index: usize) -> Result<()> {
    let mut bytes = fs::read(from)?;
    let byte = bytes.get_mut(index).context("the file is shorter than that")?;
    *byte ^= 1;
    fs::write(to, bytes)?;
    Ok(())
}

type Notice = (&'static str, &'static str, &'static [&'static str]);

const NOTICES: [Notice; 5] = [
    (
        "official-gazette-2026-11.pdf",
        "Official Gazette, No. 11 of 2026",
        &[
            "1. By-law on street music in the old town",
            "2. Closure of the harbour bridge for repairs, 7 to 18 December",
            "3. Public display of the development plan 'Am Kanal'",
            "",
            "The gazette appears monthly and can be read free of charge in every library.",
        ],
    ),
    (
        "by-law-street-music.pdf",
        "By-law on street music in the old town",
        &[
            "Section 1. Music without amplifiers may be played from 10 to 21 o'clock.",
            "Section 2. After half an hour the players move on by at least 200 metres.",
            "Section 3. For groups of more than five a permit is needed.",
            "Section 4. This by-law comes into force on the day after its publication.",
        ],
    ),
    (
        "notice-bridge-closure.pdf",
        "Notice: harbour bridge closed",
        &[
            "The harbour bridge is closed to all traffic from 7 to 18 December 2026.",
            "Buses of the lines 3 and 11 go by way of the lock.",
            "The fire brigade keeps a lane of its own.",
        ],
    ),
    (
        "fee-schedule-2027.pdf",
        "Schedule of fees for the year 2027",
        &[
            "Residence certificate ............................ 8.00",
            "Certified copy, first page ....................... 5.00",
            "Use of public ground for a market stall, per day . 12.50",
            "Replacement of a library card .................... 3.00",
        ],
    ),
    (
        "tender-school-roof.pdf",
        "Call for tenders: roof of the school at the park",
        &[
            "Works: 1,450 square metres of roof, insulation, photovoltaics.",
            "Offers are opened on 15 January 2027 at 11 o'clock in the presence of the bidders.",
            "Contract documents are available without charge.",
        ],
    ),
];

const XML: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<collection year="2027" district="Nord">
  <date kind="paper">2027-01-08</date>
  <date kind="glass">2027-01-12</date>
  <date kind="organic">2027-01-14</date>
  <date kind="paper">2027-02-05</date>
  <date kind="glass">2027-02-09</date>
</collection>
"#;

const JSON: &str = r#"{
  "year": 2027,
  "holidays": [
    {"name": "winter", "first": "2027-02-01", "last": "2027-02-02"},
    {"name": "spring", "first": "2027-03-25", "last": "2027-04-06"},
    {"name": "summer", "first": "2027-07-01", "last": "2027-08-11"},
    {"name": "autumn", "first": "2027-10-11", "last": "2027-10-23"}
  ]
}
"#;
