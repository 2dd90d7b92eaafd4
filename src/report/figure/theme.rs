//! Colours of figures by role, in light and in dark; drawings themselves have no colours.
//!
//! A drawing names roles (`s3` is the fourth series) and this text gives them colours, so one
//! figure suits light pages, dark pages and paper. The hues are those of Okabe and Ito, darkened
//! or lightened until each has a contrast of 3 to 1 with its ground; dashes distinguish lines where
//! colours cannot. The colours of outcomes come from a numerical search: eight that colour-blind
//! readers can distinguish, with that contrast, blue for success and orange for a timeout.

/// Number of distinct looks of series, after which they repeat.
pub const LOOKS: usize = 8;

/// The colours on a light ground, as custom properties.
pub const LIGHT: &str = "--ground:#ffffff;--ink:#1f2328;--soft:#59636e;--rule:#d8dee4;\
    --box:#f6f8fa;--chip:#ffffff;--bad:#b42a00;--s0:#0072b2;--s1:#d04e00;--s2:#00805f;\
    --s3:#a8458c;--s4:#9a6b00;--s5:#59636e;--s6:#2f8fcb;--s7:#6b4ea0;--o-succeeded:#0072b2;\
    --o-late:#24636a;--o-error:#b00045;--o-timeout:#d04e00;--o-rejected:#b064fc;\
    --o-shed:#594708;--o-dropped:#76007e;--o-dead:#619b7d";

/// The colours on a dark ground.
pub const DARK: &str = "--ground:#0d1117;--ink:#e6edf3;--soft:#9aa5b1;--rule:#30363d;\
    --box:#161b22;--chip:#0d1117;--bad:#ff9b73;--s0:#4aa8ec;--s1:#ff8a4c;--s2:#2fc79a;\
    --s3:#e58fc6;--s4:#e6b43c;--s5:#9aa5b1;--s6:#9bd3ff;--s7:#b9a3ee;--o-succeeded:#4aa8ec;\
    --o-late:#5fdefe;--o-error:#df3d2a;--o-timeout:#ff8a4c;--o-rejected:#8a55fd;\
    --o-shed:#fed200;--o-dropped:#b1618f;--o-dead:#ccf6c1";

/// The colours that only a page has: links, good news, what lasted, phases.
const PAGE_LIGHT: &str = "--accent:#0b5cad;--good:#00704f;--state:#9a6b00;--warm-up:#6b7280;\
    --p-steady:#2e8b57;--p-trigger:#b7791f;--p-degraded:#c2541b;--p-metastable:#b3123c;\
    --p-recovered:#0e8aa3;--p-idle:#87909a";
const PAGE_DARK: &str = "--accent:#6cb2ff;--good:#2fc79a;--state:#e6b43c;--warm-up:#8b95a3;\
    --p-steady:#4cc38a;--p-trigger:#e3b341;--p-degraded:#ff8a5c;--p-metastable:#f2486f;\
    --p-recovered:#39c5cf;--p-idle:#6b7580";

/// Outcomes of a request: name of the count, and role of the colour.
const OUTCOMES: [(&str, &str); 8] = [
    ("requests.succeeded", "o-succeeded"),
    ("requests.late", "o-late"),
    ("failed_by.error", "o-error"),
    ("failed_by.timeout", "o-timeout"),
    ("requests.rejected", "o-rejected"),
    ("requests.shed", "o-shed"),
    ("requests.dropped", "o-dropped"),
    ("requests.dead_lettered", "o-dead"),
];

/// The role of an outcome's colour; `None` for a number that counts no outcome.
#[must_use]
pub fn outcome(metric: &str) -> Option<&'static str> {
    OUTCOMES.iter().find(|(name, _)| *name == metric).map(|(_, role)| *role)
}

/// Style of the roles, apart from colours.
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

/// The style of a figure in a file of its own.
#[must_use]
pub fn style() -> String {
    let mut text = format!(".dessim-figure{{color-scheme:light dark;{LIGHT}}}\n");
    text.push_str(&format!("@media (prefers-color-scheme:dark){{.dessim-figure{{{DARK}}}}}\n"));
    text.push_str(&format!("@media print{{.dessim-figure{{{LIGHT}}}}}\n"));
    text.push_str(&rules());
    text
}

/// The style that a page needs once: colours, which its figures inherit. The attribute
/// `data-theme` of the root overrides the system's choice; paper is always light.
#[must_use]
pub fn page() -> String {
    let light = format!("color-scheme:light;{LIGHT};{PAGE_LIGHT}");
    let dark = format!("color-scheme:dark;{DARK};{PAGE_DARK}");
    format!(
        ":root,:root[data-theme=light]{{{light}}}\n\
         @media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n\
         :root[data-theme=dark]{{{dark}}}\n\
         @media print{{:root:root:root{{{light}}}}}\n{}",
        rules()
    )
}

/// The part of the style without colours.
fn rules() -> String {
    const DASHES: [&str; LOOKS] =
        ["", "6 3", "2 3", "9 3 2 3", "4 2", "12 4", "1 2", "7 2 1 2 1 2"];
    let mut text = RULES.to_owned();
    let series = (0..LOOKS).map(|look| format!("s{look}")).zip(DASHES);
    let outcomes = OUTCOMES.iter().map(|(_, role)| (*role).to_owned()).zip(DASHES);
    for (role, dash) in series.chain(outcomes) {
        text.push_str(&format!(
            ".dessim-figure .{role}{{stroke:var(--{role})}}.dessim-figure .area.{role},\
             .dessim-figure .dot.{role}{{fill:var(--{role});stroke:none}}"
        ));
        if !dash.is_empty() {
            text.push_str(&format!(".dessim-figure .line.{role}{{stroke-dasharray:{dash}}}"));
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests;
