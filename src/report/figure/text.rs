//! Widths of texts without a font, because figures are laid out where there is none.
//!
//! Widths are those of DejaVu Sans, the widest font that figures are likely to meet, so a text
//! measured to fit does fit. A character beyond ASCII counts as nine tenths of an em, one that
//! takes two columns of a terminal as one and a quarter.

use unicode_width::UnicodeWidthChar;

/// Advances of the characters from space to tilde, in thousandths of an em.
const ADVANCES: [u16; 95] = [
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636,
    636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632,
    575, 775, 752, 295, 295, 656, 557, 863, 748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685,
    611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579,
    278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
];

/// Width of a bold letter relative to a regular one, about.
const BOLD: f64 = 1.13;

fn advance(character: char) -> f64 {
    let ascii = (character as usize).checked_sub(32).and_then(|at| ADVANCES.get(at));
    match (ascii, character.width().unwrap_or(0)) {
        (Some(&advance), _) => f64::from(advance) / 1_000.0,
        (None, 0) => 0.0,
        (None, 1) => 0.9,
        (None, _) => 1.25,
    }
}

/// The width of `text` at this size, in the unit of the size.
pub(super) fn width(text: &str, size: f64, bold: bool) -> f64 {
    let em: f64 = text.chars().map(advance).sum();
    em * size * if bold { BOLD } else { 1.0 }
}

/// `text` cut to `most`, with an ellipsis where something is missing.
pub(super) fn cut(text: &str, most: f64, size: f64, bold: bool) -> String {
    if width(text, size, bold) <= most {
        return text.to_owned();
    }
    let mut used = width("…", size, bold);
    let mut kept = String::new();
    for character in text.chars() {
        used += width(character.encode_utf8(&mut [0; 4]), size, bold);
        if used > most {
            break;
        }
        kept.push(character);
    }
    // Never cut between an emoji and its modifier.
    let joined = |c: char| c == '\u{200d}' || c.is_whitespace();
    kept.truncate(kept.trim_end_matches(joined).len());
    kept + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_fits_and_what_fits_is_not_cut() {
        for text in ["rpc", "event-driven", "非同期キュー", "👩‍👩‍👧 family", "Größe 2", ""]
        {
            let whole = width(text, 14.0, true);
            assert_eq!(cut(text, whole, 14.0, true), text);
            for most in [20.0, 40.0, 60.0] {
                let shown = cut(text, most, 14.0, true);
                assert!(width(&shown, 14.0, true) <= most, "{text} in {most}: {shown}");
                assert_eq!(shown == text, whole <= most, "{text} in {most}: {shown}");
            }
        }
        assert!((width("mm", 10.0, false) - 19.48).abs() < 1e-9);
        assert_eq!(cut("event-driven", 60.0, 14.0, false), "event-…");
    }
}
