//! What the running program answers over HTTP: that its OpenAPI document is true, route by route, and that bad input is
//! named and changes nothing.

use super::house::{Answer, House, Node};
use super::{csv, row};
use serde_json::{Value, json};

/// What stands in the place of a path's names.
const PLACES: [(&str, &str); 2] = [("{sku}", "SALT"), ("{id}", "01890000-0000-7000-8000-000000000000")];

/// A store with one product that runs, and a manager's session.
fn open() -> (House, Node, String) {
    let house = House::new();
    let file = house.file("goods.csv", &csv(&[row("SALT", "ambient", 2_000, 40)]));
    assert_eq!(house.import(&["catalogue", &file]).code, 0);
    let node = house.serve();
    let token = login(&house, "meena", "8080");
    (house, node, token)
}

fn login(house: &House, person: &str, pin: &str) -> String {
    let body = json!({ "person": person, "pin": pin }).to_string();
    let said = house.call("POST /api/v1/login", &with_key(None, 900 + pin.len() as u32), &body);
    said.json()["token"].as_str().unwrap().to_owned()
}

fn bearer(token: &str) -> String {
    format!("authorization: Bearer {token}\r\ncontent-type: application/json\r\n")
}

fn with_key(token: Option<&str>, n: u32) -> String {
    let session = token.map_or("content-type: application/json\r\n".to_owned(), bearer);
    format!("{session}idempotency-key: 01890000-0000-7000-8000-{n:012}\r\n")
}

/// Status and code of a problem, which must say what to do.
fn problem(answer: &Answer) -> (u16, String) {
    assert_eq!(answer.media, "application/problem+json", "{answer:?}");
    let said = answer.json();
    assert!(said["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{said}");
    (answer.status, said["code"].as_str().unwrap().to_owned())
}

fn wants<'a>(operation: &'a Value, place: &str) -> Vec<&'a Value> {
    operation["parameters"].as_array().unwrap().iter().filter(|p| p["in"] == place).collect()
}

/// The path as somebody calls it, with something for each query that must be there.
fn address(path: &str, operation: &Value) -> String {
    let mut path = path.to_owned();
    for (name, value) in PLACES {
        path = path.replace(name, value);
    }
    let needed = wants(operation, "query").into_iter().filter(|p| p["required"] == true);
    let query: Vec<String> = needed.map(|p| format!("{}=x", p["name"].as_str().unwrap())).collect();
    if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
}

#[test]
fn the_document_says_of_every_route_what_the_route_does() {
    let (house, _node, token) = open();
    let document = house.call("GET /api/openapi.json", "", "").json();
    let mut seen = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            seen += 1;
            let call = format!("{} {}", method.to_uppercase(), address(path, operation));
            let open = operation["security"] == json!([]);
            let guest = house.call(&call, "content-type: application/json\r\n", "{}");
            assert_eq!(guest.status == 401, !open, "{call}: {guest:?}");
            let answer = house.call(&call, &bearer(&token), "{}");
            match method.as_str() {
                "get" => reads_as_documented(&call, operation, &answer),
                _ => {
                    let keyed = !wants(operation, "header").is_empty();
                    let missing = answer.status == 400 && problem(&answer).1 == "idempotency_key";
                    assert_eq!(missing, keyed, "{call}: {answer:?}");
                }
            }
            for name in wants(operation, "query").iter().filter(|p| p["required"] == true) {
                let bare = call.split('?').next().unwrap();
                let said = house.call(bare, &bearer(&token), "");
                assert_eq!(problem(&said), (400, "bad_query".to_owned()), "{bare} without {name}");
            }
        }
    }
    assert!(seen > 35, "{seen} routes");
    let qty = &document["components"]["schemas"]["Qty"];
    assert_eq!((&qty["minimum"], &qty["maximum"]), (&json!(0), &json!(1_000_000)), "{qty}");
}

/// In the form that is documented, or a problem where the thing that is named is not there.
fn reads_as_documented(call: &str, operation: &Value, answer: &Answer) {
    let documented = operation["responses"]["200"]["content"].as_object().unwrap();
    let named = call.contains(PLACES[1].1) || call.contains("=x");
    if answer.status != 200 && named {
        problem(answer);
        return;
    }
    assert_eq!(answer.status, 200, "{call}: {answer:?}");
    assert!(documented.contains_key(&answer.media), "{call} answers {}, not {documented:?}", answer.media);
}

#[test]
fn bad_input_gets_a_clear_problem_and_changes_nothing() {
    let (house, _node, token) = open();
    let picker = login(&house, "asha", "12345");
    let order = |sku: &str, qty: &str| {
        format!("{{\"lines\":[{{\"sku\":\"{sku}\",\"qty\":{qty}}}],\"first_name\":\"Asha\"}}")
    };
    let receive = |sku: &str, qty: &str| {
        format!(
            "{{\"sku\":\"{sku}\",\"qty\":{qty},\"batch\":\"B\",\"expiry\":\"2030-01-01\",\"mrp\":100,\"bin\":null}}"
        )
    };
    let (orders, receives) = ("POST /api/v1/counter-orders", "POST /api/v1/receive");
    let large = " ".repeat(70_000);
    for (n, (call, body, status, code)) in [
        (orders, order("SALT", "-1"), 422, "wrong_shape"),
        (orders, order("SALT", "99999999999999999999"), 422, "wrong_shape"),
        (orders, order("SALT", "1000000"), 409, "out_of_stock"),
        (orders, order("SALT", "0"), 422, "bad_input"),
        (orders, order("NOPE", "1"), 404, "unknown_product"),
        (orders, order("NO PE", "1"), 422, "wrong_shape"),
        (orders, order("SALT", "1").replace("lines", "line"), 422, "wrong_shape"),
        (orders, "{".to_owned(), 400, "malformed_json"),
        (orders, large, 413, "body_too_large"),
        (receives, receive("SALT", "-5"), 422, "wrong_shape"),
        (receives, receive("NOPE", "5"), 404, "unknown_product"),
        ("POST /api/v1/orders/nobody/reprint", String::new(), 400, "bad_path"),
        ("GET /api/v1/stock?after=%20", String::new(), 400, "bad_query"),
        ("GET /api/v1/checkout", String::new(), 404, "unknown_path"),
        ("GET /api/v1/receive", String::new(), 405, "wrong_method"),
    ]
    .into_iter()
    .enumerate()
    {
        let said = house.call(call, &with_key(Some(&token), n as u32), &body);
        assert_eq!(problem(&said), (status, code.to_owned()), "{call} {:.90}: {said:?}", body.trim());
    }
    let plain =
        format!("authorization: Bearer {token}\r\nidempotency-key: 01890000-0000-7000-8000-000000000099\r\n");
    assert_eq!(problem(&house.call(orders, &plain, &order("SALT", "1"))), (415, "not_json".to_owned()));
    let enrol = ("POST /api/v1/handhelds", json!({ "device": "h1" }).to_string());
    let said = house.call(enrol.0, &with_key(Some(&picker), 50), &enrol.1);
    assert_eq!(problem(&said), (403, "wrong_role".to_owned()), "{said:?}");
    assert_eq!(house.stock(), [("SALT".to_owned(), 40)]);
    assert_eq!((house.count("orders"), house.count("device")), (0, 0));
    a_key_is_used_once(&house, &token, (orders, &order("SALT", "2"), &order("SALT", "3")));
}

fn a_key_is_used_once(house: &House, token: &str, (call, body, other): (&str, &str, &str)) {
    let key = with_key(Some(token), 60);
    let first = house.call(call, &key, body);
    assert_eq!(first.status, 200, "{first:?}");
    assert_eq!(house.call(call, &key, body).json(), first.json(), "a retry gets the first answer");
    assert_eq!(problem(&house.call(call, &key, other)), (409, "id_reused".to_owned()));
    assert_eq!(house.count("orders"), 1);
}

#[test]
fn a_page_is_there_for_whoever_asks_only_whether_it_is() {
    let house = House::new();
    let _node = house.serve();
    for path in ["/", "/picker/", "/orders/7"] {
        let (asked, read) =
            (house.call(&format!("HEAD {path}"), "", ""), house.call(&format!("GET {path}"), "", ""));
        assert_eq!((asked.status, &asked.media), (read.status, &read.media), "{path}: {asked:?}");
        assert_eq!(asked.media, "text/html", "{path}");
        assert!(asked.body.is_empty() && !read.body.is_empty(), "{path}");
    }
    assert_eq!(house.call("HEAD /api/v1/nothing", "", "").status, 404);
}

/// Whoever lost the answer in a restart sends the same again, and has what the first one was told.
#[test]
fn a_login_and_an_enrolment_that_come_again_after_a_restart_get_their_first_answer() {
    let (house, node, token) = open();
    let login = ("POST /api/v1/login", with_key(None, 70), json!({ "person": "meena", "pin": "8080" }));
    let enrol = ("POST /api/v1/handhelds", with_key(Some(&token), 71), json!({ "device": "h1" }));
    let both = || [&login, &enrol].map(|(call, head, body)| house.call(call, head, &body.to_string()));
    let first = both();
    assert_eq!([first[0].status, first[1].status], [200, 200], "{first:?}");
    drop(node);
    let _node = house.serve();
    let again = both();
    assert_eq!(again.map(|answer| (answer.status, answer.body)), first.map(|answer| (200, answer.body)));
    assert_eq!((house.count("handheld"), house.count("session")), (1, 2));
}
