//! What of a request says which of a provider's limits it counts in.

#[cfg(test)]
mod tests;

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

/// The longest name that is taken for one: four times the longest that a provider has. What is longer was not made to be
/// a name, and would be kept for as long as the call is.
const LONGEST_NAME: usize = 256;

/// As much of a body as is looked through. OpenAI's own client writes `messages` before `model`, so that a bound has to
/// be above a long conversation; what is longer is made of files.
const LONGEST_BODY: usize = 1024 * 1024;

/// Where a request names the model that it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ModelIn {
    /// In this member at the top of its JSON body.
    Body(&'static str),
    /// In its path: behind the one, and up to the other or to the end of the segment.
    Path(&'static str, char),
}

impl ModelIn {
    fn find(self, path: &str, body: &[u8]) -> Option<String> {
        match self {
            Self::Body(member) => in_body(member, body),
            Self::Path(before, end) => {
                let (_, rest) = path.split_once(before)?;
                rest.split(['/', end]).next().and_then(name)
            }
        }
    }
}

impl fmt::Display for ModelIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Body(member) => write!(f, "`{member}` of its body"),
            Self::Path(before, '/') => write!(f, "its path, `{before}{{model}}`"),
            Self::Path(before, end) => write!(f, "its path, `{before}{{model}}{end}…`"),
        }
    }
}

/// What a request names, by which its limits are told apart.
#[derive(Clone, Copy, Debug)]
pub struct Names {
    /// Asked in this order.
    pub(crate) models: &'static [ModelIn],
    pub(crate) resource: Option<Resource>,
}

/// The bucket of a method and a path.
type Resource = fn(&str, &str) -> &'static str;

impl Names {
    pub(crate) const NOTHING: Self = Self {
        models: &[],
        resource: None,
    };

    /// As all have it who took OpenAI's way of asking.
    pub(crate) const MODEL_IN_BODY: Self = Self {
        models: &[ModelIn::Body("model")],
        ..Self::NOTHING
    };

    /// Where the model is named: at the first of these where there is one.
    pub const fn models(&self) -> &'static [ModelIn] {
        self.models
    }

    /// The model that a request is for, by its path and what is known of its body.
    ///
    /// Looked for in the first MiB of the body, up to the member that names it. A name of more than 256 bytes is none.
    pub fn model(&self, path: &str, body: &[u8]) -> Option<String> {
        let mut places = self.models.iter();
        places.find_map(|place| place.find(path, body))
    }

    /// Whether the bucket of a request follows from its route.
    pub const fn has_resources(&self) -> bool {
        self.resource.is_some()
    }

    /// The bucket that a request is counted in, by its method and its path.
    pub fn resource(&self, method: &str, path: &str) -> Option<&'static str> {
        self.resource.map(|resource| resource(method, path))
    }
}

fn name(text: &str) -> Option<String> {
    let is_name = (1..=LONGEST_NAME).contains(&text.len());
    is_name.then(|| text.to_owned())
}

/// The text of this member. What stands behind it is not read, so that it need not be well-formed, nor there.
fn in_body(member: &str, body: &[u8]) -> Option<String> {
    let start = &body[..body.len().min(LONGEST_BODY)];
    let mut found = None;
    let mut json = serde_json::Deserializer::from_slice(start);
    let (name, found_here) = (member, &mut found);
    // An object that is left in the middle is an error of the parser's, and was found all the same.
    let _ = json.deserialize_map(Members { name, found_here });
    found
}

/// The members of an object, up to the one of this name.
struct Members<'f> {
    name: &'f str,
    found_here: &'f mut Option<String>,
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let of_name = |text: &str| text == self.name;
        while let Some(is_it) = members.next_key_seed(Text(of_name))? {
            if is_it {
                *self.found_here = members.next_value_seed(Text(name))?;
                break;
            }
            members.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

/// What is made of a text where it stands, without a copy of it.
struct Text<F>(F);

impl<'de, T, F: FnOnce(&str) -> T> DeserializeSeed<'de> for Text<F> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, text: D) -> Result<T, D::Error> {
        text.deserialize_str(self)
    }
}

impl<T, F: FnOnce(&str) -> T> Visitor<'_> for Text<F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E>(self, text: &str) -> Result<T, E> {
        Ok((self.0)(text))
    }
}
