//! What the layers of a policy are called in results, traces and the keys of draws.

use std::collections::BTreeMap;

use super::schema::Layer;

/// The name of each layer of the policy of `pipeline` (a load that calls, or a consumer):
/// `clients.retry`, and from the second of a kind on `clients.timeout#2`, outermost first.
#[must_use]
pub fn layer_names(pipeline: &str, policy: &[Layer]) -> Vec<String> {
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    let name = |layer| {
        let kind = kind(layer);
        let count = seen.entry(kind).or_default();
        *count += 1;
        match count {
            1 => format!("{pipeline}.{kind}"),
            _ => format!("{pipeline}.{kind}#{count}"),
        }
    };
    policy.iter().map(name).collect()
}

fn kind(layer: &Layer) -> &'static str {
    match layer {
        Layer::Timeout(_) => "timeout",
        Layer::Retry { .. } => "retry",
        Layer::Breaker { .. } => "breaker",
        Layer::Bulkhead { .. } => "bulkhead",
    }
}
