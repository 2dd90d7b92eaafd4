//! The mechanisms of the model, a folder each.
//!
//! A mechanism's folder holds all that is known of it; `spec.rs` is what it can be set to, as the
//! language writes it. Its doc comments are the reference: they are printed as the JSON Schema.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub mod backoff;
pub mod breaker;
pub mod bulkhead;
pub mod consumer;
pub mod fault;
pub mod load;
pub mod queue;
pub mod retry;
pub mod service;
pub mod timeout;

/// The layers of the language, a line each: its name there and its module here.
macro_rules! layers {
    ($($name:ident($module:ident)),+ $(,)?) => {
        /// A layer of a policy.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub enum Layer {
            $(
                #[doc = concat!("See [`", stringify!($module), "::spec::Spec`].")]
                #[schemars(description = "")]
                $name($module::spec::Spec),
            )+
        }
    };
}

layers! {
    Timeout(timeout),
    Retry(retry),
    Breaker(breaker),
    Bulkhead(bulkhead),
}
