//! One table that is both the router and the OpenAPI document, so that a route cannot exist without its description.

use axum::Router;
use axum::routing::MethodRouter;
use model::api::media;
use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

/// The router and its description, growing together.
pub struct Table<S> {
    router: Router<S>,
    paths: Map<String, Value>,
    schemas: SchemaGenerator,
    /// Path and method of the newest route.
    newest: (&'static str, &'static str),
}

/// What a route takes and gives, for the document.
pub struct Doc {
    method: &'static str,
    path: &'static str,
    summary: &'static str,
    request: Option<Value>,
    response: Option<Value>,
}

impl<S: Clone + Send + Sync + 'static> Table<S> {
    /// Nothing yet.
    pub fn new() -> Self {
        let settings =
            SchemaSettings::draft2020_12().with(|s| s.definitions_path = "/components/schemas".into());
        Self {
            router: Router::new(),
            paths: Map::new(),
            schemas: settings.into_generator(),
            newest: ("", ""),
        }
    }

    /// A route without a body, answering `A`.
    pub fn get<A: JsonSchema>(
        self,
        path: &'static str,
        summary: &'static str,
        handler: MethodRouter<S>,
    ) -> Self {
        self.add::<(), A>("get", path, summary, handler)
    }

    /// A write: body `B`, answer `A`; `()` for none.
    pub fn post<B: JsonSchema, A: JsonSchema>(
        self,
        path: &'static str,
        summary: &'static str,
        handler: MethodRouter<S>,
    ) -> Self {
        self.add::<B, A>("post", path, summary, handler)
    }

    fn add<B: JsonSchema, A: JsonSchema>(
        mut self,
        method: &'static str,
        path: &'static str,
        summary: &'static str,
        handler: MethodRouter<S>,
    ) -> Self {
        let doc = Doc { method, path, summary, request: self.schema::<B>(), response: self.schema::<A>() };
        let entry = self.paths.entry(path).or_insert_with(|| json!({}));
        if let Some(methods) = entry.as_object_mut() {
            methods.insert(method.to_owned(), doc.operation());
        }
        self.router = self.router.route(path, handler);
        self.newest = (path, method);
        self
    }

    /// What the newest route reads after the question mark: names, by blanks; a `?` at the end marks those that may be
    /// missing.
    pub fn asks(mut self, names: &'static str) -> Self {
        let named = |name: &str| {
            let (plain, needed) = (name.trim_end_matches('?'), !name.ends_with('?'));
            json!({ "name": plain, "in": "query", "required": needed, "schema": { "type": "string" } })
        };
        if let Some(Value::Array(parameters)) = self.newest().map(|operation| &mut operation["parameters"]) {
            parameters.extend(names.split_whitespace().map(named));
        }
        self
    }

    /// The newest route wants no session.
    pub fn open(mut self) -> Self {
        if let Some(operation) = self.newest() {
            operation["security"] = json!([]);
        }
        self
    }

    /// The newest route wants no idempotency key: its body says by itself what it repeats.
    pub fn without_key(mut self) -> Self {
        if let Some(Value::Array(parameters)) = self.newest().map(|operation| &mut operation["parameters"]) {
            parameters.retain(|parameter| parameter["in"] != "header");
        }
        self
    }

    fn newest(&mut self) -> Option<&mut Value> {
        let (path, method) = self.newest;
        self.paths.get_mut(path)?.get_mut(method)
    }

    fn schema<T: JsonSchema>(&mut self) -> Option<Value> {
        (T::schema_name() != "null").then(|| self.schemas.subschema_for::<T>().to_value())
    }

    /// The router, and the OpenAPI 3.1 document of everything in it.
    pub fn finish(mut self, title: &str) -> (Router<S>, Value) {
        let problem = self.schema::<model::Problem>();
        let document = json!({
            "openapi": "3.1.0",
            "info": { "title": title, "version": env!("CARGO_PKG_VERSION"),
                "description": "A write takes an Idempotency-Key header (a UUID); a retry with the same key gets the \
                    first answer. Every refusal is application/problem+json." },
            "paths": self.paths,
            "components": {
                "schemas": self.schemas.take_definitions(true),
                "responses": { "Problem": { "description": "Refused; `hint` says what to do.",
                    "content": { "application/problem+json": { "schema": problem } } } },
                "securitySchemes": { "session": { "type": "http", "scheme": "bearer" } },
            },
            "security": [{ "session": [] }],
        });
        (self.router, document)
    }
}

impl Doc {
    fn operation(&self) -> Value {
        let mut parameters: Vec<Value> = self
            .path
            .split('/')
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
            .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
            .collect();
        if self.method != "get" {
            parameters.push(json!({ "name": "Idempotency-Key", "in": "header", "required": true,
                "schema": { "type": "string", "format": "uuid" } }));
        }
        let responses = media::responses(self.response.clone());
        let mut operation =
            json!({ "summary": self.summary, "parameters": parameters, "responses": responses });
        if let Some(schema) = &self.request {
            operation["requestBody"] = json!({ "required": true, "content": media::content(schema.clone()) });
        }
        operation
    }
}
