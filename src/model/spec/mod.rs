//! What specifications have in common: how a rule that is broken is reported, what is warned of,
//! what other tools call things, and the arm in which a specification stands.
//!
//! Plain data. Places in a text, arms and severity are the business of the scenario language.

pub mod alternative;
pub mod building;
pub mod clients;
pub mod declaration;
pub mod distribution;
pub mod finding;
pub mod layer;
pub mod lint;
pub mod part;
pub mod size;
pub mod system;
pub mod word;
pub mod zones;

/// True for the default of a field, which is not written then.
pub(in crate::model) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
