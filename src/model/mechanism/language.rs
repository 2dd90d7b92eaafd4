//! The mechanisms of the language: parts of an arm, and the layers that policies are made of.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::spec::declaration::Declaration;
use crate::model::spec::layer::LayerSpec;

/// What the language has of the parts and layers of the registry.
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
            /// Its specification.
            #[must_use]
            pub fn spec(&self) -> &dyn LayerSpec {
                match self { $($(#[$when])* Self::$name(spec) => spec),+ }
            }

            /// Its specification, to be changed.
            pub fn spec_mut(&mut self) -> &mut dyn LayerSpec {
                match self { $($(#[$when])* Self::$name(spec) => spec),+ }
            }

            /// What is known of layers of its kind.
            #[must_use]
            pub fn declaration(&self) -> &'static Declaration {
                match self {
                    $($(#[$when])* Self::$name(_) => &super::$layer::spec::DECLARATION),+
                }
            }
        }

        /// Every kind of layer, in the order of the language.
        pub static LAYERS: &[&Declaration] =
            &[$($(#[$when])* &super::$layer::spec::DECLARATION),+];

        /// Every mechanism of the language: what an arm consists of, then layers.
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
    fn names_and_kinds_are_unmistakable() {
        for (at, one) in DECLARATIONS.iter().enumerate() {
            for other in &DECLARATIONS[..at] {
                assert!(one.name != other.name && one.kind != other.kind, "{one:?}");
            }
        }
    }
}
