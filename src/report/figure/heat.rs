//! A map of two axes: a field for each pair of values, the darker the larger.
//!
//! One hue from faint to full, which reads the same with any kind of colour vision, in light and
//! in dark. Every field shows its number on hovering, and prints it where there is room.

use super::scale::Measure;
use super::svg::{Anchor, Drawing, Figure, Rect, Style, measure};

const WIDTH: f64 = 720.0;
const MARGIN: f64 = 14.0;
const LEFT: f64 = 110.0;
/// Opacity of the faintest field, which still differs from one without a value.
const FAINTEST: f64 = 0.06;
/// Opacity of the fullest field, on which a number stays readable.
const FULLEST: f64 = 0.62;
const STEPS: usize = 24;

const HEADING: Style = Style::new(16.0, "bold");
const LABEL: Style = Style::new(13.0, "");
const SOFT: Style = Style::new(12.0, "soft");
const NUMBER: Style = Style::new(12.0, "");

/// The data of a map.
#[derive(Clone, Debug, PartialEq)]
pub struct Heat {
    /// Heading.
    pub title: String,
    /// Title of the horizontal axis, and its values from left to right.
    pub along: (String, Vec<String>),
    /// Title of the vertical axis, and its values from below.
    pub upwards: (String, Vec<String>),
    /// Numbers row by row from below; `None` without a value.
    pub numbers: Vec<Option<f64>>,
    /// True if the numbers are nanoseconds.
    pub time: bool,
    /// Numbers of the faintest and of the fullest shade.
    pub range: (f64, f64),
}

/// Draws the map.
#[must_use]
pub fn heat(map: &Heat) -> Figure {
    let (columns, rows) = (map.along.1.len().max(1), map.upwards.1.len().max(1));
    let unit = if map.time { Measure::Time } else { Measure::Number };
    let mut drawing = Drawing::default();
    drawing.text((MARGIN, 24.0), HEADING, &map.title, WIDTH - 2.0 * MARGIN);
    drawing.text((MARGIN, 46.0), LABEL, &format!("\u{2191} {}", map.upwards.0), WIDTH / 2.0);
    let (left, top) = (LEFT, 60.0);
    let w = (WIDTH - LEFT - 2.0 * MARGIN) / columns as f64;
    let h = (380.0 / rows as f64).clamp(4.0, 44.0);
    let (low, high) = map.range;
    let part = |value: f64| if high > low { (value - low) / (high - low) } else { 1.0 };
    for (at, number) in map.numbers.iter().enumerate() {
        let (column, row) = (at % columns, at / columns);
        let rect = Rect {
            x: left + column as f64 * w,
            y: top + (rows - 1 - row) as f64 * h,
            w: w - 1.0,
            h: h - 1.0,
        };
        let words = number.map_or("no value".to_owned(), |number| unit.words(number));
        let (across, up) = (&map.along.1[column], &map.upwards.1[row]);
        drawing.open(&format!("{} {across}, {} {up}: {words}", map.along.0, map.upwards.0));
        match number {
            Some(number) => {
                let opacity = FAINTEST + (FULLEST - FAINTEST) * part(*number).clamp(0.0, 1.0);
                drawing.rect("area s0", rect, opacity);
            }
            None => drawing.rect("chip", rect, 1.0),
        }
        if measure(&words, NUMBER) + 6.0 <= rect.w && rect.h >= 18.0 {
            let middle = (rect.x + rect.w / 2.0, rect.y + rect.h / 2.0 + 4.0);
            drawing.text(middle, NUMBER.anchored(Anchor::Middle), &words, rect.w);
        }
        drawing.close();
    }
    let bottom = top + rows as f64 * h;
    labels(&mut drawing, map, (w, h), (top, bottom));
    let y = scale(&mut drawing, unit, map.range, bottom + 56.0);
    let numbers = map.numbers.iter().flatten();
    let (least, most) =
        numbers.fold((f64::INFINITY, 0.0_f64), |(least, most), n| (least.min(*n), most.max(*n)));
    let words = match least.is_finite() {
        true => format!("From {} to {}.", unit.words(least), unit.words(most)),
        false => "No values.".to_owned(),
    };
    drawing.finish(map.title.clone(), words, (WIDTH, y + MARGIN))
}

fn labels(drawing: &mut Drawing, map: &Heat, (w, h): (f64, f64), (top, bottom): (f64, f64)) {
    let rows = map.upwards.1.len();
    let mut free = f64::INFINITY;
    for (row, words) in map.upwards.1.iter().enumerate() {
        let y = top + (rows - 1 - row) as f64 * h + h / 2.0 + 4.0;
        if y + 2.0 <= free {
            drawing.text((LEFT - 8.0, y), SOFT.anchored(Anchor::End), words, LEFT - 22.0);
            free = y - 12.0;
        }
    }
    let mut free = 0.0;
    for (column, words) in map.along.1.iter().enumerate() {
        let x = LEFT + (column as f64 + 0.5) * w;
        let half = measure(words, SOFT).min(120.0) / 2.0;
        if x - half >= free {
            drawing.text((x, bottom + 15.0), SOFT.anchored(Anchor::Middle), words, 120.0);
            free = x + half + 8.0;
        }
    }
    let right = (WIDTH - 2.0 * MARGIN, bottom + 36.0);
    let along = format!("{} \u{2192}", map.along.0);
    drawing.text(right, LABEL.anchored(Anchor::End), &along, WIDTH - LEFT);
}

/// Draws the legend of the shades.
fn scale(drawing: &mut Drawing, unit: Measure, (low, high): (f64, f64), y: f64) -> f64 {
    let w = 8.0;
    let (low, high) = (unit.words(low), unit.words(high));
    let start = LEFT + measure(&low, SOFT) + 8.0;
    drawing.text((LEFT, y + 11.0), SOFT, &low, 160.0);
    for step in 0..STEPS {
        let part = step as f64 / (STEPS - 1) as f64;
        let rect = Rect { x: start + step as f64 * w, y, w, h: 14.0 };
        drawing.rect("area s0", rect, FAINTEST + (FULLEST - FAINTEST) * part);
    }
    let end = start + STEPS as f64 * w + 8.0;
    drawing.text((end, y + 11.0), SOFT, &high, 160.0);
    y + 18.0
}
