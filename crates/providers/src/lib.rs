//! What each provider's answers mean.
//!
//! One file per provider, the same headings in each: signals, hints, repetition. A [`Profile`] is a
//! [`Rule`](buttress_core::classify::Rule) that stands before generic HTTP and after the user's own rules. This crate
//! ages on its own clock: providers change their answers more often than the layers change.

mod duration;
mod fields;
mod json;
mod profile;

pub mod github;
pub mod openai;

pub use self::profile::Profile;

/// Every profile.
pub const ALL: [Profile; 2] = [openai::PROFILE, github::PROFILE];

/// The profile of this name.
pub fn named(name: &str) -> Option<Profile> {
    ALL.into_iter().find(|profile| profile.name() == name)
}
