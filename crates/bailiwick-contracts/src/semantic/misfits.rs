//! How each meaning says what does not fit it.

/// Declares why a value is not what it should be: a variant, its code for records, its sentence.
macro_rules! misfits {
    ($(#[$doc:meta])* $name:ident { $($variant:ident $code:literal $text:literal)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        pub enum $name {
            $(#[doc = $text] $variant,)*
        }

        impl $name {
            /// The word for it in records.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(match self { $(Self::$variant => $text,)* })
            }
        }
    };
}
pub(super) use misfits;
