//! Where everything stands on the paper. Pure: it knows nothing of PDF, and measures are points
//! (1/72 inch) from the upper left corner.

use super::letters::{Face, Letters};
use super::words::{Facts, Language};

const MM: f32 = 72.0 / 25.4;
const PAGE: (f32, f32) = (210.0 * MM, 297.0 * MM);
const LEFT: f32 = 25.0 * MM;
const RIGHT: f32 = 190.0 * MM;
const TOP: f32 = 22.0 * MM;
const BOTTOM: f32 = 279.0 * MM;
/// The code with its quiet zone, and the column beside it.
const CODE: f32 = 58.0 * MM;
const COLUMN: f32 = RIGHT - LEFT - CODE - 8.0 * MM;
const STAMP: (f32, f32) = (60.0 * MM, 35.0 * MM);

/// What a block is, for a reader that does not see the paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Title,
    Heading,
    Paragraph,
}

/// A line of text; `y` is its base line.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub x: f32,
    pub y: f32,
    pub size: f32,
    pub face: Face,
    /// 0 is black, 255 white.
    pub grey: u8,
    pub text: String,
}

/// What stands on a page, in the order in which it is read.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    Block {
        role: Role,
        lines: Vec<Line>,
    },
    /// The code with its quiet zone: corner and side.
    Code {
        x: f32,
        y: f32,
        side: f32,
    },
    /// A filled rectangle that says nothing.
    Fill {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
        grey: u8,
    },
}

/// A page.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    pub width: f32,
    pub height: f32,
    pub items: Vec<Item>,
}

/// A style of text.
#[derive(Clone, Copy)]
struct Style {
    size: f32,
    face: Face,
    grey: u8,
}

const TITLE: Style = Style { size: 22.0, face: Face::Medium, grey: 0 };
const HEADING: Style = Style { size: 12.0, face: Face::Medium, grey: 0 };
const LABEL: Style = Style { size: 8.5, face: Face::Regular, grey: 85 };
const VALUE: Style = Style { size: 11.0, face: Face::Regular, grey: 0 };
const TEXT: Style = Style { size: 10.0, face: Face::Regular, grey: 0 };
const STRONG: Style = Style { size: 10.5, face: Face::Medium, grey: 0 };
const SMALL: Style = Style { size: 7.5, face: Face::Regular, grey: 85 };

impl Style {
    fn leading(self) -> f32 {
        self.size * 1.32
    }
}

/// Puts blocks below each other and begins a new page when one is full.
struct Flow<'a> {
    letters: &'a Letters,
    pages: Vec<Page>,
    y: f32,
}

impl Flow<'_> {
    fn begin(&mut self) {
        let (width, height) = PAGE;
        self.pages.push(Page { width, height, items: Vec::new() });
        self.y = TOP;
    }

    fn push(&mut self, item: Item) {
        if let Some(page) = self.pages.last_mut() {
            page.items.push(item);
        }
    }

    /// The lines of some texts below each other, the first at `y`, and where they end.
    fn lines(&self, x: f32, y: f32, width: f32, texts: &[(Style, &str)]) -> (Vec<Line>, f32) {
        let (mut lines, mut y) = (Vec::new(), y);
        for (left, &(style, text)) in (0..texts.len()).rev().zip(texts) {
            let mut text = self.letters.printable(text);
            if left > 0 && !text.ends_with(' ') {
                // Who does not see that a line ends here hears two words.
                text.push(' ');
            }
            for text in self.letters.wrap(style.face, style.size, width, &text) {
                let (size, face, grey) = (style.size, style.face, style.grey);
                lines.push(Line { x, y: y + style.size, size, face, grey, text });
                y += style.leading();
            }
        }
        (lines, y)
    }

    /// A block, whole on this page or on the next.
    fn block(&mut self, role: Role, x: f32, width: f32, texts: &[(Style, &str)], after: f32) {
        let (_, end) = self.lines(x, self.y, width, texts);
        if end > BOTTOM {
            self.begin();
        }
        let (lines, end) = self.lines(x, self.y, width, texts);
        self.push(Item::Block { role, lines });
        self.y = end + after;
    }
}

/// A whole sheet.
pub fn sheet(letters: &Letters, facts: &Facts, language: Language) -> Vec<Page> {
    let fixed = language.fixed();
    let mut flow = Flow { letters, pages: Vec::new(), y: 0.0 };
    flow.begin();
    flow.block(Role::Title, LEFT, RIGHT - LEFT, &[(TITLE, fixed.title)], 1.0 * MM);
    flow.block(Role::Paragraph, LEFT, RIGHT - LEFT, &[(TEXT, fixed.lead)], 5.0 * MM);
    let (code, top) = (RIGHT - CODE, flow.y);
    flow.push(Item::Code { x: code, y: top, side: CODE });
    let caption = fixed.scan;
    let inset = (CODE - letters.width(LABEL.face, LABEL.size, caption)) / 2.0;
    let (lines, below) = flow.lines(code + inset, top + CODE, CODE, &[(LABEL, caption)]);
    flow.push(Item::Block { role: Role::Paragraph, lines });
    for section in language.sections(facts) {
        flow.block(Role::Heading, LEFT, COLUMN, &[(HEADING, section.heading)], 1.2 * MM);
        for (label, value) in &section.rows {
            let texts = [(LABEL, label.as_str()), (VALUE, value.as_str())];
            flow.block(Role::Paragraph, LEFT, COLUMN, &texts, 1.6 * MM);
        }
        flow.y += 2.6 * MM;
    }
    if flow.pages.len() == 1 {
        flow.y = flow.y.max(below + 6.0 * MM);
    }
    warning(&mut flow, fixed.warning);
    flow.block(Role::Heading, LEFT, RIGHT - LEFT, &[(HEADING, fixed.how)], 1.2 * MM);
    let commands = [facts.address.as_str(), "", "beleg verify"];
    for (number, (step, command)) in (1..).zip(fixed.steps.iter().zip(commands)) {
        let step = format!("{number}. {step}");
        let texts: &[(Style, &str)] = match command {
            "" => &[(TEXT, &step)],
            command => &[(TEXT, &step), (STRONG, command)],
        };
        flow.block(Role::Paragraph, LEFT, RIGHT - LEFT, texts, 1.6 * MM);
    }
    flow.y += 3.0 * MM;
    let place: Vec<(Style, &str)> = facts.place.iter().map(|line| (SMALL, line.as_str())).collect();
    flow.block(Role::Paragraph, LEFT, RIGHT - LEFT, &place, 0.0);
    flow.pages
}

/// The sentence that nobody may miss, on a grey ground.
fn warning(flow: &mut Flow<'_>, [first, second]: [&str; 2]) {
    let (pad, width) = (3.5 * MM, RIGHT - LEFT);
    let texts = [(STRONG, first), (TEXT, second)];
    let height = flow.lines(0.0, 0.0, width - 2.0 * pad, &texts).1 + 2.0 * pad - 2.0;
    if flow.y + height > BOTTOM {
        flow.begin();
    }
    let y = flow.y;
    flow.push(Item::Fill { x: LEFT, y, width, height, grey: 236 });
    flow.push(Item::Fill { x: LEFT, y, width: 1.2 * MM, height, grey: 60 });
    flow.y += pad;
    flow.block(Role::Paragraph, LEFT + pad, width - 2.0 * pad, &texts, 0.0);
    flow.y = y + height + 6.0 * MM;
}

/// A small area to be put on a page of the office's own; none if the address does not fit.
pub fn stamp(letters: &Letters, facts: &Facts, language: Language) -> Option<Vec<Page>> {
    let [name, check, alone] = language.fixed().stamp;
    let (width, height) = STAMP;
    let (side, margin) = (33.0 * MM, 1.0 * MM);
    let x = side + margin;
    let column = width - x - 1.5 * MM;
    let text = |size, face, grey| Style { size, face, grey };
    let address = facts.address.split_once("://").map_or("", |(_, rest)| rest);
    let texts = [
        (text(7.5, Face::Medium, 0), name),
        (text(6.5, Face::Regular, 0), check),
        (text(6.5, Face::Medium, 0), address.trim_end_matches('/')),
        (text(6.0, Face::Regular, 60), alone),
    ];
    let flow = Flow { letters, pages: Vec::new(), y: 0.0 };
    let tall = flow.lines(0.0, 0.0, column, &texts).1;
    if tall > height - 2.0 * margin {
        return None;
    }
    let y = (height - tall) / 2.0;
    let (lines, _) = flow.lines(x, y, column, &texts);
    let code = Item::Code { x: margin, y: margin, side };
    let items = vec![code, Item::Block { role: Role::Paragraph, lines }];
    Some(vec![Page { width, height, items }])
}

/// The side of the code on these pages.
pub fn code_side(pages: &[Page]) -> f32 {
    let sides = pages.iter().flat_map(|page| &page.items).filter_map(|item| match item {
        Item::Code { side, .. } => Some(*side),
        _ => None,
    });
    sides.fold(0.0, f32::max)
}
