//! The little of XML that GPX needs beside the tokens: attributes, namespaces, references.

use std::borrow::Cow;

/// The attributes of one tag, raw, in order, without allocation.
///
/// The library's own iterator compares each name with all before it, which a hostile tag with a hundred thousand of them
/// turns into minutes; here only the attributes that are read are checked for coming twice.
#[derive(Debug, Clone, Copy)]
pub struct Attributes<'a>(&'a str);

/// An attribute that is not written as `name="value"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAnAttribute;

impl<'a> Attributes<'a> {
    pub const fn new(raw: &'a str) -> Self {
        Self(raw)
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Result<(&'a str, &'a str), NotAnAttribute>;

    fn next(&mut self) -> Option<Self::Item> {
        let text = self.0.trim_ascii_start();
        if text.is_empty() {
            return None;
        }
        self.0 = "";
        let (name, rest) = match text.split_once('=') {
            Some((name, rest)) => (name.trim_ascii_end(), rest.trim_ascii_start()),
            None => return Some(Err(NotAnAttribute)),
        };
        let quote = match rest.as_bytes().first() {
            Some(b'"') => '"',
            Some(b'\'') => '\'',
            _ => return Some(Err(NotAnAttribute)),
        };
        let Some((value, rest)) = rest[1..].split_once(quote) else {
            return Some(Err(NotAnAttribute));
        };
        let stray = |byte: u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'<');
        if name.is_empty() || name.bytes().any(stray) || value.contains('<') {
            return Some(Err(NotAnAttribute));
        }
        self.0 = rest;
        Some(Ok((name, value)))
    }
}

/// Which vocabulary an element is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Space {
    Gpx10,
    Gpx11,
    /// No namespace at all.
    Unnamed,
    /// The extensions of the OpenTracks recorder, whose accuracy is read.
    OpenTracks,
    Other,
}

impl Space {
    fn of(uri: &str) -> Self {
        match uri {
            "http://www.topografix.com/GPX/1/1" => Self::Gpx11,
            "http://www.topografix.com/GPX/1/0" => Self::Gpx10,
            "http://opentracksapp.com/xmlschemas/v1" => Self::OpenTracks,
            "" => Self::Unnamed,
            _ => Self::Other,
        }
    }

    /// The version that a namespace means although it is not written as the standard says.
    fn almost(uri: &str) -> Self {
        let uri = uri.trim().trim_end_matches('/').to_ascii_lowercase();
        let uri = uri
            .strip_prefix("http://")
            .or_else(|| uri.strip_prefix("https://"))
            .unwrap_or(&uri);
        match uri.strip_prefix("www.").unwrap_or(uri) {
            "topografix.com/gpx/1/1" | "topografix.com/gpx/1/1/gpx.xsd" => Self::Gpx11,
            "topografix.com/gpx/1/0" | "topografix.com/gpx/1/0/gpx.xsd" => Self::Gpx10,
            _ => Self::Other,
        }
    }
}

/// The namespace declarations in force.
#[derive(Debug)]
pub struct Spaces {
    bound: Vec<Binding>,
    /// The namespace of names without prefix, looked up for nearly every element.
    unprefixed: Space,
    /// A root namespace that is GPX but for its spelling, and what it is taken as.
    alias: Option<(String, Space)>,
}

#[derive(Debug)]
struct Binding {
    prefix: String,
    uri: String,
    space: Space,
    depth: usize,
}

/// More declarations than any honest file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany;

impl Spaces {
    const LIMIT: usize = 128;
    const NAME_LIMIT: usize = 200;

    pub const fn new() -> Self {
        Self {
            bound: Vec::new(),
            unprefixed: Space::Unnamed,
            alias: None,
        }
    }

    /// Takes the attribute `name="uri"` of an element at `depth` for a declaration if it is one.
    pub fn declare(&mut self, name: &str, uri: &str, depth: usize) -> Result<(), TooMany> {
        let prefix = match name.strip_prefix("xmlns") {
            Some("") => "",
            Some(rest) => match rest.strip_prefix(':') {
                Some(prefix) => prefix,
                None => return Ok(()),
            },
            None => return Ok(()),
        };
        if self.bound.len() >= Self::LIMIT || prefix.len() > Self::NAME_LIMIT {
            return Err(TooMany);
        }
        // Enough to tell any two namespaces apart that matter here.
        let uri = &uri[..uri.floor_char_boundary(Self::NAME_LIMIT)];
        let space = match &self.alias {
            Some((alias, space)) if alias == uri => *space,
            _ => Space::of(uri),
        };
        self.bound.push(Binding {
            prefix: prefix.to_owned(),
            uri: uri.to_owned(),
            space,
            depth,
        });
        if prefix.is_empty() {
            self.unprefixed = space;
        }
        Ok(())
    }

    /// Forgets the declarations of the element at `depth`.
    pub fn close(&mut self, depth: usize) {
        if self.bound.last().is_none_or(|binding| binding.depth < depth) {
            return;
        }
        self.bound.retain(|binding| binding.depth < depth);
        self.unprefixed = self.look_up("").map_or(Space::Unnamed, |binding| binding.space);
    }

    /// The vocabulary of names with `prefix`. A prefix that was never declared is some other vocabulary.
    pub fn of(&self, prefix: &str) -> Space {
        if prefix.is_empty() {
            self.unprefixed
        } else {
            self.look_up(prefix).map_or(Space::Other, |binding| binding.space)
        }
    }

    /// The namespace of names with `prefix` as it is written.
    pub fn uri(&self, prefix: &str) -> &str {
        self.look_up(prefix).map_or("", |binding| &binding.uri)
    }

    /// Takes the namespace of `prefix` for GPX where only its spelling is odd, from here to the end of the file.
    pub fn forgive(&mut self, prefix: &str) -> Option<Space> {
        let uri = self.uri(prefix).to_owned();
        let space = Space::almost(&uri);
        if space == Space::Other {
            return None;
        }
        for binding in self.bound.iter_mut().filter(|binding| binding.uri == uri) {
            binding.space = space;
        }
        self.unprefixed = self.look_up("").map_or(Space::Unnamed, |binding| binding.space);
        self.alias = Some((uri, space));
        Some(space)
    }

    fn look_up(&self, prefix: &str) -> Option<&Binding> {
        self.bound.iter().rev().find(|binding| binding.prefix == prefix)
    }
}

/// Prefix and local part of a name.
pub fn split_name(name: &str) -> (&str, &str) {
    match name.bytes().position(|byte| byte == b':') {
        Some(at) => (&name[..at], &name[at + 1..]),
        None => ("", name),
    }
}

/// What a reference such as `&amp;` or `&#30028;` stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reference {
    Character(char),
    /// A number that is no character.
    Nothing,
    /// The name of an entity that XML itself does not know.
    Foreign,
}

/// `name` without `&` and `;`.
pub fn reference(name: &str) -> Reference {
    let code = match name.strip_prefix('#') {
        Some(number) => match number.strip_prefix('x') {
            Some(hex) if hex.bytes().all(|byte| byte.is_ascii_hexdigit()) => u32::from_str_radix(hex, 16).ok(),
            None if number.bytes().all(|byte| byte.is_ascii_digit()) => number.parse().ok(),
            _ => None,
        },
        None => {
            return match name {
                "lt" => Reference::Character('<'),
                "gt" => Reference::Character('>'),
                "amp" => Reference::Character('&'),
                "quot" => Reference::Character('"'),
                "apos" => Reference::Character('\''),
                _ => Reference::Foreign,
            };
        }
    };
    match code.and_then(char::from_u32) {
        Some(character) if character != '\0' => Reference::Character(character),
        _ => Reference::Nothing,
    }
}

/// An attribute's value with its references resolved; `Err` has the name of the first entity that XML does not know.
pub fn attribute_text(raw: &str) -> Result<Cow<'_, str>, &str> {
    if !raw.contains('&') {
        return Ok(Cow::Borrowed(raw));
    }
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((before, after)) = rest.split_once('&') {
        text.push_str(before);
        let (name, after) = after.split_once(';').ok_or("")?;
        match reference(name) {
            Reference::Character(character) => text.push(character),
            Reference::Nothing => {}
            Reference::Foreign => return Err(name),
        }
        rest = after;
    }
    text.push_str(rest);
    Ok(Cow::Owned(text))
}
