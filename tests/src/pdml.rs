//! What tshark shows of a packet, from PDML, its XML of the whole packet tree.

use roxmltree::{Document, Node};
use std::io;

/// A field of the tree with what hangs below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its filter; empty for plain text.
    pub name: String,
    /// Its value.
    pub value: String,
    /// The line that is shown.
    pub line: String,
    /// What is below it.
    pub fields: Vec<Field>,
}

impl Field {
    /// The values of the fields of that name directly below.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields.iter().filter(move |field| field.name == name).map(|field| field.value.as_str())
    }

    /// The first of these values; empty when there is none.
    #[must_use]
    pub fn value_of(&self, name: &str) -> &str {
        self.fields.iter().find(|field| field.name == name).map_or("", |field| &field.value)
    }
}

/// One packet: its protocols, each a field with what it holds.
pub type Packet = Vec<Field>;

/// Reads the packets of a PDML document.
///
/// # Errors
/// When it is no XML.
pub fn read(document: &str) -> io::Result<Vec<Packet>> {
    let document = Document::parse(document).map_err(io::Error::other)?;
    let packets = document.root_element().children().filter(|node| node.has_tag_name("packet"));
    Ok(packets.map(fields).collect())
}

fn fields(node: Node<'_, '_>) -> Vec<Field> {
    node.children()
        .filter(Node::is_element)
        .map(|node| {
            let attribute = |name| node.attribute(name).unwrap_or_default().to_string();
            Field {
                name: attribute("name"),
                value: attribute("show"),
                line: attribute("showname"),
                fields: fields(node),
            }
        })
        .collect()
}
