//! Writing SVG: a drawing grows element by element, and every text in it is escaped here.
//!
//! Knows no figure. A drawing has no script, no identifier, no reference and no colour, so that any
//! number of them can stand in one page. Coordinates are rounded to a tenth, which is the same on
//! every machine because they come from additions, products and portable logarithms alone.

use std::fmt::Write as _;

use super::text::{cut, width};
use super::theme;

/// A finished figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// What it shows, in a few words.
    pub title: String,
    /// The same in numbers, for whoever cannot see it.
    pub words: String,
    /// Natural width, in CSS pixels; it scales.
    pub width: f64,
    /// Natural height.
    pub height: f64,
    body: String,
}

impl Figure {
    /// As a file: with its own colours for light, dark and paper.
    #[must_use]
    pub fn file(&self) -> String {
        let style = theme::style();
        let rest = format!("<style>\n{style}</style>\n{}", self.body);
        format!("{}{rest}</svg>\n", self.head("xmlns=\"http://www.w3.org/2000/svg\" "))
    }

    /// As an element of a page that holds [`theme::style`] once.
    #[must_use]
    pub fn element(&self) -> String {
        format!("{}{}</svg>", self.head(""), self.body)
    }

    fn head(&self, namespace: &str) -> String {
        let (width, height) = (length(self.width), length(self.height));
        let (title, words) = (escape(&self.title), escape(&self.words));
        format!(
            "<svg {namespace}class=\"dessim-figure\" role=\"img\" width=\"{width}\" \
             height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n<title>{title}</title>\n\
             <desc>{words}</desc>\n"
        )
    }
}

/// A drawing in the making.
#[derive(Debug, Default)]
pub(super) struct Drawing {
    body: String,
}

/// Where a text stands beside its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// How a text is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    pub(super) size: f64,
    pub(super) class: &'static str,
    pub(super) anchor: Anchor,
}

impl Style {
    pub(super) const fn new(size: f64, class: &'static str) -> Self {
        Self { size, class, anchor: Anchor::Start }
    }

    pub(super) const fn anchored(self, anchor: Anchor) -> Self {
        Self { anchor, ..self }
    }

    pub(super) fn is_bold(&self) -> bool {
        self.class.contains("bold")
    }
}

impl Drawing {
    /// Text with its baseline at `y`, cut to `most`; the whole of it shows on hovering.
    pub(super) fn text(&mut self, (x, y): (f64, f64), style: Style, text: &str, most: f64) {
        // What was measured must fit where its measure was taken for the size.
        let shown = cut(text, most + 0.05, style.size, style.is_bold());
        let anchor = match style.anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let class = if style.class.is_empty() {
            String::new()
        } else {
            format!(" class=\"{}\"", style.class)
        };
        let (x, y, size) = (number(x), number(y), number(style.size));
        let title = match shown == text {
            true => String::new(),
            false => format!("<title>{}</title>", escape(text)),
        };
        self.push(&format!(
            "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\"{class}{anchor} \
             unicode-bidi=\"isolate\">{title}{}</text>\n",
            escape(&shown)
        ));
    }

    pub(super) fn line(&mut self, class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
        let [x1, y1, x2, y2] = [x1, y1, x2, y2].map(number);
        self.push(&format!(
            "<line class=\"{class}\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"/>\n"
        ));
    }

    /// A rectangle; an opacity of 1 is not written.
    pub(super) fn rect(&mut self, class: &str, rect: Rect, opacity: f64) {
        self.push(&format!("<rect class=\"{class}\"{}{}/>\n", rect.attributes(), faint(opacity)));
    }

    /// A rectangle with round corners.
    pub(super) fn rounded(&mut self, class: &str, rect: Rect, radius: f64) {
        let radius = number(radius);
        self.push(&format!("<rect class=\"{class}\"{} rx=\"{radius}\"/>\n", rect.attributes()));
    }

    pub(super) fn circle(&mut self, class: &str, (x, y): (f64, f64), r: f64) {
        let [x, y, r] = [x, y, r].map(number);
        self.push(&format!("<circle class=\"{class}\" cx=\"{x}\" cy=\"{y}\" r=\"{r}\"/>\n"));
    }

    pub(super) fn path(&mut self, class: &str, path: &Path, rest: &str) {
        if !path.0.is_empty() {
            self.push(&format!("<path class=\"{class}\"{rest} d=\"{}\"/>\n", path.0));
        }
    }

    /// Begins a group that shows `title` on hovering.
    pub(super) fn open(&mut self, title: &str) {
        self.push(&format!("<g><title>{}</title>\n", escape(title)));
    }

    /// Ends it.
    pub(super) fn close(&mut self) {
        self.push("</g>\n");
    }

    fn push(&mut self, text: &str) {
        self.body.push_str(text);
    }

    /// The drawing on its ground.
    pub(super) fn finish(self, title: String, words: String, (w, h): (f64, f64)) -> Figure {
        let (width, height) = (w.ceil(), h.ceil());
        let mut ground = Self::default();
        ground.rect("ground", Rect { x: 0.0, y: 0.0, w: width, h: height }, 1.0);
        Figure { title, words, width, height, body: ground.body + &self.body }
    }
}

/// An opacity as an attribute.
pub(super) fn faint(opacity: f64) -> String {
    match opacity < 0.995 {
        true => format!(" opacity=\"{:.2}\"", opacity.max(0.0)),
        false => String::new(),
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rect {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) w: f64,
    pub(super) h: f64,
}

impl Rect {
    fn attributes(self) -> String {
        let [x, y, w, h] = [self.x, self.y, self.w, self.h].map(number);
        format!(" x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\"")
    }

    pub(super) fn right(self) -> f64 {
        self.x + self.w
    }

    pub(super) fn bottom(self) -> f64 {
        self.y + self.h
    }
}

/// The data of a path.
#[derive(Debug, Default)]
pub(super) struct Path(String);

impl Path {
    pub(super) fn to(&mut self, command: char, numbers: &[f64]) {
        self.0.push(command);
        for (at, value) in numbers.iter().enumerate() {
            let gap = if at == 0 { "" } else { " " };
            let _ = write!(self.0, "{gap}{}", number(*value));
        }
    }

    pub(super) fn close(&mut self) {
        self.0.push('Z');
    }

    pub(super) fn data(&self) -> &str {
        &self.0
    }
}

/// A coordinate: a tenth is finer than any screen shows. What is no number would be a mistake
/// here, and must not reach a reader as `NaN`.
pub(super) fn number(value: f64) -> String {
    assert!(value.is_finite(), "coordinates are numbers");
    let tenths = (value * 10.0).round() as i64;
    let sign = if tenths < 0 { "-" } else { "" };
    match tenths.abs() % 10 {
        0 => format!("{sign}{}", tenths.abs() / 10),
        rest => format!("{sign}{}.{rest}", tenths.abs() / 10),
    }
}

fn length(value: f64) -> String {
    number(value.max(1.0))
}

/// A text as character data or in double quotes. What XML has no place for is replaced.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push('\n'),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            other if other.is_control() => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}

/// The space that `text` takes, in the widest font that is likely to be used.
pub(super) fn measure(text: &str, style: Style) -> f64 {
    width(text, style.size, style.is_bold())
}
