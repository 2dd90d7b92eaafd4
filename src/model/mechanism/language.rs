//! The mechanisms of the language: parts of an arm, and the layers that policies are made of.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::spec::alternative::Addition;
use crate::model::spec::declaration::Declaration;
use crate::model::spec::layer::LayerSpec;
use crate::model::spec::system::{Pipeline, System};

/// Generates the parts and layers of the language from the registry.
macro_rules! language {
    (
        parts { $($part:ident: $module:ident::$machine:ident => $store:ident;)+ }
        wires { $($wires:tt)* }
        layers {
            $($(#[$when:meta])* $name:ident: $layer:ident::$state:ident => $states:ident;)+
        }
    ) => {
        /// A layer of a policy.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub enum Layer {
            $(
                $(#[$when])*
                #[doc = concat!("See [`super::", stringify!($layer), "::spec::Spec`].")]
                #[schemars(description = "")]
                $name(super::$layer::spec::Spec),
            )+
        }

        impl Layer {
            /// The specification.
            #[must_use]
            pub fn spec(&self) -> &dyn LayerSpec {
                match self { $($(#[$when])* Self::$name(spec) => spec),+ }
            }

            /// The specification, for changes.
            pub fn spec_mut(&mut self) -> &mut dyn LayerSpec {
                match self { $($(#[$when])* Self::$name(spec) => spec),+ }
            }

            /// The declaration of the kind of layer.
            #[must_use]
            pub fn declaration(&self) -> &'static Declaration {
                match self {
                    $($(#[$when])* Self::$name(_) => &super::$layer::spec::DECLARATION),+
                }
            }
        }

        /// The layers that could be added to the policy of a pipeline, at most one of each kind.
        #[must_use]
        pub fn additions(pipeline: &Pipeline<'_>, system: &System<'_>) -> Vec<Addition> {
            let additions =
                [$($(#[$when])* super::$layer::spec::Spec::addition(pipeline, system)),+];
            additions.into_iter().flatten().collect()
        }

        /// Every kind of layer, in the order of the language.
        pub static LAYERS: &[&Declaration] =
            &[$($(#[$when])* &super::$layer::spec::DECLARATION),+];

        /// Every mechanism of the language: parts of an arm, then layers.
        pub static DECLARATIONS: &[&Declaration] = &[
            $(&super::$module::spec::DECLARATION,)+
            $($(#[$when])* &super::$layer::spec::DECLARATION),+
        ];
    };
}

registry!(language);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::mechanism::Kind;

    #[test]
    fn a_layer_is_called_alike_in_its_declaration_the_language_and_results() {
        let schema = schemars::schema_for!(Layer).to_value();
        let variants = schema["oneOf"].as_array().expect("an enum");
        let name = |schema: &serde_json::Value| {
            let fields = schema["properties"].as_object().expect("a variant");
            fields.keys().next().expect("it has a name").clone()
        };
        let names: Vec<String> = variants.iter().map(name).collect();
        let declared: Vec<&str> = LAYERS.iter().map(|layer| layer.name).collect();
        assert_eq!(names, declared);
        for layer in LAYERS {
            assert!(Kind::ALL.iter().any(|kind| kind.name() == layer.kind), "{}", layer.kind);
        }
    }

    #[test]
    fn kinds_of_changes_are_unmistakable_and_have_the_words_that_a_report_fills_in() {
        let changes = || DECLARATIONS.iter().flat_map(|declaration| declaration.changes);
        assert!(changes().count() > 30);
        for one in changes() {
            let same = changes().filter(|other| other.name == one.name);
            assert!(same.into_iter().all(|other| std::ptr::eq(*other, *one)), "{}", one.name);
            let mut fields = one.words.split('{').skip(1).filter_map(|part| part.split_once('}'));
            let known = ["at", "from", "to", "service"];
            assert!(fields.clone().any(|(name, _)| name == "at"), "{}", one.words);
            assert!(fields.all(|(name, _)| known.contains(&name)), "{}", one.words);
            assert!(!one.about.is_empty() && !one.about.ends_with('.'), "{}", one.name);
        }
    }

    #[test]
    fn names_and_kinds_are_unmistakable() {
        for (at, one) in DECLARATIONS.iter().enumerate() {
            for other in &DECLARATIONS[..at] {
                assert!(one.name != other.name && one.kind != other.kind, "{one:?}");
            }
        }
    }
}
