//! What goes over HTTP and is no JSON, as words for the OpenAPI documents: a route is described as answering `Csv` where it
//! answers bytes of that kind. Carries nothing itself.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;
use std::marker::PhantomData;

/// The keyword by which a schema says that what it describes is no JSON.
pub const MEDIA: &str = "contentMediaType";

macro_rules! media {
    ($($(#[$doc:meta])* $name:ident = $media:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $name;

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "contentMediaType": $media })
            }
        }
    )*};
}

media! {
    /// Rows for a spreadsheet.
    Csv = "text/csv";
    /// A paper.
    Pdf = "application/pdf";
    /// Plain words, and what Prometheus reads.
    Text = "text/plain";
    /// Bytes in a form of their own.
    Octets = "application/octet-stream";
}

/// Server-sent events whose data is a `T`.
#[derive(Debug, Clone, Copy)]
pub struct Events<T>(PhantomData<T>);

impl<T: JsonSchema> JsonSchema for Events<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        format!("Events_of_{}", T::schema_name()).into()
    }
    fn json_schema(schemas: &mut SchemaGenerator) -> Schema {
        let data = schemas.subschema_for::<T>();
        json_schema!({ "type": "string", "contentMediaType": "text/event-stream", "contentSchema": data })
    }
}

/// The connection becomes a WebSocket.
#[derive(Debug, Clone, Copy)]
pub struct Socket;

/// The keyword by which a schema says that the connection is another one afterwards.
pub const UPGRADE: &str = "x-upgrade";

impl JsonSchema for Socket {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Socket".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "x-upgrade": "websocket" })
    }
}

/// The `responses` of an operation that answers what this schema describes; without one it answers nothing.
pub fn responses(answer: Option<serde_json::Value>) -> serde_json::Value {
    use serde_json::json;
    let mut responses = match answer {
        None => json!({ "204": { "description": "Done." } }),
        Some(schema) if schema.get(UPGRADE).is_some() => {
            json!({ "101": { "description": "The connection is a WebSocket from now on." } })
        }
        Some(schema) => json!({ "200": { "description": "Done.", "content": content(schema) } }),
    };
    responses["default"] = json!({ "$ref": "#/components/responses/Problem" });
    responses
}

/// The `content` of a body or an answer that this schema describes.
pub fn content(schema: serde_json::Value) -> serde_json::Value {
    let media = schema.get(MEDIA).and_then(|media| media.as_str()).unwrap_or("application/json").to_owned();
    serde_json::json!({ media: { "schema": schema } })
}
