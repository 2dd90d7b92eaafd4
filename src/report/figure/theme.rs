//! How figures look: colours by role, in light and in dark, without a colour in any drawing.
//!
//! A drawing names roles (`s3` is the fourth series) and this text gives them colours, so one
//! figure suits light pages, dark pages and paper. The hues are those of Okabe and Ito, darkened
//! or lightened until each has a contrast of 3 to 1 with its ground; dashes tell lines apart where
//! colours cannot.

/// So many series have a look of their own; then looks repeat.
pub const LOOKS: usize = 8;

/// The colours on a light ground, as custom properties.
pub const LIGHT: &str = "--ground:#ffffff;--ink:#1f2328;--soft:#59636e;--rule:#d8dee4;\
    --box:#f6f8fa;--chip:#ffffff;--bad:#b42a00;--s0:#0072b2;--s1:#d04e00;--s2:#00805f;\
    --s3:#a8458c;--s4:#9a6b00;--s5:#59636e;--s6:#2f8fcb;--s7:#6b4ea0";

/// The colours on a dark ground.
pub const DARK: &str = "--ground:#0d1117;--ink:#e6edf3;--soft:#9aa5b1;--rule:#30363d;\
    --box:#161b22;--chip:#0d1117;--bad:#ff9b73;--s0:#4aa8ec;--s1:#ff8a4c;--s2:#2fc79a;\
    --s3:#e58fc6;--s4:#e6b43c;--s5:#9aa5b1;--s6:#9bd3ff;--s7:#b9a3ee";

/// What the roles look like, whatever the colours.
const RULES: &str = ".dessim-figure{font-family:system-ui,-apple-system,\"Segoe UI\",Helvetica,\
Arial,\"DejaVu Sans\",sans-serif;font-variant-numeric:tabular-nums}
.dessim-figure text{fill:var(--ink);white-space:pre}
.dessim-figure .soft{fill:var(--soft)}
.dessim-figure .bad{fill:var(--bad)}
.dessim-figure .bold{font-weight:600}
.dessim-figure .ground{fill:var(--ground)}
.dessim-figure .rule{stroke:var(--rule);fill:none}
.dessim-figure .axis{stroke:var(--soft);fill:none}
.dessim-figure .box{fill:var(--box);stroke:var(--soft)}
.dessim-figure .chip{fill:var(--chip);stroke:var(--rule)}
.dessim-figure .halo{paint-order:stroke;stroke:var(--ground);stroke-width:5px;\
stroke-linejoin:round}
.dessim-figure .line{fill:none;stroke-width:1.8;stroke-linejoin:round}
.dessim-figure .limit{fill:none;stroke:var(--bad);stroke-width:1.6;stroke-dasharray:10 4}
.dessim-figure .edge{fill:none;stroke:var(--soft);stroke-linecap:round}
.dessim-figure .head{fill:var(--soft)}
.dessim-figure .fault{fill:var(--s1)}
.dessim-figure .ink{stroke:var(--ink)}
.dessim-figure .area.ink,.dessim-figure .dot.ink{fill:var(--ink);stroke:none}
";

/// Everything a page needs once for all the figures in it; a figure by itself brings it along.
#[must_use]
pub fn style() -> String {
    let mut text = format!(".dessim-figure{{color-scheme:light dark;{LIGHT}}}\n");
    text.push_str(&format!("@media (prefers-color-scheme:dark){{.dessim-figure{{{DARK}}}}}\n"));
    text.push_str(&format!("@media print{{.dessim-figure{{{LIGHT}}}}}\n"));
    text.push_str(&rules());
    text
}

/// The part of [`style`] that names no colour: for a page that gives `.dessim-figure` [`LIGHT`] or
/// [`DARK`] by a rule of its own.
#[must_use]
pub fn rules() -> String {
    const DASHES: [&str; LOOKS] =
        ["", "6 3", "2 3", "9 3 2 3", "4 2", "12 4", "1 2", "7 2 1 2 1 2"];
    let mut text = RULES.to_owned();
    for (look, dash) in DASHES.iter().enumerate() {
        text.push_str(&format!(
            ".dessim-figure .s{look}{{stroke:var(--s{look})}}.dessim-figure .area.s{look},\
             .dessim-figure .dot.s{look}{{fill:var(--s{look});stroke:none}}"
        ));
        if !dash.is_empty() {
            text.push_str(&format!(".dessim-figure .line.s{look}{{stroke-dasharray:{dash}}}"));
        }
        text.push('\n');
    }
    text
}
