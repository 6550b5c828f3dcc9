//! A layout as PDF/A-2a: fonts inside, text that can be copied, searched and read aloud. No clock
//! and no randomness, so that the same layout gives the same bytes: the date that the standard asks
//! for is the proven time of what is printed.

use super::code::{Code, QUIET};
use super::layout::{Item, Line, Page, Role};
use super::letters::Letters;
use krilla::SerializeSettings;
use krilla::color::luma;
use krilla::configure::{Archival, ConfigurationBuilder};
use krilla::error::KrillaError;
use krilla::geom::{Path, PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule};
use krilla::surface::Surface;
use krilla::tagging::{ArtifactType, ContentTag, Node, SpanTag, Tag, TagGroup, TagTree, kind};
use proto::hash::Timestamp;
use proto::time::Date;
use std::num::NonZeroU16;

/// What a PDF says about itself.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    pub title: &'a str,
    pub language: &'a str,
    pub dated: Timestamp,
    /// What the code is, for a reader that does not see it.
    pub alternative: &'a str,
}

/// Writes the pages.
pub fn write(
    letters: &Letters,
    pages: &[Page],
    code: &Code,
    about: About<'_>,
) -> Result<Vec<u8>, KrillaError> {
    let configuration = ConfigurationBuilder::new().with_archival_validator(Archival::A2_A);
    let settings = SerializeSettings {
        configuration: configuration.finish().expect("one standard does not contradict itself"),
        enable_tagging: true,
        ..SerializeSettings::default()
    };
    let mut document = krilla::Document::new_with(settings);
    let mut tree = TagTree::new().with_lang(Some(about.language.to_owned()));
    for page in pages {
        let size = PageSettings::from_wh(page.width, page.height);
        let mut sheet = document.start_page_with(size.expect("the sizes of pages are positive"));
        let mut surface = sheet.surface();
        for item in &page.items {
            draw(&mut surface, letters, item, code, about, &mut tree);
        }
        surface.finish();
        sheet.finish();
    }
    document.set_tag_tree(tree);
    let metadata = Metadata::new()
        .title(about.title.to_owned())
        .language(about.language.to_owned())
        .producer("beleg-issuer".to_owned())
        .creation_date(date(about.dated));
    document.set_metadata(metadata);
    document.finish()
}

fn date(time: Timestamp) -> DateTime {
    let part = |seconds: u64, of: u64| u8::try_from(time.0 / seconds % of).unwrap_or(0);
    let date = Date::of(time).map_or(DateTime::new(9999), |date| {
        DateTime::new(date.year()).month(date.month()).day(date.day())
    });
    date.hour(part(3600, 24)).minute(part(60, 60)).second(part(1, 60)).utc_offset_hour(0)
}

fn draw(
    surface: &mut Surface<'_>,
    letters: &Letters,
    item: &Item,
    code: &Code,
    about: About<'_>,
    tree: &mut TagTree,
) {
    match item {
        Item::Block { role, lines } => {
            let content = surface.start_tagged(ContentTag::Span(SpanTag::empty()));
            lines.iter().for_each(|line| text(surface, letters, line));
            surface.end_tagged();
            tree.push(group(*role, lines, content.into()));
        }
        Item::Code { x, y, side } => {
            let content = surface.start_tagged(ContentTag::Other);
            fill(surface, 0);
            draw_path(surface, modules(code, *x, *y, *side));
            surface.end_tagged();
            let figure: Tag<kind::Figure> = Tag::Figure(Some(about.alternative.to_owned()));
            tree.push(TagGroup::with_children(figure, vec![content.into()]));
        }
        Item::Fill { x, y, width, height, grey } => {
            surface.start_tagged(ContentTag::Artifact(krilla::tagging::Artifact::with_kind(
                ArtifactType::Layout,
            )));
            fill(surface, *grey);
            let mut path = PathBuilder::new();
            Rect::from_xywh(*x, *y, *width, *height).into_iter().for_each(|r| path.push_rect(r));
            draw_path(surface, path.finish());
            surface.end_tagged();
        }
    }
}

fn group(role: Role, lines: &[Line], content: Node) -> TagGroup {
    let level = |n| NonZeroU16::new(n).unwrap_or(NonZeroU16::MIN);
    let title = || Some(lines.iter().map(|line| line.text.as_str()).collect::<String>());
    match role {
        Role::Title => TagGroup::with_children(Tag::Hn(level(1), title()), vec![content]),
        Role::Heading => TagGroup::with_children(Tag::Hn(level(2), title()), vec![content]),
        Role::Paragraph => TagGroup::with_children(Tag::P, vec![content]),
    }
}

fn text(surface: &mut Surface<'_>, letters: &Letters, line: &Line) {
    fill(surface, line.grey);
    let glyphs = letters.glyphs(line.face, &line.text);
    let start = Point::from_xy(line.x, line.y);
    surface.draw_glyphs(start, &glyphs, letters.font(line.face), &line.text, line.size, false);
}

fn fill(surface: &mut Surface<'_>, grey: u8) {
    surface.set_fill(Some(Fill {
        paint: luma::Color::new(grey).into(),
        opacity: NormalizedF32::ONE,
        rule: FillRule::NonZero,
    }));
}

fn draw_path(surface: &mut Surface<'_>, path: Option<Path>) {
    path.iter().for_each(|path| surface.draw_path(path));
}

/// The dark modules, inside of their light margin.
fn modules(code: &Code, x: f32, y: f32, side: f32) -> Option<Path> {
    let number = |n: usize| u16::try_from(n).map_or(0.0, f32::from);
    let module = side / number(code.size + 2 * QUIET);
    let mut path = PathBuilder::new();
    for (row, first, count) in code.runs() {
        let (left, top) = (x + number(first + QUIET) * module, y + number(row + QUIET) * module);
        let run = Rect::from_xywh(left, top, number(count) * module, module);
        run.into_iter().for_each(|run| path.push_rect(run));
    }
    path.finish()
}
