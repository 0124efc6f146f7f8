//! One walk over a file's syntax that fills its facts, with the kind of code around each: test, const, function.
//! Judges nothing.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, ItemFn, ItemMod, Lit, Pat, Signature, UseTree, Visibility};

use crate::facts::{At, Call, Facts, Function, Module, Named, Path, Text};

#[derive(Default)]
pub struct Walk {
    pub facts: Facts,
    test: bool,
    constant: bool,
    function: Option<usize>,
    /// Inside `impl Trait for`: documentation stands at the trait.
    trait_impl: bool,
}

fn line(span: Span) -> usize {
    span.start().line
}

fn is_test_code(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| {
        let last = attr.path().segments.last().map(|segment| segment.ident.to_string());
        match last.as_deref() {
            Some("test" | "rstest") => true,
            Some("cfg") => attr.meta.require_list().is_ok_and(|list| {
                let condition = list.tokens.to_string();
                condition == "test"
                    || condition.starts_with("any (test")
                    || condition.starts_with("all (test")
            }),
            _ => false,
        }
    })
}

fn path_attribute(attrs: &[Attribute]) -> Option<String> {
    let path = attrs.iter().find(|attr| attr.path().is_ident("path"))?;
    let Expr::Lit(syn::ExprLit { lit: Lit::Str(text), .. }) = &path.meta.require_name_value().ok()?.value
    else {
        return None;
    };
    Some(text.value())
}

fn is_documented(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| attr.path().is_ident("doc"))
}

impl Walk {
    fn at(&self, span: Span) -> At {
        At { line: line(span), is_test: self.test, is_const: self.constant, function: self.function }
    }

    fn within(&mut self, test: bool, constant: bool, inside: impl FnOnce(&mut Walk)) {
        let before = (self.test, self.constant);
        self.test |= test;
        self.constant |= constant;
        inside(self);
        (self.test, self.constant) = before;
    }

    fn public(&mut self, vis: &Visibility, attrs: &[Attribute], kind: &str, ident: &syn::Ident) {
        if matches!(vis, Visibility::Public(_)) && !self.test && !self.trait_impl && !is_documented(attrs) {
            let at = self.at(ident.span());
            self.facts.undocumented.push(Named { at, name: format!("{kind} {ident}") });
        }
    }

    fn enter_function(&mut self, sig: &Signature, end: Span, inside: impl FnOnce(&mut Walk)) {
        let number = self.facts.functions.len();
        let at = self.at(sig.fn_token.span);
        let lines = end.end().line + 1 - line(sig.fn_token.span);
        self.facts.functions.push(Function { at, name: sig.ident.to_string(), lines });
        if sig.asyncness.is_some() {
            self.facts.asyncs.push(at);
        }
        let before = self.function.replace(number);
        self.within(false, sig.constness.is_some(), inside);
        self.function = before;
    }

    fn use_tree(&mut self, tree: &UseTree, prefix: &mut Vec<String>) {
        match tree {
            UseTree::Path(path) => {
                prefix.push(path.ident.to_string());
                self.use_tree(&path.tree, prefix);
                prefix.pop();
            }
            UseTree::Group(group) => group.items.iter().for_each(|item| self.use_tree(item, prefix)),
            UseTree::Name(name) => self.used(&name.ident, prefix),
            UseTree::Rename(rename) => self.used(&rename.ident, prefix),
            UseTree::Glob(glob) => {
                let at = self.at(glob.star_token.span);
                self.facts.paths.push(Path { at, segments: prefix.clone() });
            }
        }
    }

    fn used(&mut self, ident: &syn::Ident, prefix: &[String]) {
        let mut segments = prefix.to_vec();
        segments.push(ident.to_string());
        let at = self.at(ident.span());
        self.facts.paths.push(Path { at, segments });
    }

    /// Macro bodies are only tokens: strings, `a::b` paths and `.method(` are still to be seen in them.
    fn tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        for (index, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Group(group) => self.tokens(group.stream()),
                TokenTree::Literal(literal) => {
                    if let Lit::Str(text) = Lit::new(literal.clone()) {
                        let at = self.at(literal.span());
                        self.facts.strings.push(Text { at, value: text.value() });
                    }
                }
                TokenTree::Ident(ident) => self.token_call(&tokens, index, ident),
                TokenTree::Punct(_) => {}
            }
        }
    }

    fn token_call(&mut self, tokens: &[TokenTree], index: usize, ident: &proc_macro2::Ident) {
        let punct = |at: Option<&TokenTree>, wanted: char| matches!(at, Some(TokenTree::Punct(p)) if p.as_char() == wanted);
        let before = |back: usize| index.checked_sub(back).and_then(|at| tokens.get(at));
        if punct(before(1), ':') {
            return;
        }
        let mut segments = vec![ident.to_string()];
        let mut next = index + 1;
        while punct(tokens.get(next), ':') && punct(tokens.get(next + 1), ':') {
            let Some(TokenTree::Ident(part)) = tokens.get(next + 2) else { break };
            segments.push(part.to_string());
            next += 3;
        }
        let at = self.at(ident.span());
        if let Some(TokenTree::Group(group)) = tokens.get(next) {
            let arguments = usize::from(!group.stream().is_empty());
            let is_method = punct(before(1), '.');
            self.facts.calls.push(Call { at, segments: segments.clone(), is_method, arguments });
        }
        if punct(tokens.get(next), '!') {
            self.facts.macros.push(Named { at, name: segments.last().cloned().unwrap_or_default() });
        }
        if segments.len() > 1 {
            self.facts.paths.push(Path { at, segments });
        }
    }
}

/// Does `_` stand beside variants of an enum other than Option and Result?
fn hides_variants(arms: &[syn::Arm]) -> bool {
    let wild = arms.iter().any(|arm| matches!(arm.pat, Pat::Wild(_)) && arm.guard.is_none());
    wild && arms.iter().any(|arm| names_variant(&arm.pat))
}

#[expect(clippy::wildcard_enum_match_arm, reason = "syn's patterns may grow, and the others name no variant")]
fn names_variant(pat: &Pat) -> bool {
    let own = |path: &syn::Path| {
        let last = path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
        let is_constant = last.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        !is_constant && !matches!(last.as_str(), "Some" | "None" | "Ok" | "Err")
    };
    match pat {
        Pat::Path(path) => own(&path.path),
        Pat::TupleStruct(tuple) => own(&tuple.path),
        Pat::Struct(fields) => own(&fields.path),
        Pat::Or(or) => or.cases.iter().any(names_variant),
        Pat::Reference(reference) => names_variant(&reference.pat),
        Pat::Paren(paren) => names_variant(&paren.pat),
        _ => false,
    }
}

impl<'ast> Visit<'ast> for Walk {
    fn visit_file(&mut self, file: &'ast syn::File) {
        self.within(is_test_code(&file.attrs), false, |walk| visit::visit_file(walk, file));
    }

    fn visit_attribute(&mut self, attr: &'ast Attribute) {
        let tokens = attr.meta.require_list().map(|list| list.tokens.to_string()).unwrap_or_default();
        let at = self.at(attr.pound_token.span);
        let name = tokens.clone();
        if attr.path().is_ident("allow") || attr.path().is_ident("cfg_attr") && tokens.contains("allow (") {
            self.facts.allows.push(Named { at, name });
        } else if attr.path().is_ident("expect") && !tokens.contains("reason =") {
            self.facts.unreasoned.push(Named { at, name });
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.use_tree(&item.tree, &mut Vec::new());
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if let Some(first) = path.segments.first() {
            let at = self.at(first.ident.span());
            let segments = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            self.facts.paths.push(Path { at, segments });
        }
        visit::visit_path(self, path);
    }

    fn visit_lit_str(&mut self, text: &'ast syn::LitStr) {
        let at = self.at(text.span());
        self.facts.strings.push(Text { at, value: text.value() });
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        if let Some(last) = mac.path.segments.last() {
            let at = self.at(last.ident.span());
            self.facts.macros.push(Named { at, name: last.ident.to_string() });
        }
        self.tokens(mac.tokens.clone());
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        let at = self.at(call.method.span());
        let segments = vec![call.method.to_string()];
        self.facts.calls.push(Call { at, segments, is_method: true, arguments: call.args.len() });
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let Expr::Path(path) = &*call.func {
            let segments: Vec<String> =
                path.path.segments.iter().map(|part| part.ident.to_string()).collect();
            let at = path
                .path
                .segments
                .first()
                .map_or_else(|| self.at(Span::call_site()), |s| self.at(s.ident.span()));
            self.facts.calls.push(Call { at, segments, is_method: false, arguments: call.args.len() });
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_match(&mut self, item: &'ast syn::ExprMatch) {
        let at = self.at(item.match_token.span);
        self.facts.matches.push((at, hides_variants(&item.arms)));
        visit::visit_expr_match(self, item);
    }

    fn visit_expr_async(&mut self, item: &'ast syn::ExprAsync) {
        let at = self.at(item.async_token.span);
        self.facts.asyncs.push(at);
        visit::visit_expr_async(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        let is_test = is_test_code(&item.attrs);
        if item.content.is_none() {
            let (name, file) = (item.ident.to_string(), path_attribute(&item.attrs));
            self.facts.modules.push(Module { name, file, is_test: is_test || self.test });
        } else if !is_test {
            self.public(&item.vis, &item.attrs, "mod", &item.ident);
        }
        self.within(is_test, false, |walk| visit::visit_item_mod(walk, item));
    }

    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        self.within(is_test_code(&item.attrs), false, |walk| {
            walk.public(&item.vis, &item.attrs, "fn", &item.sig.ident);
            let end = item.block.brace_token.span.close();
            walk.enter_function(&item.sig, end, |walk| visit::visit_item_fn(walk, item));
        });
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        let before = std::mem::replace(&mut self.trait_impl, item.trait_.is_some());
        self.within(is_test_code(&item.attrs), false, |walk| visit::visit_item_impl(walk, item));
        self.trait_impl = before;
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.within(is_test_code(&item.attrs), false, |walk| {
            walk.public(&item.vis, &item.attrs, "fn", &item.sig.ident);
            let end = item.block.brace_token.span.close();
            walk.enter_function(&item.sig, end, |walk| visit::visit_impl_item_fn(walk, item));
        });
    }

    fn visit_impl_item_const(&mut self, item: &'ast syn::ImplItemConst) {
        self.within(false, true, |walk| {
            walk.public(&item.vis, &item.attrs, "const", &item.ident);
            visit::visit_impl_item_const(walk, item);
        });
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        self.public(&item.vis, &item.attrs, "trait", &item.ident);
        if matches!(item.vis, Visibility::Public(_)) {
            for part in &item.items {
                if let syn::TraitItem::Fn(method) = part {
                    self.public(&item.vis, &method.attrs, "fn", &method.sig.ident);
                }
            }
        }
        visit::visit_item_trait(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        match &item.default {
            Some(block) => {
                let end = block.brace_token.span.close();
                self.enter_function(&item.sig, end, |walk| visit::visit_trait_item_fn(walk, item));
            }
            None => visit::visit_trait_item_fn(self, item),
        }
    }

    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        self.public(&item.vis, &item.attrs, "struct", &item.ident);
        visit::visit_item_struct(self, item);
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        self.public(&item.vis, &item.attrs, "enum", &item.ident);
        visit::visit_item_enum(self, item);
    }

    fn visit_item_type(&mut self, item: &'ast syn::ItemType) {
        self.public(&item.vis, &item.attrs, "type", &item.ident);
        visit::visit_item_type(self, item);
    }

    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        self.within(is_test_code(&item.attrs), true, |walk| {
            walk.public(&item.vis, &item.attrs, "const", &item.ident);
            visit::visit_item_const(walk, item);
        });
    }

    fn visit_item_static(&mut self, item: &'ast syn::ItemStatic) {
        // A LazyLock runs at run time, so a `static` is no const context for what stands in its closure.
        self.public(&item.vis, &item.attrs, "static", &item.ident);
        visit::visit_item_static(self, item);
    }

    fn visit_expr_const(&mut self, item: &'ast syn::ExprConst) {
        self.within(false, true, |walk| visit::visit_expr_const(walk, item));
    }

    fn visit_expr_closure(&mut self, item: &'ast syn::ExprClosure) {
        if item.asyncness.is_some() {
            let at = self.at(item.or1_token.span);
            self.facts.asyncs.push(at);
        }
        visit::visit_expr_closure(self, item);
    }
}
