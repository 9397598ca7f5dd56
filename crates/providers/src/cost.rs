//! What a call costs, and of which quota.

#[cfg(test)]
mod tests;

use std::fmt;

use http::{HeaderMap, Method};
use serde_json::Value;

use crate::json;

/// What a call costs of a provider's quotas.
///
/// Every call costs one of a quota of requests. Of points and tokens it costs what stands here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    pub(crate) points: Points,
    pub(crate) tokens: Charge,
    /// Where an answer says what the call cost: names of headers, and JSON pointers.
    pub(crate) told: &'static [&'static str],
    /// The members by which a success tells what it used.
    pub(crate) usage: &'static [&'static str],
    pub(crate) counts_failures: bool,
}

/// How points are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Points {
    /// A call is a point.
    None,
    /// By the method.
    ByMethod {
        /// GET, HEAD and OPTIONS.
        reading: u32,
        /// All others.
        writing: u32,
    },
    /// By the operation of GraphQL.
    ByOperation {
        /// A query.
        query: u32,
        /// A mutation.
        mutation: u32,
    },
}

/// How tokens are charged when a call arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Charge {
    /// Nothing is known of tokens.
    None,
    /// What the request holds. What the answer holds is counted as it is made.
    Input,
    /// What the request holds, and the most that the answer may.
    Sum,
    /// The larger of the two.
    Larger,
}

impl Cost {
    /// A call is a call.
    pub(crate) const CALLS: Self = Self {
        points: Points::None,
        tokens: Charge::None,
        told: &[],
        usage: &[],
        counts_failures: false,
    };

    /// How many points a request costs, by its method, or by what its body asks for.
    pub fn points(&self, method: &Method, body: &[u8]) -> u32 {
        match self.points {
            Points::None => 1,
            Points::ByMethod { reading, .. } if method.is_safe() => reading,
            Points::ByMethod { writing, .. } => writing,
            Points::ByOperation { mutation, .. } if is_mutation(body) => mutation,
            Points::ByOperation { query, .. } => query,
        }
    }

    /// How many tokens are charged when a request arrives that holds about `input` tokens and allows an answer of
    /// `most`. `None` where tokens are not counted.
    pub fn tokens(&self, input: u64, most: Option<u64>) -> Option<u64> {
        let most = most.unwrap_or(0);
        match self.tokens {
            Charge::None => None,
            Charge::Input => Some(input),
            Charge::Sum => Some(input.saturating_add(most)),
            Charge::Larger => Some(input.max(most)),
        }
    }

    /// What an answer says that the call cost, where a provider says so.
    pub fn told(&self, headers: &HeaderMap, body: &[u8]) -> Option<u64> {
        self.told.iter().find_map(|place| {
            if place.starts_with('/') {
                return json::parse(body).pointer(place)?.as_u64();
            }
            let digits = headers.get(*place)?.to_str().ok()?.trim();
            let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| digits.parse().ok()).flatten()
        })
    }

    /// The members of a body by which a success tells what it used.
    pub const fn usage(&self) -> &'static [&'static str] {
        self.usage
    }

    /// Whether a call that fails counts too.
    pub const fn counts_failures(&self) -> bool {
        self.counts_failures
    }
}

/// Whether a request of GraphQL changes something: its document begins with the word.
fn is_mutation(body: &[u8]) -> bool {
    let request = json::parse(body);
    let document = request.get("query").and_then(Value::as_str);
    // Comments, commas and white space stand between words as if they were not there.
    let operation = document.and_then(|document| {
        let lines = document
            .lines()
            .map(|line| line.split('#').next().unwrap_or(line));
        lines
            .map(|line| line.trim_start_matches([' ', '\t', ',']))
            .find(|line| !line.is_empty())
    });
    operation.is_some_and(|operation| {
        let rest = operation.strip_prefix("mutation");
        rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
    })
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a request")?;
        match self.points {
            Points::None => {}
            Points::ByMethod { reading, writing } => {
                write!(f, "; {reading} point for reading and {writing} for writing")?;
            }
            Points::ByOperation { query, mutation } => {
                write!(
                    f,
                    "; {query} point for a query and {mutation} for a mutation"
                )?;
            }
        }
        f.write_str(match self.tokens {
            Charge::None => "",
            Charge::Input => "; the tokens of the request, and those of the answer as it is made",
            Charge::Sum => "; the tokens of the request and the most that the answer may have",
            Charge::Larger => "; the tokens of the request, or the most that the answer may have if those are more",
        })?;
        if self.counts_failures {
            f.write_str("; failures count")?;
        }
        Ok(())
    }
}
