//! What each provider's answers mean.
//!
//! One file per provider, the same headings in each: signals, hints, repetition, limits, cost. What a provider's pages
//! say of its limits in numbers is its [`Profile::published`]. A [`Profile`] is a
//! [`Rule`](buttress_core::classify::Rule) that stands before generic HTTP and after the user's own rules. This crate
//! ages on its own clock: providers change their answers more often than the layers change.
//!
//! # Features
//!
//! * `timezones`: the names of time zones, for the command-line tools that print them. Without it a time in a named zone
//!   is no hint; all else is the same.

mod aws;
mod cost;
mod duration;
mod fields;
mod github_content;
mod github_routes;
mod google;
mod instant;
mod json;
mod moment;
mod names;
mod printed;
#[doc(hidden)]
pub mod probe;
mod profile;
mod published;
mod pushback;
mod ratelimit;
mod signal;
mod status_details;
mod subscription;
pub mod table;
#[cfg(test)]
mod tests;
mod zone;

pub mod anthropic;
pub mod azure_openai;
pub mod bedrock;
pub mod claude_cli;
pub mod cloudflare;
pub mod codex_cli;
pub mod cohere;
pub mod explain;
pub mod gemini;
pub mod generic;
pub mod github_clients;
pub mod github_graphql;
pub mod github_lanes;
pub mod github_rest;
pub mod gitlab;
pub mod groq;
pub mod grpc;
pub mod ietf;
pub mod mistral;
pub mod openai;
pub mod openai_compatible;
pub mod openrouter;
pub mod slack;
pub mod stripe;
pub mod vertex;

pub use self::cost::{Charge, Cost, Points};
pub use self::github_rest as github;
pub use self::names::{ModelIn, Names};
pub use self::profile::{IdempotencyHeader, Profile};
pub use self::published::{Period, PublishedLimit, Unit};
pub use self::zone::Zone;

/// Every profile.
pub const ALL: [Profile; 22] = [
    openai::PROFILE,
    openai_compatible::PROFILE,
    azure_openai::PROFILE,
    anthropic::PROFILE,
    groq::PROFILE,
    gemini::PROFILE,
    vertex::PROFILE,
    mistral::PROFILE,
    cohere::PROFILE,
    openrouter::PROFILE,
    bedrock::PROFILE,
    github_rest::PROFILE,
    github_graphql::PROFILE,
    gitlab::PROFILE,
    slack::PROFILE,
    stripe::PROFILE,
    cloudflare::PROFILE,
    ietf::PROFILE,
    grpc::PROFILE,
    claude_cli::PROFILE,
    codex_cli::PROFILE,
    generic::PROFILE,
];

/// Names that are not a profile's own: what people write.
const OTHER_NAMES: [(&str, &str); 2] = [("github", "github_rest"), ("http", "generic")];

/// The profile of this name.
pub fn named(name: &str) -> Option<Profile> {
    let other = OTHER_NAMES.iter().find(|(other, _)| *other == name);
    let name = other.map_or(name, |(_, name)| name);
    ALL.into_iter().find(|profile| profile.name() == name)
}
