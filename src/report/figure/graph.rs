//! A topology as boxes and arrows: calls, their layers, and their traffic.

use super::layers::{Layout, Sizes, Span, Way, layout};
use super::svg::{Anchor, Drawing, Figure, Path, Rect, Style, measure};
use crate::report::text::format;
use crate::report::topology::{Chip, Link, Node, Topology};

const MARGIN: f64 = 14.0;
const PAD: f64 = 10.0;
const CHIP_PAD: f64 = 7.0;
/// Largest inner width of a box; longer lines are cut.
const MOST_INSIDE: f64 = 204.0;
/// The same for a box with layers, whose lines are longer.
const MOST_INSIDE_WITH_LAYERS: f64 = 262.0;
const LEAST_INSIDE: f64 = 96.0;
/// Smallest width of a figure, so that its heading fits.
const LEAST_WIDTH: f64 = 480.0;
/// Most nodes that readers can follow.
const NODES: usize = 150;

const HEADING: Style = Style::new(18.0, "bold");
const SUBTITLE: Style = Style::new(13.0, "soft");
const KIND: Style = Style::new(12.0, "soft");
const NAME: Style = Style::new(14.5, "bold");
const LINE: Style = Style::new(12.5, "");
const FAULT: Style = Style::new(12.5, "bad");
const CHIP: Style = Style::new(12.5, "bold");
const CHIP_LINE: Style = Style::new(12.0, "soft");
const CHIP_NUMBERS: Style = Style::new(12.0, "");
const FLOW: Style = Style::new(12.5, "halo");
const TROUBLE: Style = Style::new(12.5, "bad halo");
const LEADING: f64 = 16.0;

/// Draws the topology of an arm.
#[must_use]
pub fn topology(scenario: &str, arm: &str, of: &Topology) -> Figure {
    let title = format!("{scenario}, arm {arm}: what it is made of");
    let mut drawing = Drawing::default();
    if of.nodes.len() > NODES {
        let count = format::count(of.nodes.len() as u64);
        let note = format!("{count} parts are too many to draw.");
        head(&mut drawing, scenario, arm, LEAST_WIDTH);
        drawing.text((MARGIN, 76.0), LINE, &note, LEAST_WIDTH - 2.0 * MARGIN);
        return drawing.finish(title, note, (LEAST_WIDTH, 92.0));
    }
    let boxes: Vec<Inside> = of.nodes.iter().map(Inside::of).collect();
    let is_sound = |link: &&Link| link.from < boxes.len() && link.to < boxes.len();
    let links: Vec<&Link> = of.links.iter().filter(is_sound).collect();
    let sizes = Sizes {
        nodes: boxes.iter().map(|inside| (inside.width, inside.height)).collect(),
        links: links.iter().map(|link| span(link)).collect(),
    };
    let mut placed = layout(&sizes);
    let width = (placed.width + 2.0 * MARGIN + 4.0).max(LEAST_WIDTH);
    let left = (width - placed.width) / 2.0;
    move_by(&mut placed, (left, 66.0));
    head(&mut drawing, scenario, arm, width);
    let heaviest = links.iter().map(|link| link.weight).max().unwrap_or(0);
    for (link, way) in links.iter().zip(&placed.links) {
        arrow(&mut drawing, link, way, heaviest);
    }
    for ((node, inside), at) in of.nodes.iter().zip(&boxes).zip(&placed.nodes) {
        inside.draw(&mut drawing, node, *at);
    }
    for (link, way) in links.iter().zip(&placed.links) {
        flow(&mut drawing, link, way);
    }
    let height = 66.0 + placed.height + MARGIN;
    drawing.finish(title, words(of, &links), (width, height))
}

fn head(drawing: &mut Drawing, scenario: &str, arm: &str, width: f64) {
    drawing.text((MARGIN, 28.0), HEADING, arm, width - 2.0 * MARGIN);
    let subtitle = format!("{scenario}: what calls what, and what went along");
    drawing.text((MARGIN, 48.0), SUBTITLE, &subtitle, width - 2.0 * MARGIN);
}

fn words(of: &Topology, links: &[&Link]) -> String {
    let node = |node: &Node| {
        let mut parts = [&node.settings[..], &node.numbers[..], &node.faults[..]].concat();
        parts.extend(node.layers.iter().flat_map(|chip| {
            let parts = [&chip.label, &chip.setting, &chip.numbers].map(String::as_str);
            let parts = parts.into_iter().filter(|part| !part.is_empty());
            [parts.collect::<Vec<_>>().join(" ")]
        }));
        let all = parts.join(", ");
        format!("{} {}{}{all}.", node.kind, node.name, if all.is_empty() { "" } else { ": " })
    };
    let link = |link: &&Link| {
        let mut parts = link.flow.clone();
        parts.extend((!link.trouble.is_empty()).then(|| link.trouble.clone()));
        let (from, to) = (&of.nodes[link.from].name, &of.nodes[link.to].name);
        let all = parts.join(", ");
        format!("{from} to {to}{}{all}.", if all.is_empty() { "" } else { ": " })
    };
    of.nodes.iter().map(node).chain(links.iter().map(link)).collect::<Vec<_>>().join(" ")
}

fn move_by(layout: &mut Layout, (dx, dy): (f64, f64)) {
    let shift = |point: &mut (f64, f64)| *point = (point.0 + dx, point.1 + dy);
    layout.nodes.iter_mut().for_each(shift);
    for way in &mut layout.links {
        let (Way::Forward { points, label } | Way::Back { points, label }) = way;
        points.iter_mut().for_each(shift);
        shift(label);
    }
}

/// Size of the inside of a box.
struct Inside {
    width: f64,
    height: f64,
}

impl Inside {
    fn of(node: &Node) -> Self {
        let mut widest: f64 = LEAST_INSIDE;
        let mut take = |text: &str, style: Style, more: f64| {
            widest = widest.max(measure(text, style) + more);
        };
        take(&node.kind, KIND, 0.0);
        take(&node.name, NAME, 0.0);
        for line in node.settings.iter().chain(&node.numbers).chain(&node.faults) {
            take(line, LINE, 0.0);
        }
        for chip in &node.layers {
            take(&chip.label, CHIP, 2.0 * CHIP_PAD);
            take(&chip.setting, CHIP_LINE, 2.0 * CHIP_PAD);
            take(&chip.numbers, CHIP_NUMBERS, 2.0 * CHIP_PAD);
        }
        let lines = node.settings.len() + node.numbers.len() + node.faults.len();
        let chips: f64 = node.layers.iter().map(|chip| chip_height(chip) + 6.0).sum();
        let chips = if node.layers.is_empty() { 0.0 } else { chips + 4.0 };
        let height = 46.0 + lines as f64 * LEADING + chips + if lines > 0 { 4.0 } else { 0.0 };
        let most = match node.layers.is_empty() {
            true => MOST_INSIDE,
            false => MOST_INSIDE_WITH_LAYERS,
        };
        Self { width: widest.min(most) + 2.0 * PAD, height: height + 4.0 }
    }

    fn draw(&self, drawing: &mut Drawing, node: &Node, (x, y): (f64, f64)) {
        let rect = Rect { x, y, w: self.width, h: self.height };
        drawing.rounded("box", rect, 6.0);
        if !node.faults.is_empty() {
            drawing.rect("fault", Rect { x, y: y + 6.0, w: 4.0, h: self.height - 12.0 }, 1.0);
        }
        let most = self.width - 2.0 * PAD;
        let left = x + PAD;
        drawing.text((left, y + 18.0), KIND, &node.kind, most);
        drawing.text((left, y + 36.0), NAME, &node.name, most);
        let mut below = y + 42.0;
        let mut line = |drawing: &mut Drawing, style, text: &str| {
            below += LEADING;
            drawing.text((left, below - 1.0), style, text, most);
        };
        node.settings.iter().for_each(|text| line(drawing, KIND, text));
        node.numbers.iter().for_each(|text| line(drawing, LINE, text));
        node.faults.iter().for_each(|text| line(drawing, FAULT, text));
        below += 8.0;
        for chip in &node.layers {
            let h = chip_height(chip);
            drawing.open(&chip.all);
            drawing.rounded("chip", Rect { x: left, y: below, w: most, h }, 4.0);
            let (inside, mut y) = (most - 2.0 * CHIP_PAD, below + 15.0);
            for (style, text) in chip_lines(chip) {
                drawing.text((left + CHIP_PAD, y), style, text, inside);
                y += LEADING - 1.0;
            }
            drawing.close();
            below += h + 6.0;
        }
    }
}

fn chip_lines(chip: &Chip) -> impl Iterator<Item = (Style, &str)> {
    let lines = [(CHIP, &*chip.label), (CHIP_LINE, &*chip.setting), (CHIP_NUMBERS, &*chip.numbers)];
    lines.into_iter().filter(|(_, text)| !text.is_empty())
}

fn chip_height(chip: &Chip) -> f64 {
    7.0 + chip_lines(chip).count() as f64 * (LEADING - 1.0)
}

/// Size of a link's label: traffic above the line, trouble below.
fn span(link: &Link) -> Span {
    let texts = link.flow.iter().chain([&link.trouble]);
    let widest = texts.map(|text| measure(text, FLOW)).fold(0.0, f64::max);
    let trouble = if link.trouble.is_empty() { 0.0 } else { LEADING + 2.0 };
    let line = link.flow.len() as f64 * LEADING + 5.0;
    let (from, to) = (link.from, link.to);
    Span { from, to, width: widest.min(MOST_INSIDE), height: line + trouble, line }
}

fn arrow(drawing: &mut Drawing, link: &Link, way: &Way, heaviest: u64) {
    let part = match heaviest {
        0 => 0.0,
        most => link.weight as f64 / most as f64,
    };
    let width = super::svg::number(1.2 + 3.0 * part);
    let mut path = Path::default();
    let (points, tip) = match way {
        Way::Forward { points, .. } | Way::Back { points, .. } => (points, points.last()),
    };
    let (Some(&first), Some(&tip)) = (points.first(), tip) else { return };
    let before = points[points.len().saturating_sub(2)];
    // Arrows arrive from the left; those of links back may arrive from below.
    let from_below = matches!(way, Way::Back { .. }) && before.1 > tip.1 && before.0 == tip.0;
    let end = if from_below { (tip.0, tip.1 + 8.0) } else { (tip.0 - 8.0, tip.1) };
    path.to('M', &[first.0, first.1]);
    match way {
        Way::Forward { .. } => {
            for pair in points.windows(2) {
                let to = if pair[1] == tip { end } else { pair[1] };
                let middle = f64::midpoint(pair[0].0, to.0);
                path.to('C', &[middle, pair[0].1, middle, to.1, to.0, to.1]);
            }
        }
        Way::Back { .. } => corners(&mut path, points, end),
    }
    drawing.path("edge", &path, &format!(" stroke-width=\"{width}\""));
    let mut head = Path::default();
    head.to('M', &[tip.0, tip.1]);
    let (a, b) = if from_below {
        ((tip.0 - 5.0, tip.1 + 10.0), (tip.0 + 5.0, tip.1 + 10.0))
    } else {
        ((tip.0 - 10.0, tip.1 - 5.0), (tip.0 - 10.0, tip.1 + 5.0))
    };
    head.to('L', &[a.0, a.1]);
    head.to('L', &[b.0, b.1]);
    head.close();
    drawing.path("head", &head, "");
}

/// Straight lines with round corners.
fn corners(path: &mut Path, points: &[(f64, f64)], end: (f64, f64)) {
    const RADIUS: f64 = 8.0;
    let towards = |(x, y): (f64, f64), (tx, ty): (f64, f64)| {
        let (dx, dy): (f64, f64) = (tx - x, ty - y);
        let length = dx.abs() + dy.abs();
        let step = if length > 0.0 { RADIUS.min(length / 2.0) / length } else { 0.0 };
        (x + dx * step, y + dy * step)
    };
    for three in points.windows(3) {
        let (into, out) = (towards(three[1], three[0]), towards(three[1], three[2]));
        path.to('L', &[into.0, into.1]);
        path.to('Q', &[three[1].0, three[1].1, out.0, out.1]);
    }
    path.to('L', &[end.0, end.1]);
}

fn flow(drawing: &mut Drawing, link: &Link, way: &Way) {
    let (Way::Forward { label, .. } | Way::Back { label, .. }) = way;
    let mut y = label.1 + LEADING - 4.0;
    for text in &link.flow {
        drawing.text((label.0, y), FLOW.anchored(Anchor::Middle), text, MOST_INSIDE);
        y += LEADING;
    }
    if !link.trouble.is_empty() {
        let style = TROUBLE.anchored(Anchor::Middle);
        drawing.text((label.0, y + 9.0), style, &link.trouble, MOST_INSIDE);
    }
}
