//! One Rust file, parsed: the modules it names, the paths it uses, how long its functions are.

use std::collections::BTreeSet;
use std::fmt;

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};

/// What the checks need to know of a file.
#[derive(Debug, Default)]
pub(crate) struct Source {
    /// `mod name;` lines, each with its `#[path]` when it has one.
    pub(crate) modules: Vec<Module>,
    /// Paths outside tests that start at `crate`, `self` or `super`.
    pub(crate) uses: Vec<Use>,
    /// Paths outside tests that start at `std`.
    pub(crate) std: Vec<(usize, String)>,
    /// Names that `use` brings to the top of the file, with the path that each stands for.
    pub(crate) imports: Vec<(String, Vec<String>)>,
    /// Functions outside tests.
    pub(crate) functions: Vec<Function>,
    /// First names of the paths in its statics and constants: the lines of its tables.
    pub(crate) in_tables: BTreeSet<String>,
    /// How many lines of the file are test modules.
    pub(crate) test_lines: usize,
}

/// A `mod name;` line.
#[derive(Debug)]
pub(crate) struct Module {
    pub(crate) name: String,
    /// The inline modules around it, outermost first.
    pub(crate) within: Vec<String>,
    pub(crate) path: Option<String>,
    pub(crate) for_tests: bool,
}

/// A path that reaches for something of the same crate.
#[derive(Debug)]
pub(crate) struct Use {
    pub(crate) line: usize,
    /// The inline modules around it, outermost first.
    pub(crate) within: Vec<String>,
    pub(crate) path: Vec<String>,
}

/// A function and its length.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) line: usize,
    pub(crate) lines: usize,
}

/// Why a file could not be read as Rust.
#[derive(Debug)]
pub(crate) struct Unreadable {
    pub(crate) line: usize,
    text: String,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Source {
    /// Parses one file.
    pub(crate) fn parse(text: &str) -> Result<Self, Unreadable> {
        let file = syn::parse_file(text).map_err(|error| Unreadable {
            line: error.span().start().line,
            text: error.to_string(),
        })?;
        let mut reader = Reader::default();
        reader.visit_file(&file);
        Ok(reader.source)
    }
}

/// Walks a file, leaving tests out, and remembers the inline modules it is inside of.
#[derive(Default)]
struct Reader {
    source: Source,
    within: Vec<String>,
    in_table: bool,
}

impl Reader {
    fn note_use(&mut self, line: usize, path: Vec<String>) {
        let first = path.first().map(String::as_str).unwrap_or_default();
        if first == "std" {
            self.source.std.push((line, path.join("::")));
        }
        if !is_own(first) {
            return;
        }
        self.source.uses.push(Use { line, within: self.within.clone(), path });
    }

    fn note_function(&mut self, signature: &syn::Signature, end: usize) {
        let line = signature.span().start().line;
        let lines = (end + 1).saturating_sub(line);
        self.source.functions.push(Function { name: signature.ident.to_string(), line, lines });
    }

    fn note_tree(&mut self, prefix: &[String], tree: &syn::UseTree) {
        let line = tree.span().start().line;
        let under = |ident: &syn::Ident| {
            let mut path = prefix.to_vec();
            path.push(ident.to_string());
            path
        };
        if let syn::UseTree::Path(step) = tree {
            self.note_tree(&under(&step.ident), &step.tree);
        } else if let syn::UseTree::Name(leaf) = tree {
            self.note_import(line, leaf.ident.to_string(), under(&leaf.ident));
        } else if let syn::UseTree::Rename(leaf) = tree {
            self.note_import(line, leaf.rename.to_string(), under(&leaf.ident));
        } else if let syn::UseTree::Group(group) = tree {
            for tree in &group.items {
                self.note_tree(prefix, tree);
            }
        } else if let syn::UseTree::Glob(_) = tree {
            self.note_use(line, prefix.to_vec());
        }
    }

    fn note_import(&mut self, line: usize, name: String, mut path: Vec<String>) {
        let mut name = name;
        if name == "self" {
            path.pop();
            name = path.last().cloned().unwrap_or_default();
        }
        if self.within.is_empty() {
            self.source.imports.push((name, path.clone()));
        }
        self.note_use(line, path);
    }

    /// Bodies of macros are not parsed; what they reach for by `crate::` is still seen.
    fn note_tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut line = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    let name = ident.to_string();
                    if path.is_empty() {
                        line = ident.span().start().line;
                    }
                    if !path.is_empty() || is_own(&name) {
                        path.push(name);
                    }
                }
                TokenTree::Punct(mark) if mark.as_char() == ':' => {}
                TokenTree::Group(group) => {
                    self.close_path(line, &mut path);
                    self.note_tokens(group.stream());
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => self.close_path(line, &mut path),
            }
        }
        self.close_path(line, &mut path);
    }

    fn close_path(&mut self, line: usize, path: &mut Vec<String>) {
        let path = std::mem::take(path);
        if path.len() > 1 {
            self.note_use(line, path);
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let for_tests = is_for_tests(&item.attrs);
        if item.content.is_none() {
            self.source.modules.push(Module {
                name: item.ident.to_string(),
                within: self.within.clone(),
                path: named_path(&item.attrs),
                for_tests,
            });
        } else if for_tests {
            let (first, last) = (item.span().start().line, item.span().end().line);
            self.source.test_lines += (last + 1).saturating_sub(first);
        } else {
            self.within.push(item.ident.to_string());
            visit::visit_item_mod(self, item);
            self.within.pop();
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if !is_for_tests(&item.attrs) {
            self.note_function(&item.sig, item.block.span().end().line);
            visit::visit_item_fn(self, item);
        }
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        if !is_for_tests(&item.attrs) {
            visit::visit_item_impl(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !is_for_tests(&item.attrs) {
            self.note_function(&item.sig, item.block.span().end().line);
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.note_function(&item.sig, block.span().end().line);
        }
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if !is_for_tests(&item.attrs) {
            self.note_tree(&[], &item.tree);
        }
    }

    fn visit_item_static(&mut self, item: &'ast syn::ItemStatic) {
        self.in_table = true;
        visit::visit_item_static(self, item);
        self.in_table = false;
    }

    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        self.in_table = true;
        visit::visit_item_const(self, item);
        self.in_table = false;
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() && path.segments.len() > 1 {
            let names: Vec<_> = path.segments.iter().map(|s| s.ident.to_string()).collect();
            if self.in_table {
                self.source.in_tables.extend(names.first().cloned());
            }
            self.note_use(path.span().start().line, names);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        visit::visit_macro(self, item);
        self.note_tokens(item.tokens.clone());
    }
}

/// Whether a path that starts so stays in its crate for sure.
fn is_own(first: &str) -> bool {
    matches!(first, "crate" | "super" | "self")
}

/// `#[test]`, or `#[cfg(test)]` alone: a `cfg` that says more is compiled for people, too.
fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let path = attribute.path();
        let cfg_test = || attribute.parse_args::<syn::Ident>().is_ok_and(|word| word == "test");
        path.is_ident("test") || (path.is_ident("cfg") && cfg_test())
    })
}

fn named_path(attributes: &[syn::Attribute]) -> Option<String> {
    let attribute = attributes.iter().find(|attribute| attribute.path().is_ident("path"))?;
    let value = &attribute.meta.require_name_value().ok()?.value;
    let syn::Expr::Lit(literal) = value else { return None };
    let syn::Lit::Str(text) = &literal.lit else { return None };
    Some(text.value())
}
