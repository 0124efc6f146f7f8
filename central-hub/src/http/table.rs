//! One table that is both the router and the OpenAPI document, so that a route cannot exist without its description and
//! its guard.

use super::caller::{Admits, guard};
use super::state::App;
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::MethodRouter;
use model::api::media;
use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

/// The router and its description, growing together.
pub struct Table<'a> {
    app: Option<&'a App>,
    router: Router<App>,
    paths: Map<String, Value>,
    schemas: SchemaGenerator,
}

/// A route's place and words.
#[derive(Clone, Copy)]
pub struct Place {
    /// `get`, `put` or `post`.
    pub method: &'static str,
    /// With `{names}`.
    pub path: &'static str,
    /// Whom it admits.
    pub admits: Admits,
    /// One line.
    pub summary: &'static str,
    /// Names after the question mark, by blanks; a `?` at the end marks those that may be missing.
    pub query: &'static str,
}

impl Place {
    /// The same with names after the question mark.
    pub const fn asking(self, query: &'static str) -> Self {
        Self { query, ..self }
    }
}

impl<'a> Table<'a> {
    /// Nothing yet. Without an app it is only the document.
    pub fn new(app: Option<&'a App>) -> Self {
        let settings =
            SchemaSettings::draft2020_12().with(|s| s.definitions_path = "/components/schemas".into());
        Self { app, router: Router::new(), paths: Map::new(), schemas: settings.into_generator() }
    }

    /// A route with body `B` and answer `A`; `()` for none.
    pub fn route<B: JsonSchema, A: JsonSchema>(mut self, place: Place, handler: MethodRouter<App>) -> Self {
        let (body, answer) = (self.schema::<B>(), self.schema::<A>());
        let entry = self.paths.entry(place.path).or_insert_with(|| json!({}));
        if let Some(methods) = entry.as_object_mut() {
            methods.insert(place.method.to_owned(), operation(place, body, answer));
        }
        if let Some(app) = self.app {
            let guarded = handler.layer(from_fn_with_state((app.clone(), place.admits), guard));
            self.router = self.router.route(place.path, guarded);
        }
        self
    }

    fn schema<T: JsonSchema>(&mut self) -> Option<Value> {
        (T::schema_name() != "null").then(|| self.schemas.subschema_for::<T>().to_value())
    }

    /// The router, and the OpenAPI 3.1 document of everything in it.
    pub fn finish(mut self, title: &str) -> (Router<App>, Value) {
        let problem = self.schema::<model::Problem>();
        let document = json!({
            "openapi": "3.1.0",
            "info": { "title": title, "version": env!("CARGO_PKG_VERSION"),
                "description": "A person's write takes an Idempotency-Key header (a UUID); a retry with the same key \
                    gets the first answer. Every refusal is application/problem+json." },
            "paths": self.paths,
            "components": {
                "schemas": self.schemas.take_definitions(true),
                "responses": { "Problem": { "description": "Refused; `hint` says what to do.",
                    "content": { "application/problem+json": { "schema": problem } } } },
                "securitySchemes": {
                    "session": { "type": "http", "scheme": "bearer" },
                    "store": { "type": "http", "scheme": "bearer",
                        "description": "The store's token; over [sync] its certificate." },
                },
            },
        });
        (self.router, document)
    }
}

fn operation(place: Place, body: Option<Value>, answer: Option<Value>) -> Value {
    let named = |name: &str, at: &str, needed: bool| json!({ "name": name, "in": at, "required": needed, "schema": { "type": "string" } });
    let in_path = place.path.split('/').filter_map(|p| p.strip_prefix('{')?.strip_suffix('}'));
    let mut parameters: Vec<Value> = in_path.map(|name| named(name, "path", true)).collect();
    for name in place.query.split_whitespace() {
        parameters.push(named(name.trim_end_matches('?'), "query", !name.ends_with('?')));
    }
    // What a store sends says by itself what it repeats.
    if place.method != "get" && place.admits != Admits::Store {
        parameters.push(json!({ "name": "Idempotency-Key", "in": "header", "required": true,
            "schema": { "type": "string", "format": "uuid" } }));
    }
    let responses = media::responses(answer);
    let mut operation = json!({ "summary": place.summary, "parameters": parameters, "responses": responses });
    if let Some(schema) = body {
        operation["requestBody"] = json!({ "required": true, "content": media::content(schema) });
    }
    match place.admits {
        Admits::Anyone | Admits::Demo => {}
        Admits::Roles(roles) => {
            operation["security"] = json!([{ "session": [] }]);
            operation["x-roles"] = json!(roles);
        }
        Admits::Store => operation["security"] = json!([{ "store": [] }]),
    }
    operation
}
