//! A paper as PDF: lines of text, tables and strokes on A4 pages with a footer. What the built-in fonts lack (Hindi) is drawn
//! as dots by the printers' fonts. Knows no store.

use device_drivers::printer::ink::Ink;
use device_drivers::printer::script::{self, Weight};
use device_drivers::printer::text::fold;
use pdf_writer::{Content, Finish, Name, Pdf, Rect, Ref, Str};

/// A4 in points.
const WIDTH: f32 = 595.0;
const HEIGHT: f32 = 842.0;
/// White at every edge.
const MARGIN: f32 = 42.0;
/// Between two lines, in parts of the letters' height.
const LEADING: f32 = 1.4;
/// Dots of drawn text to a point: 288 dots an inch.
const DOTS: f32 = 4.0;
/// Of the footer.
const FOOT: f32 = 7.0;
/// Width of a sign of Courier, in parts of its height.
const SIGN: f32 = 0.6;

/// A text's face.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Face {
    /// Headings.
    Bold,
    /// Sentences.
    Plain,
    /// Tables: every sign is as wide as every other.
    Table,
}

impl Face {
    const fn name(self) -> Name<'static> {
        match self {
            Face::Bold => Name(b"B"),
            Face::Plain => Name(b"P"),
            Face::Table => Name(b"T"),
        }
    }

    const fn base(self) -> Name<'static> {
        match self {
            Face::Bold => Name(b"Helvetica-Bold"),
            Face::Plain => Name(b"Helvetica"),
            Face::Table => Name(b"Courier"),
        }
    }
}

const FACES: [Face; 3] = [Face::Bold, Face::Plain, Face::Table];

/// A paper that grows from top to bottom.
pub struct Paper {
    pages: Vec<Page>,
    y: f32,
    foot: String,
}

struct Page {
    content: Content,
    inks: Vec<Ink>,
}

impl Page {
    fn new() -> Self {
        Self { content: Content::new(), inks: Vec::new() }
    }
}

impl std::fmt::Debug for Paper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Paper").field("pages", &self.pages.len()).finish_non_exhaustive()
    }
}

/// The width between the margins, points.
pub const ROOM: f32 = WIDTH - 2.0 * MARGIN;

impl Paper {
    /// An empty paper; every page ends with `foot` and its number.
    #[must_use]
    pub fn new(foot: &str) -> Self {
        Self { pages: vec![Page::new()], y: HEIGHT - MARGIN, foot: foot.to_owned() }
    }

    /// Begins a new page unless there is still room for `height` points.
    pub fn need(&mut self, height: f32) {
        if self.y - height < MARGIN + 2.0 * FOOT {
            self.pages.push(Page::new());
            self.y = HEIGHT - MARGIN;
        }
    }

    /// White space.
    pub fn space(&mut self, height: f32) {
        self.y -= height;
    }

    /// One line of text.
    pub fn line(&mut self, face: Face, size: f32, text: &str) {
        self.row(face, size, &[(0.0, ROOM, text)]);
    }

    /// Cells side by side: where each begins, how wide it may be, and what stands in it.
    pub fn row(&mut self, face: Face, size: f32, cells: &[(f32, f32, &str)]) {
        self.need(size * LEADING);
        self.y -= size * LEADING;
        let y = self.y;
        if let Some(page) = self.pages.last_mut() {
            for (x, width, text) in cells {
                page.text(face, size, (MARGIN + x, y), *width, text);
            }
        }
    }

    /// A thin line from edge to edge.
    pub fn rule(&mut self) {
        self.y -= 2.0;
        let y = self.y;
        self.stroke(0.5, 0.6, &[(0.0, 0.0), (ROOM, 0.0)], y);
    }

    /// A frame of `height` points with curves in it. Points count from its lower left corner; `grey` is 0 for black.
    pub fn chart(&mut self, height: f32, curves: &[(f32, Vec<(f32, f32)>)]) {
        self.need(height + 4.0);
        self.y -= height + 4.0;
        let y = self.y;
        let frame = [(0.0, 0.0), (ROOM, 0.0), (ROOM, height), (0.0, height), (0.0, 0.0)];
        self.stroke(0.4, 0.7, &frame, y);
        for (grey, points) in curves {
            self.stroke(0.8, *grey, points, y);
        }
    }

    fn stroke(&mut self, width: f32, grey: f32, points: &[(f32, f32)], y: f32) {
        let (Some(page), Some((first, rest))) = (self.pages.last_mut(), points.split_first()) else { return };
        let content = &mut page.content;
        content.set_line_width(width).set_stroke_gray(grey);
        content.move_to(MARGIN + first.0, y + first.1);
        for point in rest {
            content.line_to(MARGIN + point.0, y + point.1);
        }
        content.stroke();
    }

    /// The bytes of the file.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        let (count, foot) = (self.pages.len(), std::mem::take(&mut self.foot));
        for (index, page) in self.pages.iter_mut().enumerate() {
            let number = format!("{} / {count}", index + 1);
            page.text(Face::Plain, FOOT, (MARGIN, MARGIN - FOOT), ROOM - 40.0, &foot);
            page.text(Face::Plain, FOOT, (WIDTH - MARGIN - 30.0, MARGIN - FOOT), 30.0, &number);
        }
        write(self.pages)
    }
}

impl Page {
    fn text(&mut self, face: Face, size: f32, (x, y): (f32, f32), width: f32, text: &str) {
        let Ok(plain) = fold(text) else { return self.drawn(size, (x, y), width, text) };
        let most = (width / (size * SIGN)).max(1.0) as usize;
        let kept = match face {
            Face::Table => device_drivers::printer::text::clip(&plain, most),
            Face::Bold | Face::Plain => plain,
        };
        self.content.begin_text().set_font(face.name(), size).next_line(x, y);
        self.content.show(Str(kept.as_bytes())).end_text();
    }

    /// Text of another script. What no font of ours has is shown as question marks, so that nothing is silently left out.
    fn drawn(&mut self, size: f32, (x, y): (f32, f32), width: f32, text: &str) {
        let drawn =
            |text: &str| script::set(text, (size * DOTS) as u32, Weight::Regular, (width * DOTS) as u32);
        let ink = drawn(text).or_else(|_| drawn(&text.replace(|sign: char| !sign.is_ascii(), "?")));
        let Ok(ink) = ink else { return };
        let name = format!("I{}", self.inks.len());
        let (wide, high) = (ink.width() as f32 / DOTS, ink.height() as f32 / DOTS);
        self.content.save_state().transform([wide, 0.0, 0.0, high, x, y - high * 0.28]);
        self.content.x_object(Name(name.as_bytes())).restore_state();
        self.inks.push(ink);
    }
}

/// Hands out numbers of objects.
struct Refs(i32);

impl Refs {
    fn next(&mut self) -> Ref {
        self.0 += 1;
        Ref::new(self.0)
    }
}

fn number(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

fn write(pages: Vec<Page>) -> Vec<u8> {
    let (mut pdf, mut refs) = (Pdf::new(), Refs(0));
    let (catalog, tree) = (refs.next(), refs.next());
    pdf.catalog(catalog).pages(tree);
    let faces = FACES.map(|face| (face, refs.next()));
    for (face, id) in faces {
        pdf.type1_font(id).base_font(face.base());
    }
    let ids: Vec<Ref> = pages.iter().map(|_| refs.next()).collect();
    pdf.pages(tree).kids(ids.iter().copied()).count(i32::try_from(ids.len()).unwrap_or(i32::MAX));
    for (page, id) in pages.into_iter().zip(ids) {
        let content = refs.next();
        let inks: Vec<(String, Ref)> =
            (0..page.inks.len()).map(|index| (format!("I{index}"), refs.next())).collect();
        let mut object = pdf.page(id);
        object.parent(tree).media_box(Rect::new(0.0, 0.0, WIDTH, HEIGHT)).contents(content);
        let mut resources = object.resources();
        let mut fonts = resources.fonts();
        for (face, id) in faces {
            fonts.pair(face.name(), id);
        }
        fonts.finish();
        let mut images = resources.x_objects();
        for (name, id) in &inks {
            images.pair(Name(name.as_bytes()), *id);
        }
        images.finish();
        resources.finish();
        object.finish();
        pdf.stream(content, &page.content.finish());
        for (ink, (_, id)) in page.inks.iter().zip(&inks) {
            let mut image = pdf.image_xobject(*id, ink.bytes());
            image.width(number(ink.width())).height(number(ink.height()));
            // A stencil: a set bit is painted.
            image.image_mask(true).bits_per_component(1).decode([1.0, 0.0]);
        }
    }
    pdf.finish()
}
