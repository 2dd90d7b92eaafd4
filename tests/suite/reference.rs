//! The generated tables of docs: fields in `docs/scenario.md` from the JSON Schema, and so from the
//! doc comments of specifications; numbers in `docs/metrics.md` from the declarations of metrics;
//! what-ifs in `docs/explain.md` from the declarations of changes.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use dessim::metrics::arm;
use dessim::metrics::declare::Quantity;
use dessim::model::mechanism::{DECLARATIONS, Kind};
use dessim::model::metrics_of;
use dessim::scenario::json_schema;
use serde_json::Value;

/// Start of the marker of a table of fields: `<!-- fields of Load -->`.
const FIELDS_OF: &str = "<!-- fields of ";
const LAYERS: &str = "<!-- fields of layers -->";

/// Start of the marker of a table of an enum: `<!-- variants of RetryBudget -->`.
const VARIANTS_OF: &str = "<!-- variants of ";

/// Start of the marker of a table of numbers: `<!-- numbers of service -->`, or for an arm with the
/// first words of paths: `<!-- numbers of the arm: requests failed_by -->`.
const NUMBERS_OF: &str = "<!-- numbers of ";
const OF_ARM: &str = "<!-- numbers of the arm: ";
const OF_DISTRIBUTION: &str = "<!-- numbers of a distribution -->";

const CHANGES: &str = "<!-- changes -->";

/// The marker at the end of a table.
const END: &str = "<!-- end of ";

/// Links to the explanations of types.
const LINKS: &[(&str, &str)] = &[
    ("Algorithm", "#rate-limit"),
    ("Backoff", "#backoff"),
    ("Balancing", "#replicas-and-balancing"),
    ("Class", "#classes"),
    ("Distribution", "distributions.md"),
    ("Endpoint", "#handlers-services-that-call-services"),
    ("Heeding", "#retry"),
    ("Layer", "#call-and-policy"),
    ("LimitAlgorithm", "#adaptive-limit"),
    ("Pool", "#pool"),
    ("RetryBudget", "#retry"),
    ("Step", "#handlers-services-that-call-services"),
    ("ThrottleAlgorithm", "#throttle"),
];

/// The description of a field, split into its meaning and its default.
fn parted(schema: &Value) -> (String, Option<String>) {
    let text = schema["description"].as_str().unwrap_or_default().replace('\n', " ");
    let sentences = text.split_inclusive(". ").map(str::trim);
    let (defaults, meanings): (Vec<&str>, Vec<&str>) =
        sentences.partition(|sentence| sentence.starts_with("Default"));
    let bare = |text: String| text.trim_end_matches('.').to_owned();
    let default = defaults.first().map(|default| {
        let default = default.trim_start_matches("Default").trim_start_matches(':').trim();
        bare(default.to_owned())
    });
    (bare(meanings.join(" ")), default)
}

fn bounded(kind: &str, schema: &Value) -> String {
    let at_most = schema["maximum"].as_f64().filter(|most| *most < 1e15);
    match (schema["minimum"].as_f64(), schema["exclusiveMinimum"].as_f64(), at_most) {
        (Some(least), _, Some(most)) => format!("{kind}, {least} to {most}"),
        (_, Some(above), Some(most)) => format!("{kind} > {above}, to {most}"),
        (Some(least), _, None) if least > 0.0 || kind == "number" => format!("{kind} ≥ {least}"),
        (_, Some(above), None) => format!("{kind} > {above}"),
        (_, None, Some(most)) => format!("{kind} ≤ {most}"),
        (_, None, None) => kind.to_owned(),
    }
}

/// The variants of an enum without values, as they are written.
fn plain_variants(definition: &Value) -> Option<String> {
    let variants = definition["oneOf"].as_array()?;
    let names = variants.iter().map(|variant| Some(format!("`{}`", variant["const"].as_str()?)));
    Some(names.collect::<Option<Vec<_>>>()?.join(", "))
}

fn kind(schema: &Value, definitions: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.trim_start_matches("#/$defs/");
        let linked = LINKS.iter().find(|(linked, _)| *linked == name);
        let named = || linked.map_or(name.to_owned(), |(_, to)| format!("[{name}]({to})"));
        return plain_variants(&definitions[name]).unwrap_or_else(named);
    }
    if let Some(any) = schema["anyOf"].as_array() {
        return kind(&any[0], definitions);
    }
    match schema["format"].as_str() {
        Some("dessim-duration") if schema["dessim:positive"] == true => {
            return "duration > 0".to_owned();
        }
        Some("dessim-duration") => return "duration".to_owned(),
        Some("dessim-count-or-time") => return "whole number ≥ 1, or duration > 0".to_owned(),
        Some("dessim-preset") => return "[preset](#presets)".to_owned(),
        Some("dessim-rate") => return "rate".to_owned(),
        Some("dessim-ratio") => return "ratio".to_owned(),
        Some("dessim-limit") if schema["minimum"] == 1 => return "limit ≥ 1".to_owned(),
        Some("dessim-limit") => return "limit".to_owned(),
        _ => {}
    }
    let types = [&schema["type"], &schema["type"][0]];
    match types.into_iter().find_map(Value::as_str) {
        Some("integer") => bounded("whole number", &without_format_bounds(schema)),
        Some("number") => bounded("number", schema),
        Some("boolean") => "`true`, `false`".to_owned(),
        Some("array") => format!("list of {}", kind(&schema["items"], definitions)),
        Some("object") => {
            format!("map to {}", kind(&schema["additionalProperties"], definitions))
        }
        _ => "text".to_owned(),
    }
}

/// A whole number without the bounds of its format.
fn without_format_bounds(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if schema["minimum"] == 0 {
        schema["minimum"] = Value::Null;
    }
    schema
}

/// The rows of a struct: field, type, default and meaning.
fn rows(schema: &Value, definitions: &Value) -> Vec<String> {
    // What a preset can give is required in the `else` branch alone.
    let lists = [&schema["required"], &schema["else"]["required"]];
    let required = |name: &str| {
        lists.iter().filter_map(|list| list.as_array()).flatten().any(|other| other == name)
    };
    let fields = schema["properties"].as_object().expect("a struct");
    fields
        .iter()
        .map(|(name, field)| {
            let (meaning, described) = parted(field);
            let default = match (required(name), described, &field["default"]) {
                (true, _, _) => "required".to_owned(),
                (false, Some(described), _) => described,
                (false, None, Value::Null) => "none".to_owned(),
                (false, None, default) => format!("`{default}`"),
            };
            format!("`{name}` | {} | {default} | {meaning}", kind(field, definitions))
        })
        .collect()
}

/// The variants of an enum, with the fields of each.
fn variants(heading: &str, definition: &Value, definitions: &Value) -> String {
    let mut text = format!("| {heading} | field | type | default | meaning |\n");
    text += "|---|---|---|---|---|\n";
    for variant in definition["oneOf"].as_array().expect("an enum") {
        if let Some(name) = variant["const"].as_str() {
            let _ = writeln!(text, "| `{name}` | | | | {} |", parted(variant).0);
            continue;
        }
        let (name, content) =
            variant["properties"].as_object().and_then(|one| one.iter().next()).expect("one");
        if content["properties"].is_object() {
            for (index, row) in rows(content, definitions).iter().enumerate() {
                let name = if index == 0 { format!("`{name}`") } else { String::new() };
                let _ = writeln!(text, "| {name} | {row} |");
            }
        } else {
            let described = [content, variant].into_iter().map(parted);
            let meaning = described.map(|(meaning, _)| meaning).find(|text| !text.is_empty());
            let kind = kind(content, definitions);
            let meaning = meaning.unwrap_or_default();
            let _ = writeln!(text, "| `{name}(..)` | | {kind} | required | {meaning} |");
        }
    }
    text
}

/// The table below a marker of fields.
fn table(marker: &str) -> String {
    let schema = json_schema();
    let definitions = &schema["$defs"];
    if marker == LAYERS {
        return variants("layer", &definitions["Layer"], definitions);
    }
    if let Some(name) = marker.strip_prefix(VARIANTS_OF) {
        let name = name.trim_end_matches(" -->");
        return variants(name, &definitions[name], definitions);
    }
    let name = marker.trim_start_matches(FIELDS_OF).trim_end_matches(" -->");
    assert!(definitions[name].is_object(), "{name} is in the schema");
    let mut text = format!("| {name} | type | default | meaning |\n|---|---|---|---|\n");
    for row in rows(&definitions[name], definitions) {
        let _ = writeln!(text, "| {row} |");
    }
    text
}

/// The names of a quantity at the end of a run, in code.
fn names(quantity: &Quantity) -> String {
    let names: Vec<String> = quantity.numbers().map(|(name, _)| format!("`{name}`")).collect();
    names.join(", ")
}

/// The table below a marker of numbers.
fn numbers(marker: &str) -> String {
    let of = marker.trim_start_matches(NUMBERS_OF).trim_end_matches(" -->");
    let chosen: Vec<&Quantity> = if marker == OF_DISTRIBUTION {
        arm::part_quantities().collect()
    } else if let Some(groups) = marker.strip_prefix(OF_ARM) {
        let groups: Vec<&str> = groups.split_whitespace().collect();
        let group = |name: &str| groups.contains(&name.split('.').next().expect("one at least"));
        let in_groups = |quantity: &&Quantity| group(quantity.name());
        arm::quantities().filter(in_groups).collect()
    } else {
        metrics_of(of).to_vec()
    };
    assert!(!chosen.is_empty(), "{of} measures something");
    let mut text = "| metric | over time | definition |\n|---|---|---|\n".to_owned();
    for quantity in chosen {
        let over_time = quantity.over_time().map(|name| format!("`{name}`"));
        let _ = writeln!(
            text,
            "| {} | {} | {} |",
            names(quantity),
            over_time.unwrap_or_default(),
            quantity.definition()
        );
    }
    text.replace("|  |", "| |")
}

/// The table of changes: component, change, what is tried, and the loop that it takes out.
fn changes(_: &str) -> String {
    let mut text = "| of | change | what is tried | takes out |\n|---|---|---|---|\n".to_owned();
    for declaration in DECLARATIONS {
        for (index, kind) in declaration.changes.iter().enumerate() {
            let of = if index == 0 { declaration.kind } else { "" };
            let cuts = kind.cuts.map(|cuts| serde_json::to_value(cuts).expect("it is a name"));
            let cuts = cuts.map(|cuts| format!("`{}`", cuts.as_str().expect("it is a text")));
            let (name, about) = (kind.name, kind.about);
            let _ = writeln!(text, "| {of} | `{name}` | {about} | {} |", cuts.unwrap_or_default());
        }
    }
    text.replace("|  |", "| |")
}

/// The page with its tables generated again.
fn renewed(page: &str, begins: &str, table: fn(&str) -> String) -> String {
    let mut text = String::new();
    let mut in_table = false;
    for line in page.lines() {
        in_table &= !line.starts_with(END);
        if !in_table {
            text += line;
            text.push('\n');
        }
        if line.starts_with(begins) {
            in_table = true;
            let _ = write!(text, "\n{}\n", table(line));
        }
    }
    text
}

/// Compares a page with its present tables, or writes them; returns the page.
fn hold(name: &str, begins: &str, table: fn(&str) -> String) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name);
    let page = fs::read_to_string(&path).expect("it is there");
    let renewed = renewed(&page, begins, table);
    if std::env::var("DESSIM_DOCS").is_ok_and(|mode| mode == "write") {
        fs::write(&path, &renewed).expect("it can be written");
    } else if page != renewed {
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::write(&kept, &renewed).expect("it can be written");
        panic!(
            "docs/{name} is not what the code says; {} is, and \
             `DESSIM_DOCS=write cargo test --test suite docs` writes it",
            kept.display()
        );
    }
    renewed
}

#[test]
fn tables_of_fields_in_docs_are_made_of_the_schema() {
    let page = hold("scenario.md", FIELDS_OF, table);
    assert!(page.matches(FIELDS_OF).count() > 8, "its tables have markers");
    let page = hold("scenario.md", VARIANTS_OF, table);
    assert!(page.matches(VARIANTS_OF).count() > 2, "its tables have markers");
}

#[test]
fn the_table_of_what_ifs_in_docs_is_made_of_the_declarations() {
    let page = hold("explain.md", CHANGES, changes);
    assert_eq!(page.matches(CHANGES).count(), 1, "its table has a marker");
}

#[test]
fn tables_of_numbers_in_docs_are_made_of_the_declarations() {
    let page = hold("metrics.md", NUMBERS_OF, numbers);
    for kind in Kind::ALL.iter().filter(|kind| !kind.metrics().is_empty()) {
        let marker = format!("{NUMBERS_OF}{} -->", kind.name());
        assert_eq!(page.matches(&marker).count(), 1, "docs/metrics.md has a table of `{marker}`");
    }
    for quantity in arm::quantities().chain(arm::part_quantities()) {
        let row = format!("\n| {} |", names(quantity));
        assert!(page.contains(&row), "docs/metrics.md has a row of{row}");
    }
}
