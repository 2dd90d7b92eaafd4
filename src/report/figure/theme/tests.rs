//! Contrast and distinctness of colours, also for readers who lack a kind of cone.

use super::{DARK, LIGHT, OUTCOMES, PAGE_DARK, PAGE_LIGHT, page};
use crate::kernel::fpmath;

type Triple = [f64; 3];
type Matrix = [Triple; 3];

/// Matrices from linear light to the colour perceived with full colour vision and without the
/// long, middle or short cones: Machado, Oliveira and Fernandes (2009), severity 1.
const EYES: [(&str, Matrix); 4] = [
    ("all cones", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
    (
        "protanopia",
        [
            [0.152_286, 1.052_583, -0.204_868],
            [0.114_503, 0.786_281, 0.099_216],
            [-0.003_882, -0.048_116, 1.051_998],
        ],
    ),
    (
        "deuteranopia",
        [
            [0.367_322, 0.860_646, -0.227_968],
            [0.280_085, 0.672_501, 0.047_413],
            [-0.011_820, 0.042_940, 0.968_881],
        ],
    ),
    (
        "tritanopia",
        [
            [1.255_528, -0.076_749, -0.178_779],
            [-0.078_411, 0.930_809, 0.147_602],
            [0.004_733, 0.691_367, 0.303_900],
        ],
    ),
];

/// Oklab (Ottosson 2020): from linear light to cones, and from their cube roots to the space.
const TO_CONES: Matrix = [
    [0.412_221_470_8, 0.536_332_536_3, 0.051_445_992_9],
    [0.211_903_498_2, 0.680_699_545_1, 0.107_396_956_6],
    [0.088_302_461_9, 0.281_718_837_6, 0.629_978_700_5],
];
const TO_LAB: Matrix = [
    [0.210_454_255_3, 0.793_617_785_0, -0.004_072_046_8],
    [1.977_998_495_1, -2.428_592_205_0, 0.450_593_709_9],
    [0.025_904_037_1, 0.782_771_766_2, -0.808_675_766_0],
];

fn times(matrix: &Matrix, [x, y, z]: Triple) -> Triple {
    matrix.map(|[a, b, c]| a * x + b * y + c * z)
}

/// The colour of a role, in linear light.
fn light(palette: &str, role: &str) -> Triple {
    let property = format!("--{role}:#");
    let hex = palette.split(';').find_map(|part| part.strip_prefix(property.as_str()));
    let hex = hex.unwrap_or_else(|| panic!("no {role} in {palette}"));
    [0, 2, 4].map(|at| {
        let level = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).expect("two digits"));
        let level = level / 255.0;
        if level <= 0.040_45 { level / 12.92 } else { fpmath::pow((level + 0.055) / 1.055, 2.4) }
    })
}

/// Contrast ratio of WCAG 2.
fn contrast(one: Triple, other: Triple) -> f64 {
    let luminance = |[r, g, b]: Triple| 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
    let (one, other) = (luminance(one), luminance(other));
    one.max(other) / one.min(other)
}

fn distance(eye: &Matrix, one: Triple, other: Triple) -> f64 {
    let lab = |colour: Triple| {
        let seen = times(eye, colour).map(|level| level.clamp(0.0, 1.0));
        times(&TO_LAB, times(&TO_CONES, seen).map(|cone| fpmath::pow(cone, 1.0 / 3.0)))
    };
    let (one, other) = (lab(one), lab(other));
    fpmath::sqrt((0..3).map(|at| (one[at] - other[at]) * (one[at] - other[at])).sum())
}

/// Lines and areas have 3:1 against both grounds, text 4.5:1.
#[test]
fn every_colour_stands_out_from_its_ground() {
    for (colours, extra) in [(LIGHT, PAGE_LIGHT), (DARK, PAGE_DARK)] {
        let all = format!("{colours};{extra}");
        for part in all.split(';') {
            let role = part.split(':').next().expect("a name").trim_start_matches("--");
            let least = match role {
                "ground" | "box" | "chip" | "rule" => continue,
                "ink" | "soft" | "bad" | "accent" | "good" => 4.5,
                _ => 3.0,
            };
            for ground in ["ground", "box"] {
                let ratio = contrast(light(&all, role), light(&all, ground));
                assert!(ratio >= least, "{role} on {ground} has {ratio:.2}: {all}");
            }
        }
    }
}

/// 0.08 in Oklab is four times the difference just noticeable side by side.
#[test]
fn outcomes_are_distinct_to_every_eye() {
    for palette in [LIGHT, DARK] {
        for (eye, matrix) in &EYES {
            for (at, (_, one)) in OUTCOMES.iter().enumerate() {
                for (_, other) in &OUTCOMES[..at] {
                    let apart = distance(matrix, light(palette, one), light(palette, other));
                    assert!(apart >= 0.08, "{eye}: {one} and {other} are {apart:.3} apart");
                }
            }
        }
    }
}

/// Black and white are 1 apart in Oklab, and have a contrast of 21.
#[test]
fn the_measures_are_right() {
    let (black, white) = ([0.0; 3], [1.0; 3]);
    assert!((distance(&EYES[0].1, black, white) - 1.0).abs() < 1e-4);
    assert!((contrast(black, white) - 21.0).abs() < 1e-9);
}

#[test]
fn a_theme_defines_every_colour_it_uses() {
    let page = page();
    for role in page.split("var(--").skip(1).filter_map(|rest| rest.split(')').next()) {
        for block in ["{color-scheme:light", "{color-scheme:dark"] {
            let block = page.split(block).nth(1).expect("both schemes");
            let block = block.split('}').next().expect("it ends");
            assert!(block.contains(&format!("--{role}:")), "{role} is not defined");
        }
    }
}
