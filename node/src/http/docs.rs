//! The description of `/v1/*` as a page for people, made from the one for programs.
//!
//! It holds no script and loads nothing, so that it works in a network of its own and under the
//! strictest content security policy. A page builder in JavaScript would be far larger than all
//! that it shows.

use std::fmt::Write as _;

use axum::body::Bytes;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";
const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;\
                     padding:0 1rem;color:#111;background:#fff}\
                     table{border-collapse:collapse;width:100%}\
                     th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;\
                     border-bottom:1px solid #999}\
                     h2{margin-top:3rem}code{font-size:1rem}";

/// GET /docs
pub(super) fn serve(page: Bytes) -> Response {
    let headers = [
        (CACHE_CONTROL, "public, max-age=60"),
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, POLICY),
    ];
    (headers, page).into_response()
}

/// The page about this description.
pub(super) fn page(api: &Value) -> String {
    let title = format!("{} {}", text(&api["info"]["title"]), text(&api["info"]["version"]));
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n<main>\n<h1>{title}</h1>\n<p>{}</p>\n\
         <p>For programs: <a href=\"openapi.json\">openapi.json</a></p>\n",
        text(&api["info"]["description"]),
    );
    let mut calls = String::new();
    page.push_str("<nav aria-label=\"Calls\">\n<ul>\n");
    for (path, methods) in members(&api["paths"]) {
        for (method, call) in members(methods) {
            let name = format!("{} {}", method.to_uppercase(), escaped(path));
            let (id, summary) = (text(&call["operationId"]), text(&call["summary"]));
            let item = format!("<li><a href=\"#{id}\"><code>{name}</code></a> {summary}</li>\n");
            page.push_str(&item);
            calls.push_str(&described(&id, &name, call));
        }
    }
    page.push_str("</ul>\n</nav>\n");
    page.push_str(&calls);
    page.push_str("<h2>Bodies</h2>\n");
    for (name, schema) in members(&api["components"]["schemas"]) {
        let name = escaped(name);
        let about = text(&schema["description"]);
        let _ = write!(page, "<h3 id=\"{name}\">{name}</h3>\n<p>{about}</p>\n");
        page.push_str(&properties(schema));
    }
    page.push_str("</main>\n</html>\n");
    page
}

/// One call.
fn described(id: &str, name: &str, call: &Value) -> String {
    let mut part = format!(
        "<h2 id=\"{id}\"><code>{name}</code></h2>\n<p>{}</p>\n<p>{}</p>\n",
        text(&call["summary"]),
        text(&call["description"]),
    );
    let mut sent: Vec<[String; 3]> = Vec::new();
    if call["security"].is_array() {
        let token = "Bearer, then the token".to_owned();
        sent.push(["<code>Authorization</code>".to_owned(), "header".to_owned(), token]);
    }
    for parameter in call["parameters"].as_array().into_iter().flatten() {
        let name = format!("<code>{}</code>", text(&parameter["name"]));
        sent.push([name, text(&parameter["in"]), text(&parameter["description"])]);
    }
    for (kind, content) in members(&call["requestBody"]["content"]) {
        let about = text(&call["requestBody"]["description"]);
        let body = format!("{} {about}", type_of(&content["schema"]));
        sent.push([format!("<code>{}</code>", escaped(kind)), "body".to_owned(), body]);
    }
    part.push_str(&table(["Sent", "Where", "What"], &sent));
    let mut answers = Vec::new();
    for (status, answer) in members(&call["responses"]) {
        let bodies = members(&answer["content"]).map(|(kind, content)| match kind.as_str() {
            "application/json" => type_of(&content["schema"]),
            other => format!("<code>{}</code>", escaped(other)),
        });
        let bodies = bodies.collect::<Vec<_>>().join(" or ");
        answers.push([escaped(status), text(&answer["description"]), bodies]);
    }
    part.push_str(&table(["Status", "When", "Body"], &answers));
    part
}

fn properties(schema: &Value) -> String {
    let required = |name: &str| {
        let mut names = schema["required"].as_array().into_iter().flatten();
        names.any(|have| have == name)
    };
    let rows = members(&schema["properties"]).map(|(name, property)| {
        let rest = if required(name) { "" } else { ", may be left out" };
        let kind = type_of(property) + rest;
        [format!("<code>{}</code>", escaped(name)), kind, text(&property["description"])]
    });
    table(["Name", "Type", "What"], &rows.collect::<Vec<_>>())
}

/// What a schema is, in words; a link if it has a name.
fn type_of(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str() {
        let name = escaped(name.rsplit('/').next().unwrap_or_default());
        return format!("<a href=\"#{name}\">{name}</a>");
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.first().map(text).unwrap_or_default(),
        kind => text(kind),
    };
    match kind.as_str() {
        "string" if schema["format"] == "binary" => "bytes".to_owned(),
        "array" => format!("list of {}", type_of(&schema["items"])),
        _ => kind,
    }
}

fn table(head: [&str; 3], rows: &[[String; 3]]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let cells = |cells: &[String; 3]| format!("<tr><td>{}</td></tr>\n", cells.join("</td><td>"));
    let head = head.join("</th><th scope=\"col\">");
    let rows: String = rows.iter().map(cells).collect();
    format!("<table>\n<tr><th scope=\"col\">{head}</th></tr>\n{rows}</table>\n")
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn text(value: &Value) -> String {
    escaped(value.as_str().unwrap_or_default())
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_and_body_is_shown_and_nothing_is_loaded() {
        let api: Value = serde_json::from_str(&super::super::description()).unwrap();
        let page = page(&api);
        for (path, methods) in members(&api["paths"]) {
            for (method, call) in members(methods) {
                let name = format!("{} {}", method.to_uppercase(), path);
                let id = call["operationId"].as_str().unwrap();
                assert!(page.contains(&format!("<h2 id=\"{id}\"><code>{name}</code></h2>")));
            }
        }
        for (name, schema) in members(&api["components"]["schemas"]) {
            assert!(page.contains(&format!("<h3 id=\"{name}\">")), "{name}");
            for (property, _) in members(&schema["properties"]) {
                assert!(page.contains(&format!("<td><code>{property}</code></td>")), "{property}");
            }
        }
        for link in page.split("href=\"#").skip(1) {
            let id = link.split('"').next().unwrap();
            assert!(page.contains(&format!(" id=\"{id}\"")), "{id}");
        }
        for loaded in ["<script", "src=", "<link", "url(", "http:", "https:"] {
            assert!(!page.contains(loaded), "{loaded}");
        }
        assert!(page.len() < 64 * 1024, "{}", page.len());
    }

    #[test]
    fn what_is_described_cannot_change_the_page() {
        let hostile = "<script>'\"&";
        let api = serde_json::json!({
            "info": { "title": hostile, "description": hostile },
            "paths": { hostile: { "get": {
                "operationId": hostile, "summary": hostile, "description": hostile,
                "parameters": [{ "name": hostile, "in": hostile, "description": hostile }],
                "requestBody": { "content": { hostile: { "schema": { "type": hostile } } } },
                "responses": { hostile: { "description": hostile, "content": {
                    hostile: {},
                    "application/json": { "schema": { "$ref": hostile } },
                } } },
            } } },
            "components": { "schemas": { hostile: {
                "description": hostile,
                "properties": { hostile: { "type": hostile, "description": hostile } },
            } } },
        });
        assert!(!page(&api).contains("<script"));
    }
}
