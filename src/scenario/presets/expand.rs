//! Writes the fields of presets in the place of their names.

use super::{FIELD, PAIRS, Preset, find};
use crate::scenario::document::Document;
use crate::scenario::syntax::{Field, Kind, Node, Span};

impl Document {
    /// The document with the fields of presets in the place of their names, on the same lines;
    /// `None` if it names none. What is written overrides a preset.
    pub(crate) fn expanded(&self) -> Option<Self> {
        let mut edits = Vec::new();
        scope(&self.tree.root, &mut edits);
        for (_, arm) in self.tree.root.entries("arms") {
            scope(arm, &mut edits);
        }
        if edits.is_empty() {
            return None;
        }
        // From the last to the first, so that earlier places stay valid.
        edits.sort_by_key(|(span, _): &(Span, String)| core::cmp::Reverse(span.start));
        let mut text = self.text.to_string();
        for (span, fields) in edits {
            text.replace_range(span, &fields);
        }
        Self::parse(&self.name, text.as_bytes()).ok()
    }
}

/// Expands the presets among the calls and consumers of a scenario or an arm.
fn scope(node: &Node, edits: &mut Vec<(Span, String)>) {
    for (_, call) in node.entries("calls") {
        sender(call, edits);
    }
    for (_, consumer) in node.entries("consumers") {
        edits.extend(edit("Consumer", consumer));
        sender(consumer, edits);
    }
}

/// Expands the presets of a call or a group of consumers.
fn sender(node: &Node, edits: &mut Vec<(Span, String)>) {
    if let Some(detection) = node.field("outlier_detection") {
        edits.extend(edit("OutlierDetection", detection.unwrapped()));
    }
    let Some(Kind::List(layers)) = node.field("policy").map(|node| &node.kind) else { return };
    for layer in layers {
        if let Kind::Record(Some(name), _) = &layer.unwrapped().kind {
            edits.extend(edit(&name.text, layer.unwrapped()));
        }
    }
}

/// The edit of a struct that names a preset.
fn edit(of: &str, node: &Node) -> Option<(Span, String)> {
    let Kind::Record(_, written) = &node.kind else { return None };
    let at = written.iter().position(|field| field.name.text == FIELD)?;
    let (name, _) = written[at].value.as_text()?;
    let fields = missing(find(of, name)?, written);
    let start = written[at].name.span.start;
    // Without a field nothing may stay before the comma.
    let end = match written.get(at + 1).filter(|_| fields.is_empty()) {
        Some(next) => next.name.span.start,
        None => written[at].value.span.end,
    };
    Some((start..end, fields))
}

/// The fields of a preset that are not written, as text.
fn missing(preset: &Preset, written: &[Field]) -> String {
    let has = |name: &str| written.iter().any(|field| field.name.text == name);
    let overridden = |name: &str| {
        let mut pairs = PAIRS.iter().filter(|(of, ..)| *of == preset.of);
        has(name)
            || pairs
                .any(|(_, one, other)| (name == *one && has(other)) || (name == *other && has(one)))
    };
    let fields = preset.fields.iter().filter(|(name, _)| !overridden(name));
    fields.map(|(name, value)| format!("{name}: {}", value.inline())).collect::<Vec<_>>().join(", ")
}
