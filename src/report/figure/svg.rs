//! Writing SVG: a drawing grows element by element, and every text in it is escaped here.
//!
//! This module knows no figure. A drawing has no script, identifier, reference or colour, so that
//! one page can hold any number of drawings. Coordinates are rounded to a tenth; they are the same
//! on every machine, because they come from additions, products and portable logarithms alone.

use std::fmt::Write as _;

use super::text::{cut, width};
use super::theme;

/// A finished figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// Title, in a few words.
    pub title: String,
    /// Text alternative, with numbers.
    pub words: String,
    /// Natural width in CSS pixels; the figure scales.
    pub width: f64,
    /// Natural height in CSS pixels.
    pub height: f64,
    body: String,
}

impl Figure {
    /// The figure as a file, with its own colours for light, dark and paper.
    #[must_use]
    pub fn file(&self) -> String {
        let style = theme::style();
        let rest = format!("<style>\n{style}</style>\n{}", self.body);
        format!("{}{rest}</svg>\n", self.head("xmlns=\"http://www.w3.org/2000/svg\" "))
    }

    /// The figure as an element of a page that has [`theme::style`] once.
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

/// Alignment of a text to its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// Style of a text.
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
    /// Draws text with its baseline at `y`, cut to `most`; the whole text shows on hovering.
    pub(super) fn text(&mut self, (x, y): (f64, f64), style: Style, text: &str, most: f64) {
        // Tolerance of rounding: a text must fit a place sized by its own measure.
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

    /// Draws a rectangle; an opacity of 1 is not written.
    pub(super) fn rect(&mut self, class: &str, rect: Rect, opacity: f64) {
        self.push(&format!("<rect class=\"{class}\"{}{}/>\n", rect.attributes(), faint(opacity)));
    }

    /// Draws a rectangle with round corners.
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

    /// Ends the group.
    pub(super) fn close(&mut self) {
        self.push("</g>\n");
    }

    fn push(&mut self, text: &str) {
        self.body.push_str(text);
    }

    /// The finished drawing on its background.
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

/// A coordinate, rounded to a tenth. A value that is not finite would be a defect and is not
/// printed as `NaN`.
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

/// Escapes a text for character data and double quotes; characters that XML cannot hold are
/// replaced.
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

/// Width of `text` in the widest font that is likely to be used.
pub(super) fn measure(text: &str, style: Style) -> f64 {
    width(text, style.size, style.is_bold())
}
