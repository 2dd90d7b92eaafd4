//! A comparison of systems as a page of plain text.

use super::{Against, Comparison, Contest, MetricContrast, Ranking, RequestContrast, Variant};
use crate::metrics::names::Kind;
use crate::report::runs::notes::Notes;
use crate::report::runs::page::printed;
use crate::report::text::format::{NO_VALUE, count, cut, number, time};
use crate::report::text::table::{lines, paragraph};
use crate::statistics::summary::Summary;
use crate::statistics::validity::NoInterval;

/// Longest name of a variant, in columns.
const NAME: usize = 40;

/// The comparison as plain text.
#[must_use]
pub fn text(comparison: &Comparison) -> String {
    let (first, last) = comparison.seeds;
    let seeds = match first == last {
        true => format!("seed {first}"),
        false => format!("seeds {first}..{last}"),
    };
    let runs = count(comparison.runs as u64);
    let mut text = format!(
        "{seeds}: {runs} {} of each, paired by seed and by request\ndessim {} (model {})\n",
        if comparison.runs == 1 { "run" } else { "runs" },
        comparison.dessim,
        comparison.model
    );
    let mut notes = Notes::default();
    for field in &comparison.fields {
        text.push('\n');
        if let Some(name) = &field.name {
            let same = if field.is_same() { ": the same in every run" } else { "" };
            text.push_str(&format!("arm {}{same}\n", cut(name, NAME)));
            if field.is_same() {
                continue;
            }
        }
        let digests = || field.variants.iter().map(|variant| variant.digest);
        let one = digests().all(|digest| digest == field.variants[0].digest);
        for (at, variant) in field.variants.iter().enumerate() {
            text.push_str(&head(at, variant, !one));
        }
        text.push('\n');
        text.push_str(&table(field, &mut notes));
        text.push('\n');
        for (at, requests) in field.requests.iter().enumerate() {
            text.push_str(&pairs(at + 1, requests, &mut notes));
        }
        if let Some(ranking) = &field.ranking {
            text.push_str(&ranks(field, ranking));
        }
    }
    text.push_str(&notes.text());
    if !comparison.notes.is_empty() {
        text.push('\n');
    }
    for note in &comparison.notes {
        text.push_str(&paragraph("note: ", note));
    }
    text
}

impl Contest {
    /// True if no metric and no request differs in any run.
    fn is_same(&self) -> bool {
        let none = |summary: &Summary| summary.min == 0.0 && summary.max == 0.0;
        let metrics = self.metrics.iter().flat_map(|metric| metric.pairs.iter().flatten());
        let same = |of: &RequestContrast| {
            of.saved + of.lost + of.only_in_a + of.only_in_b == 0
                && of.slower_ns.as_ref().is_none_or(none)
        };
        metrics.map(|pair| &pair.difference.summary).all(none) && self.requests.iter().all(same)
    }
}

/// Short name of a variant in tables: a, b, .. z, then numbers.
fn letter(at: usize) -> String {
    match u8::try_from(at) {
        Ok(at) if at < 26 => char::from(b'a' + at).to_string(),
        _ => format!("#{}", at + 1),
    }
}

fn head(at: usize, variant: &Variant, with_digest: bool) -> String {
    let Variant { name, digest, arm, .. } = variant;
    let arm = match name == arm {
        true => String::new(),
        false => format!(", arm {}", cut(arm, NAME)),
    };
    let digest = if with_digest { format!(", digest {digest}") } else { String::new() };
    format!("{}  {}{arm}{digest}\n", letter(at), cut(name, 120))
}

/// The table of metrics: of two variants a line for each metric; of more, a line for each variant
/// below each metric.
fn table(field: &Contest, notes: &mut Notes) -> String {
    let two = field.variants.len() == 2;
    let header: Vec<String> = match two {
        true => ["", "a", "b", "b - a", "95 % interval", "b / a", ""].map(str::to_owned).to_vec(),
        false => ["", "mean", "less a", "95 % interval", "over a", ""].map(str::to_owned).to_vec(),
    };
    let blank = header.len() - 1;
    let mut rows = vec![header];
    for metric in &field.metrics {
        if two {
            let label = vec![metric.name.clone()];
            let means = vec![mean(metric, 0), mean(metric, 1)];
            rows.push([label, means, difference(metric, 1, notes)].concat());
            continue;
        }
        rows.push([vec![metric.name.clone()], vec![String::new(); blank]].concat());
        for at in 0..field.variants.len() {
            let label = vec![format!("  {}", letter(at)), mean(metric, at)];
            let rest = match at {
                0 => vec![String::new(); 4],
                at => difference(metric, at, notes),
            };
            rows.push([label, rest].concat());
        }
    }
    // The last column is words and stands left-aligned after the numbers.
    let numbers: Vec<_> = rows.iter().map(|row| row[..blank].to_vec()).collect();
    let mut text = String::new();
    let lines = lines(&numbers);
    let widest =
        lines.iter().map(|line| crate::report::text::format::width(line)).max().unwrap_or(0);
    for (line, row) in lines.iter().zip(&rows) {
        let room = widest - crate::report::text::format::width(line);
        let line = format!("{line}{}   {}", " ".repeat(room), row[blank]);
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn mean(metric: &MetricContrast, at: usize) -> String {
    let summary = metric.summaries[at].as_ref();
    summary.map_or(NO_VALUE.to_owned(), |summary| printed(summary.mean, metric.kind))
}

/// Cells of a variant against the first: difference, interval, ratio, and conclusion.
fn difference(metric: &MetricContrast, at: usize, notes: &mut Notes) -> Vec<String> {
    let Some(Against { difference, ratio }) = metric.pair(0, at) else {
        return [NO_VALUE, NO_VALUE, NO_VALUE, ""].map(str::to_owned).to_vec();
    };
    let summary = &difference.summary;
    let (interval, words) = match &summary.interval {
        Ok(_) if difference.is_shown() => (interval(summary, metric.kind, notes), ""),
        Ok(_) => (interval(summary, metric.kind, notes), "no difference shown"),
        Err(NoInterval::AllAlike(0.0)) => (String::new(), "the same in every run"),
        Err(NoInterval::AllAlike(_)) => (String::new(), "the same difference in every run"),
        Err(_) => (interval(summary, metric.kind, notes), ""),
    };
    let ratio = ratio.map_or(NO_VALUE.to_owned(), number);
    vec![signed(summary.mean, metric.kind), interval, ratio, words.to_owned()]
}

fn interval(summary: &Summary, kind: Kind, notes: &mut Notes) -> String {
    match &summary.interval {
        Ok((from, to)) => format!("{} to {}", signed(*from, kind), signed(*to, kind)),
        Err(NoInterval::AllAlike(_)) => "all alike".to_owned(),
        Err(why) => notes.mark(why.to_string()),
    }
}

/// A difference with its sign.
fn signed(value: f64, kind: Kind) -> String {
    let sign = match value {
        _ if value > 0.0 => "+",
        _ if value < 0.0 => "-",
        _ => "",
    };
    let size = value.abs();
    match kind {
        Kind::Time | Kind::Latency => format!("{sign}{}", time(size.round() as u64)),
        Kind::Count if size >= 10.0 => format!("{sign}{}", printed(size, kind)),
        Kind::Count | Kind::Number => format!("{sign}{}", number(size)),
    }
}

/// Sentence about the requests whose fate differs, over all runs and per run.
fn pairs(at: usize, requests: &RequestContrast, notes: &mut Notes) -> String {
    let name = letter(at);
    let RequestContrast { in_both, only_in_a, only_in_b, saved, lost, good_in_both, .. } = requests;
    let mut words = format!("of {} requests in a and {name}, ", count(*in_both));
    if *in_both == 0 {
        words = format!("no request is in a and {name}");
    } else {
        words.push_str(&format!(
            "{name} saved {}{}, lost {}{}",
            count(*saved),
            a_run(&requests.saved_a_run, notes),
            count(*lost),
            a_run(&requests.lost_a_run, notes),
        ));
    }
    if let Some(slower) = requests.slower_ns.as_ref().filter(|_| *good_in_both > 0) {
        let by = time(slower.mean.abs().round() as u64);
        let interval = match &slower.interval {
            Ok(_) => interval(slower, Kind::Time, notes),
            Err(_) => format!("interval: {}", interval(slower, Kind::Time, notes)),
        };
        words.push_str(&format!(
            "; the {} that succeeded in both took {}",
            count(*good_in_both),
            match slower.mean {
                mean if mean > 0.0 => format!("{by} longer in {name} on average ({interval})"),
                mean if mean < 0.0 => format!("{by} less in {name} on average ({interval})"),
                _ => "equally long".to_owned(),
            },
        ));
    }
    for (only, whose) in [(only_in_a, "a"), (only_in_b, name.as_str())] {
        if *only > 0 {
            words.push_str(&format!("; {} are only in {whose}", count(*only)));
        }
    }
    paragraph(&format!("{name}  "), &words)
}

fn a_run(summary: &Option<Summary>, notes: &mut Notes) -> String {
    match summary {
        Some(summary) if summary.mean != 0.0 => {
            let interval = match &summary.interval {
                Ok((from, to)) => {
                    format!("{} to {}", printed(*from, Kind::Count), printed(*to, Kind::Count))
                }
                Err(NoInterval::AllAlike(_)) => "in every run".to_owned(),
                Err(why) => format!("interval: {}", notes.mark(why.to_string())),
            };
            format!(" ({} a run, {interval})", printed(summary.mean, Kind::Count))
        }
        _ => String::new(),
    }
}

fn ranks(field: &Contest, ranking: &Ranking) -> String {
    let mut order: Vec<usize> = (0..ranking.ranks.len()).collect();
    let mean = |at: usize| field.metrics[0].summaries[at].as_ref().map_or(0.0, |of| of.mean);
    let sign = if ranking.more_is_better { -1.0 } else { 1.0 };
    order.sort_by(|&a, &b| (sign * mean(a)).total_cmp(&(sign * mean(b))));
    // The sort is stable: within a rank the order by mean stays.
    order.sort_by_key(|&at| ranking.ranks[at]);
    let best = if ranking.more_is_better { "highest" } else { "lowest" };
    let mut text = format!(
        "\nby {}, {best} first; variants not shown to differ from the best share its rank\n",
        ranking.metric
    );
    for at in order {
        let name = cut(&field.variants[at].name, 80);
        text.push_str(&format!("  {}  {}  {name}\n", ranking.ranks[at], letter(at)));
    }
    let pairs = ranking.pairs.len();
    let untested = ranking.pairs.iter().filter(|pair| pair.probability.is_none()).count();
    text.push_str(&paragraph(
        "  ",
        &format!(
            "{} of {pairs} pairs differ significantly, by paired t tests at 5 %, corrected by \
             Holm{}",
            ranking.pairs.iter().filter(|pair| pair.shown).count(),
            match untested {
                0 => String::new(),
                untested => format!("; without a valid test: {untested}"),
            }
        ),
    ));
    text
}
