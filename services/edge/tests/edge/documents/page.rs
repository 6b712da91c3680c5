//! Renders `proto/websocket/README.md`, and fails when it was stale.

use std::collections::BTreeSet;

use proto::websocket::frames::{ClientFrame, ServerFrame};
use serde_json::Value;

use super::{
    fields::{self, first_paragraph},
    reading::{asyncapi, json_file, list, object, path, resolved, string, text},
    tables,
};

const PAGE: &str = "websocket/README.md";

#[test]
fn the_readable_page_is_what_the_documents_say() {
    let fresh = Page {
        document: asyncapi(),
        schema: json_file("websocket/schema.json"),
    }
    .render();
    let stale = std::fs::read_to_string(path(PAGE)).unwrap_or_default() != fresh;
    if stale {
        std::fs::write(path(PAGE), fresh).unwrap();
    }
    assert!(
        !stale,
        "proto/{PAGE} was stale and has been written anew; commit it"
    );
}

#[test]
fn links_lead_to_files() {
    for (folder, page) in [("", "README.md"), ("websocket/", "README.md")] {
        let text = text(&format!("{folder}{page}"));
        let links: Vec<_> = text
            .split("](")
            .skip(1)
            .map(|rest| rest.split_once(')').unwrap().0)
            .filter(|link| !link.starts_with('#') && !link.contains("://"))
            .collect();
        assert!(!links.is_empty());
        for link in links {
            assert!(
                path(&format!("{folder}{link}")).exists(),
                "{folder}{page}: {link}"
            );
        }
    }
}

struct Page {
    document: Value,
    schema: Value,
}

impl Page {
    fn render(&self) -> String {
        let info = &self.document["info"];
        let sections = [
            "<!-- Rendered from asyncapi.yaml, schema.json, codes.json and examples/ by \
             `cargo nextest run -p edge --test edge documents`. Do not edit. -->"
                .to_owned(),
            format!("# {}, version 1", string(&info["title"])),
            self.words(&["info", "description"]),
            "For machines: [AsyncAPI](asyncapi.yaml), [JSON Schema](schema.json), [codes](codes.json), \
             [examples](examples)."
                .to_owned(),
            format!("## Connecting\n\n{}", self.words(&["channels", "recipe", "description"])),
            self.recipe_id(),
            format!("## Messages\n\n{}", self.words(&["x-envelope"])),
            self.overview(),
            tables::guarantees(&self.document),
            tables::life(&self.document),
            self.messages("The client's messages", "ClientFrame"),
            self.messages("The server's messages", "ServerFrame"),
            self.objects(),
            tables::closes(&self.document),
            tables::errors(&self.document, &self.schema),
            tables::session(&self.document),
        ];
        sections.join("\n\n") + "\n"
    }

    /// A text of the document.
    fn words(&self, keys: &[&str]) -> String {
        let text = keys.iter().fold(&self.document, |value, key| &value[*key]);
        string(text).trim_end().to_owned()
    }

    fn recipe_id(&self) -> String {
        let parameter = &self.document["channels"]["recipe"]["parameters"]["recipe_id"];
        format!("`recipe_id` is {}", string(&parameter["description"]))
    }

    /// The frames of one side, in the schema's order, with their messages.
    fn side(&self, side: &str) -> Vec<(&Value, &Value)> {
        let message = |frame: &Value| {
            let name = string(&frame["properties"]["type"]["const"]);
            &self.document["components"]["messages"][name]
        };
        let frames = list(&self.schema["$defs"][side]["oneOf"]).iter();
        frames.map(|frame| (frame, message(frame))).collect()
    }

    fn overview(&self) -> String {
        let rows = |side: &str, from: &str| -> String {
            let row = |(_, message): (&Value, &Value)| {
                let name = string(&message["name"]);
                let summary = string(&message["summary"]);
                format!("| [`{name}`](#{name}) | {from} | {summary} |\n")
            };
            self.side(side).into_iter().map(row).collect()
        };
        let head = "| type | from | |\n| --- | --- | --- |\n";
        let table = format!(
            "{head}{}{}",
            rows("ClientFrame", "client"),
            rows("ServerFrame", "server")
        );
        table.trim_end().to_owned()
    }

    fn messages(&self, title: &str, side: &str) -> String {
        let messages: Vec<_> = self
            .side(side)
            .into_iter()
            .map(|(frame, message)| self.message(frame, message))
            .collect();
        format!("## {title}\n\n{}", messages.join("\n\n"))
    }

    fn message(&self, frame: &Value, message: &Value) -> String {
        let definitions = &self.schema["$defs"];
        let payload = fields::referred(&frame["properties"]["payload"]).unwrap();
        let name = string(&message["name"]);
        let title = string(&message["title"]);
        let summary = string(&message["summary"]);
        let mut parts = vec![format!("### `{name}`\n\n{title}. {summary}")];
        if let Some(description) = message.get("description") {
            parts.push(string(description).trim_end().to_owned());
        }
        let envelope = fields::rows(definitions, frame, "");
        let rows = fields::rows(definitions, &definitions[payload], "payload.");
        parts.push(
            format!("{}{envelope}{rows}", fields::HEAD)
                .trim_end()
                .to_owned(),
        );
        parts.extend(
            list(&message["examples"])
                .iter()
                .map(|example| self.example(example)),
        );
        parts.join("\n\n")
    }

    fn example(&self, example: &Value) -> String {
        let frame = resolved(&self.document, &example["payload"]);
        // As a type it has its keys in the order in which the edge writes them.
        let json = match serde_json::from_value::<ClientFrame>(frame.clone()) {
            Ok(frame) => serde_json::to_string_pretty(&frame),
            Err(_) => {
                let frame: ServerFrame = serde_json::from_value(frame).unwrap();
                serde_json::to_string_pretty(&frame)
            }
        };
        let json = json.unwrap();
        let words = example.get("summary").map_or("An example.", string);
        format!("{words}\n\n```json\n{json}\n```")
    }

    /// The objects that payloads hold, each once.
    fn objects(&self) -> String {
        let definitions = &self.schema["$defs"];
        let mut names = BTreeSet::new();
        for (frame, _) in self.side("ServerFrame") {
            let payload = fields::referred(&frame["properties"]["payload"]).unwrap();
            self.collect(payload, &mut names);
        }
        let sections: Vec<_> = names
            .iter()
            .map(|name| {
                let schema = &definitions[*name];
                let words = first_paragraph(schema);
                let rows = fields::rows(definitions, schema, "");
                format!(
                    "### {name}\n\n{words}\n\n{}{}",
                    fields::HEAD,
                    rows.trim_end()
                )
            })
            .collect();
        format!("## What payloads hold\n\n{}", sections.join("\n\n"))
    }

    fn collect<'a>(&'a self, holder: &str, names: &mut BTreeSet<&'a str>) {
        let schema = &self.schema["$defs"][holder];
        for property in schema.get("properties").map(object).into_iter().flatten() {
            let inner = property.1.get("items").unwrap_or(property.1);
            let Some(name) = fields::referred(inner) else {
                continue;
            };
            let is_object = fields::values(&self.schema["$defs"][name]).is_none();
            if is_object && names.insert(name) {
                self.collect(name, names);
            }
        }
    }
}
