//! What a policy as a whole has against itself, at the settings that it is about.

use buttress_core::policy::{Finding, Limit, Policy, Severity};
use buttress_providers::{self as providers, PublishedLimit};

use crate::build::{self, Draft};
use crate::problem::Problem;

/// A policy that is not the one that was declared has nothing against itself.
pub(super) fn add(draft: &mut Draft<'_>, policy: &Policy) {
    if draft.is_broken() {
        return;
    }
    let largest = draft.count("rate_limit.largest_call");
    for finding in policy.check(&published(policy), largest) {
        // A wait by default that the deadline ends earlier does what was meant.
        let is_about_a_default =
            matches!(finding, Finding::WaitOverDeadline { .. }) && !draft.is_set(finding.setting());
        if is_about_a_default {
            continue;
        }
        let path = place(draft, &finding);
        let problem = match finding.severity() {
            Severity::Error => Problem::error(finding.to_string()),
            Severity::Warning => Problem::warning(finding.to_string()),
        };
        draft.add(problem, path);
    }
}

/// The most that the provider publishes of each unit and period, whatever the plan: what is above that is no plan's.
fn published(policy: &Policy) -> Vec<Limit> {
    let profile = providers::named(policy.profile().as_str());
    let published = profile.map_or(&[][..], |profile| profile.published());
    let mut most: Vec<Limit> = Vec::new();
    for limit in published.iter().filter_map(limit) {
        let is_same = |other: &&mut Limit| {
            (other.unit(), other.quota().period()) == (limit.unit(), limit.quota().period())
        };
        match most.iter_mut().find(is_same) {
            Some(other) if other.quota().units() < limit.quota().units() => *other = limit,
            Some(_) => {}
            None => most.push(limit),
        }
    }
    most
}

fn limit(published: &PublishedLimit) -> Option<Limit> {
    Some(Limit::new(published.unit, published.quota()?))
}

fn place(draft: &Draft<'_>, finding: &Finding) -> &'static str {
    match finding {
        Finding::CostNeverFits { .. } => "rate_limit.largest_call",
        Finding::AbovePublished { limit, .. } => {
            build::path_of(limit).unwrap_or("rate_limit.limits")
        }
        Finding::RetryWithoutBudget { .. } if !draft.is_set("retry.budget") => "retry",
        other => other.setting(),
    }
}
