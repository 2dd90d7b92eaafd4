//! The numbers of the charts as JSON within the page, by column and with visible digits only.
//!
//! The JSON can neither end the script element that holds it nor be parsed as anything but text.

use super::Sheet;
use super::bins::Grains;
use super::panels::{Panel, State, is_nothing, states};
use super::quantiles::Quantiles;
use crate::report::explain::Phase;
use crate::report::result::{ArmResult, Series};
use crate::report::rows::Scalar;
use crate::report::series::Unit;

/// The data of the page.
pub(super) fn data(
    sheet: &Sheet<'_>,
    grains: &[Option<Grains<'_>>],
    panels: &[Panel<'_>],
    quantiles: &[Quantiles],
) -> String {
    let result = sheet.result;
    let arms = result.arms.iter().zip(grains);
    let arms =
        list(arms.map(|((name, arm), grains)| self::arm(sheet, (name, arm), grains.as_ref())));
    let panels = list(panels.iter().map(panel));
    let quantiles = list(quantiles.iter().map(|plot| {
        let curves = plot.curves.iter().map(|curve| match curve {
            Some(values) => list(values.iter().map(|&ns| number(Scalar::Integer(ns)))),
            None => "null".to_owned(),
        });
        let ppm = list(plot.ppm.iter().map(ToString::to_string));
        format!("{{\"ppm\":{ppm},\"curves\":{}}}", list(curves))
    }));
    format!(
        "{{\"end\":{},\"arms\":{arms},\n\"panels\":{panels},\n\"quantiles\":{quantiles}}}",
        result.virtual_ns
    )
}

/// A labelled period in a chart: kind, label, from and until.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Band {
    pub(super) class: &'static str,
    pub(super) label: String,
    pub(super) spans: Vec<(u64, u64)>,
}

/// Periods of an arm: warm-up, faults, states, and phases, whose kind is their name.
pub(super) fn bands(sheet: &Sheet<'_>, name: &str, arm: &ArmResult) -> Vec<Band> {
    let mut bands = Vec::new();
    if sheet.setting.warm_up_ns > 0 {
        let spans = vec![(0, sheet.setting.warm_up_ns)];
        bands.push(Band { class: "warm-up", label: "warm-up, not counted".to_owned(), spans });
    }
    for trouble in sheet.setting.arms.get(name).into_iter().flat_map(|arm| &arm.troubles) {
        let label = format!("{}: {} {}", trouble.name, trouble.component, trouble.words);
        let spans = vec![(trouble.from_ns, trouble.until_ns)];
        bands.push(Band { class: "fault", label, spans });
    }
    let state = |State { label, spans }: State| Band { class: "state", label, spans };
    bands.extend(arm.series.iter().flat_map(states).map(state));
    bands
}

fn arm(sheet: &Sheet<'_>, (name, arm): (&str, &ArmResult), grains: Option<&Grains<'_>>) -> String {
    let bins = |series: &Series| format!("[{},{}]", series.bin_ns, series.bins);
    let (grains, end) = grains.map_or_else(
        || (list([0, 1].map(|_| "[0,0]".to_owned())), 0),
        |grains| (list([bins(&grains.fine), bins(&grains.coarse)]), grains.fine.end_ns),
    );
    let bands = bands(sheet, name, arm).into_iter().map(|band| {
        let spans = list(band.spans.iter().map(|(from, until)| format!("[{from},{until}]")));
        format!("[{},{},{spans}]", text(band.class), text(&band.label))
    });
    let story = sheet.explanation.and_then(|explanation| explanation.arms.get(name));
    let phases = story.into_iter().flat_map(|story| &story.phases).map(|phase: &Phase| {
        format!("[{},{},{}]", text(phase.kind.name()), phase.from_ns, phase.until_ns)
    });
    format!(
        "{{\"name\":{},\"grains\":{grains},\"end\":{end},\"bands\":{},\"phases\":{}}}",
        text(name),
        list(bands),
        list(phases)
    )
}

fn panel(panel: &Panel<'_>) -> String {
    let arms = (0..panel.arms.len()).map(|arm| {
        let lines = panel.arms[arm].iter().map(|track| match track {
            None => "null".to_owned(),
            Some(track) if track.values.iter().all(|value| is_nothing(*value)) => "0".to_owned(),
            Some(track) => list(track.values.iter().map(|value| match panel.unit {
                Unit::Count => exact(*value),
                _ => number(*value),
            })),
        });
        list(lines)
    });
    let limits = (0..panel.arms.len())
        .map(|arm| panel.limit(arm).map_or("null".to_owned(), |limit| limit.to_string()));
    format!(
        "\n{{\"unit\":{},\"log\":{},\"grain\":{},\"roles\":{},\"labels\":{},\"limits\":{},\
         \"arms\":{}}}",
        text(panel.unit.name()),
        panel.log,
        u8::from(panel.coarse),
        list(panel.roles.iter().map(|role| text(role))),
        list(panel.labels.iter().map(|label| text(label))),
        list(limits),
        list(arms),
    )
}

fn exact(value: Scalar) -> String {
    match value {
        Scalar::Integer(value) => value.to_string(),
        other => number(other),
    }
}

/// A number with four significant digits, in the shorter of two notations.
fn number(value: Scalar) -> String {
    let Some(value) = value.as_f64().filter(|value| value.is_finite()) else {
        return "null".to_owned();
    };
    let scientific = format!("{value:.3e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let digits = digits.trim_end_matches('0').trim_end_matches('.');
    let scientific = format!("{digits}e{exponent}");
    let plain = scientific.parse::<f64>().map_or_else(|_| "null".to_owned(), |v| v.to_string());
    if plain.len() <= scientific.len() { plain } else { scientific }
}

fn list(items: impl IntoIterator<Item = String>) -> String {
    format!("[{}]", items.into_iter().collect::<Vec<_>>().join(","))
}

/// A JSON string that is safe in HTML and in JavaScript.
fn text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 2);
    for character in serde_json::Value::from(text).to_string().chars() {
        match character {
            '<' | '>' | '&' | '\'' | '\u{2028}' | '\u{2029}' => {
                escaped.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_keep_four_digits() {
        let short = |value: f64| number(Scalar::Float(value));
        let cases = [
            (0.0, "0"),
            (6.535_811_729, "6.536"),
            (60_555_264.0, "6.056e7"),
            (1_250.0, "1250"),
            (5.041_2e-5, "5.041e-5"),
            (1_000_000.0, "1e6"),
            (0.5, "0.5"),
            (f64::NAN, "null"),
        ];
        for (value, expected) in cases {
            assert_eq!(short(value), expected);
        }
        assert_eq!(number(Scalar::None), "null");
        assert_eq!(exact(Scalar::Integer(1_234_567)), "1234567");
    }

    #[test]
    fn text_cannot_leave_its_script() {
        let hostile = "</script><!--\u{2028}\"\\ &amp; 'x'";
        let json = text(hostile);
        for forbidden in ['<', '>', '&', '\'', '\u{2028}'] {
            assert!(!json.contains(forbidden), "{json}");
        }
        assert_eq!(serde_json::from_str::<String>(&json).expect("it is JSON"), hostile);
    }
}
