//! The store node: SQLite is the authority for local stock; HTTP, MQTT and the uplink translate.
