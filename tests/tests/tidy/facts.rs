//! What one Rust file says, gathered by `walk` over its syntax: paths, strings, calls, functions, attributes.
//! Judges nothing: each rule reads the facts it needs.

use syn::visit::Visit;

use crate::walk::Walk;

/// Where something stands, and in what kind of code.
#[derive(Clone, Copy, Debug)]
pub struct At {
    pub line: usize,
    pub is_test: bool,
    /// Inside a `const`, a `static` or a `const fn`: a failure there is a failure of the build.
    pub is_const: bool,
    /// Number of the enclosing function, None outside one.
    pub function: Option<usize>,
}

pub struct Path {
    pub at: At,
    pub segments: Vec<String>,
}

pub struct Text {
    pub at: At,
    pub value: String,
}

/// A call of a function (`segments` is its path) or of a method (one segment).
pub struct Call {
    pub at: At,
    pub segments: Vec<String>,
    pub is_method: bool,
    pub arguments: usize,
}

pub struct Function {
    pub at: At,
    pub name: String,
    pub lines: usize,
}

/// `mod name;`: its code is in another file.
pub struct Module {
    pub name: String,
    /// What `#[path = "..."]` names, beside the declaring file.
    pub file: Option<String>,
    pub is_test: bool,
}

/// A named thing at a place: an undocumented item, a macro, an attribute.
pub struct Named {
    pub at: At,
    pub name: String,
}

#[derive(Default)]
pub struct Facts {
    pub paths: Vec<Path>,
    pub strings: Vec<Text>,
    pub calls: Vec<Call>,
    pub macros: Vec<Named>,
    pub functions: Vec<Function>,
    pub modules: Vec<Module>,
    pub undocumented: Vec<Named>,
    /// Lint attributes that are `allow`, or `expect` without a reason.
    pub allows: Vec<Named>,
    pub unreasoned: Vec<Named>,
    pub asyncs: Vec<At>,
    /// Every match; `true` where `_` hides variants of an enum that is not Option or Result.
    pub matches: Vec<(At, bool)>,
}

impl Facts {
    /// Gathers the facts of one parsed file.
    pub fn of(ast: &syn::File) -> Facts {
        let mut walk = Walk::default();
        walk.visit_file(ast);
        walk.facts
    }
}
