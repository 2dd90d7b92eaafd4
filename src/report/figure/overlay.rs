//! Several runs of an arm on one time axis: goodput, retries and latency of each.
//!
//! Only numbers that every arm has are drawn, so arms with different components can be compared.

use super::panels::{class, per_second};
use super::scale::{Axis, Measure};
use super::svg::{Anchor, Drawing, Figure, Path, Rect, Style, measure};
use super::theme::LOOKS;
use crate::metrics::series::ARM;
use crate::report::result::{Series, Values};
use crate::report::text::format;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 92.0;
const MARGIN: f64 = 14.0;
/// Most bins: narrower ones hold one or two requests, and their rates are noise.
const BINS: usize = 60;

const TITLE: Style = Style::new(13.5, "bold");
const LABEL: Style = Style::new(13.0, "");
const TICK: Style = Style::new(12.0, "soft");

/// One panel: title, meter of the arm, and measure of its bins.
struct Plan {
    title: &'static str,
    meter: &'static str,
    measure: Measure,
}

const PLANS: [Plan; 3] = [
    Plan { title: "goodput per second", meter: "requests.succeeded", measure: Measure::Number },
    Plan { title: "retries per second", meter: "retries", measure: Measure::Number },
    Plan { title: "latency, p99", meter: "latency.end_to_end", measure: Measure::Time },
];

/// One run over time.
struct Run<'a> {
    name: &'a str,
    class: &'static str,
    series: Series,
}

/// Draws the runs over each other, as many as readers can distinguish, under `title`.
#[must_use]
pub fn overlay(title: &str, runs: &[(&str, &Series)]) -> Figure {
    let runs: Vec<Run<'_>> = runs
        .iter()
        .take(LOOKS)
        .enumerate()
        .map(|(at, (name, series))| Run { name, class: class(at), series: series.at_most(BINS) })
        .collect();
    let end = runs.iter().map(|run| run.series.end_ns).max().unwrap_or(0);
    let time = Axis::time(end, 6);
    let mut drawing = Drawing::default();
    let mut words = Vec::new();
    let mut y = legend(&mut drawing, &runs);
    for plan in &PLANS {
        let values: Vec<_> = runs.iter().map(|run| values(&run.series, plan)).collect();
        let most = values.iter().flatten().flatten().copied().fold(0.0, f64::max);
        let axis = Axis::linear(most, 2, plan.measure);
        words.push(description(plan, &runs, &values));
        y = panel(&mut drawing, (plan, &axis, &time), &runs, (&values, y));
    }
    for (value, label) in &time.ticks {
        let x = X + W * time.at(*value);
        drawing.line("axis", (x, y), (x, y + 5.0));
        let half = measure(label, TICK) / 2.0;
        let (x, anchor) = match x + half > WIDTH - 2.0 {
            true => (WIDTH - 2.0, Anchor::End),
            false => (x, Anchor::Middle),
        };
        drawing.text((x, y + 19.0), TICK.anchored(anchor), label, W);
    }
    drawing.finish(title.to_owned(), words.join(" "), (WIDTH, y + 28.0))
}

/// Left edge and width of the plots.
const X: f64 = MARGIN + 72.0;
const W: f64 = WIDTH - X - MARGIN - 4.0;

fn legend(drawing: &mut Drawing, runs: &[Run<'_>]) -> f64 {
    let (mut x, mut y) = (MARGIN, 22.0);
    for run in runs {
        let width = (34.0 + measure(run.name, LABEL)).min(WIDTH - 2.0 * MARGIN);
        if x + width > WIDTH - MARGIN && x > MARGIN {
            (x, y) = (MARGIN, y + 19.0);
        }
        let middle = y - 4.5;
        drawing.line(&format!("line {}", run.class), (x, middle), (x + 26.0, middle));
        drawing.text((x + 34.0, y), LABEL, run.name, WIDTH - MARGIN - x - 34.0);
        x += width + 18.0;
    }
    y
}

/// One value for each bin; none without the column.
fn values(series: &Series, plan: &Plan) -> Vec<Option<f64>> {
    match series.column(ARM, plan.meter).map(|column| &column.values) {
        Some(Values::Counts(counts)) => per_second(series, counts, 1e9),
        Some(values @ Values::Latencies(_)) => {
            (0..series.bins).map(|bin| values.quantile(bin, 0.99).map(|ns| ns as f64)).collect()
        }
        _ => Vec::new(),
    }
}

fn description(plan: &Plan, runs: &[Run<'_>], values: &[Vec<Option<f64>>]) -> String {
    let most = runs.iter().zip(values).map(|(run, values)| {
        let most = values.iter().flatten().copied().reduce(f64::max);
        let most = most.map_or(format::NO_VALUE.to_owned(), |most| plan.measure.words(most));
        format!("{} at most {most}", run.name)
    });
    format!("{}: {}.", plan.title, most.collect::<Vec<_>>().join(", "))
}

fn panel(
    drawing: &mut Drawing,
    (plan, axis, time): (&Plan, &Axis, &Axis),
    runs: &[Run<'_>],
    (values, y): (&[Vec<Option<f64>>], f64),
) -> f64 {
    let y = y + 27.0;
    drawing.text((MARGIN, y), TITLE, plan.title, W);
    let body = Rect { x: X, y: y + 13.0, w: W, h: HEIGHT };
    for (value, words) in &axis.ticks {
        let y = body.bottom() - body.h * axis.at(*value);
        drawing.line("rule", (body.x, y), (body.right(), y));
        let style = TICK.anchored(Anchor::End);
        drawing.text((body.x - 6.0, y + 4.0), style, words, body.x - MARGIN);
    }
    for (run, values) in runs.iter().zip(values) {
        let path = steps(&run.series, values, (axis, time), body);
        drawing.path(&format!("line {}", run.class), &path, "");
    }
    drawing.line("axis", (body.x, body.bottom()), (body.right(), body.bottom()));
    body.bottom()
}

/// One step for each bin; a missing value leaves a gap.
fn steps(
    series: &Series,
    values: &[Option<f64>],
    (axis, time): (&Axis, &Axis),
    body: Rect,
) -> Path {
    let mut path = Path::default();
    let mut open = false;
    for (bin, value) in values.iter().enumerate() {
        let Some(value) = value else {
            open = false;
            continue;
        };
        let at = |ns: u64| body.x + body.w * time.at(ns as f64);
        let y = body.bottom() - body.h * axis.at(*value);
        match open {
            true => path.to('V', &[y]),
            false => path.to('M', &[at(series.start_of(bin)), y]),
        }
        path.to('H', &[at(series.end_of(bin))]);
        open = true;
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::meter::Meter;
    use crate::metrics::series::Column;

    static SUCCEEDED: Meter = Meter::new("requests.succeeded", "requests succeeded");

    fn series(counts: &[u64]) -> Series {
        Series {
            bin_ns: 1_000_000_000,
            end_ns: 1_000_000_000 * counts.len() as u64,
            bins: counts.len(),
            columns: vec![Column {
                node: ARM,
                component: String::new(),
                kind: "arm",
                meter: &SUCCEEDED,
                values: Values::Counts(counts.to_vec()),
            }],
        }
    }

    #[test]
    fn runs_share_both_axes() {
        let (short, long) = (series(&[10, 10]), series(&[20, 20, 0, 20]));
        let figure = overlay("two", &[("a <b>", &short), ("c", &long)]);
        assert!(figure.words.starts_with("goodput per second: a <b> at most 10, c at most 20."));
        let svg = figure.file();
        assert!(svg.contains("a &lt;b&gt;") && !svg.contains("<b>"), "{svg}");
        // Half as long and half as high as the other.
        let paths: Vec<&str> = svg.lines().filter(|line| line.starts_with("<path")).collect();
        let middle = X + W / 2.0;
        assert_eq!(paths.len(), 2, "{svg}");
        let ends =
            |path: &str, x: f64| path.contains(&format!("H{}\"", super::super::svg::number(x)));
        assert!(ends(paths[0], middle) && ends(paths[1], X + W), "{paths:?}");
    }

    #[test]
    fn nothing_is_drawn_of_nothing() {
        let empty = Series { bins: 0, end_ns: 0, bin_ns: 1, columns: Vec::new() };
        let figure = overlay("none", &[("a", &empty)]);
        assert_eq!(figure.words.matches("at most -").count(), PLANS.len());
        assert!(!figure.file().contains("<path"));
    }
}
