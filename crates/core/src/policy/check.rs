use std::fmt;
use std::time::Duration;

use super::{Limit, Policy, Unit};

/// How bad a [`Finding`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// It works, and is hardly what was meant.
    Warning,
    /// It cannot work.
    Error,
}

/// What can be said against a policy that is possible in each of its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finding {
    /// A call that costs this much never fits into the limit.
    CostNeverFits {
        /// The limit.
        limit: Limit,
        /// The cost.
        cost: u64,
    },
    /// Retries without a budget: when all calls fail, the server sees each of them this many times.
    RetryWithoutBudget {
        /// How often.
        max_attempts: u32,
    },
    /// A limit above the one that the provider publishes for the same unit and period.
    AbovePublished {
        /// What is configured.
        limit: Limit,
        /// What is published.
        published: Limit,
    },
    /// A rate limit that limits nothing: no limit is given, none is learnt, none is found by trying.
    NothingLimited,
    /// Nothing bounds how long a call may take: there is no deadline, and no attempt timeout.
    Unbounded,
    /// A wait that is never waited to its end, as the deadline comes first.
    WaitOverDeadline {
        /// Of which part.
        part: &'static str,
        /// The wait.
        max_wait: Duration,
        /// The deadline.
        deadline: Duration,
    },
    /// A look ahead with nothing to look at: there is no cooldown, and no breaker.
    NothingToLookAt,
}

impl Finding {
    /// How bad it is.
    pub const fn severity(&self) -> Severity {
        match self {
            Self::CostNeverFits { .. } => Severity::Error,
            _ => Severity::Warning,
        }
    }

    /// The setting that it is about, as a configuration names it.
    pub const fn setting(&self) -> &'static str {
        match self {
            Self::CostNeverFits { .. } => "rate_limit.burst",
            Self::RetryWithoutBudget { .. } => "retry.budget",
            Self::AbovePublished { .. } | Self::NothingLimited => "rate_limit",
            Self::Unbounded => "deadline",
            Self::WaitOverDeadline { part, .. } => part,
            Self::NothingToLookAt => "fail_fast",
        }
    }
}

impl Policy {
    /// What can be said against it.
    ///
    /// `published` are the limits that the provider publishes, and `largest_cost` what its dearest call costs in tokens or
    /// points, where those are known.
    pub fn check(&self, published: &[Limit], largest_cost: Option<u64>) -> Vec<Finding> {
        let mut findings = Vec::new();
        self.check_costs(largest_cost, &mut findings);
        self.check_published(published, &mut findings);
        self.check_retry(&mut findings);
        self.check_bounds(&mut findings);
        findings
    }

    fn check_costs(&self, largest_cost: Option<u64>, findings: &mut Vec<Finding>) {
        let Some(cost) = largest_cost else { return };
        let limits = self.limits().iter().copied();
        let costly = limits.filter(|limit| limit.unit() != Unit::Requests);
        let small = costly.filter(|limit| limit.quota().largest() < cost);
        findings.extend(small.map(|limit| Finding::CostNeverFits { limit, cost }));
    }

    fn check_published(&self, published: &[Limit], findings: &mut Vec<Finding>) {
        for limit in self.limits() {
            let is_above = |other: &&Limit| {
                let (ours, theirs) = (limit.quota(), other.quota());
                let is_same = limit.unit() == other.unit() && ours.period() == theirs.period();
                is_same && ours.units() > theirs.units()
            };
            findings.extend(published.iter().find(is_above).map(|published| {
                Finding::AbovePublished {
                    limit: *limit,
                    published: *published,
                }
            }));
        }
    }

    fn check_retry(&self, findings: &mut Vec<Finding>) {
        let max_attempts = self.figures().max_attempts().get();
        let is_unlimited = self
            .retry()
            .is_some_and(|retry| retry.budget().is_unlimited());
        if is_unlimited && max_attempts > 1 {
            findings.push(Finding::RetryWithoutBudget { max_attempts });
        }
    }

    fn check_bounds(&self, findings: &mut Vec<Finding>) {
        let nothing = |limit: &super::RateLimit| {
            limit.limits().is_empty() && !limit.learn() && !limit.adaptive()
        };
        if self.rate_limit().is_some_and(nothing) {
            findings.push(Finding::NothingLimited);
        }
        if self.fail_fast() && self.cooldown().is_none() && self.breaker().is_none() {
            findings.push(Finding::NothingToLookAt);
        }
        let Some(deadline) = self.deadline() else {
            if self.attempt_timeout().is_none() {
                findings.push(Finding::Unbounded);
            }
            return;
        };
        let waits = [
            (
                "cooldown.max_wait",
                self.cooldown().map(super::Cooldown::max_wait),
            ),
            (
                "concurrency.max_wait",
                self.concurrency().map(super::Concurrency::max_wait),
            ),
            (
                "rate_limit.max_wait",
                self.rate_limit().map(super::RateLimit::max_wait),
            ),
            (
                "retry.max_wait",
                self.retry().map(|retry| retry.retries().max_wait()),
            ),
        ];
        let long = waits.into_iter().filter_map(|(part, max_wait)| {
            let max_wait = max_wait.filter(|max_wait| *max_wait > deadline)?;
            Some(Finding::WaitOverDeadline {
                part,
                max_wait,
                deadline,
            })
        });
        findings.extend(long);
    }

    fn limits(&self) -> &[Limit] {
        self.rate_limit().map_or(&[], super::RateLimit::limits)
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (units, period) = (self.quota().units(), self.quota().period());
        write!(f, "{units} {} per {period:?}", self.unit().name())
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CostNeverFits { limit, cost } => {
                let most = limit.quota().largest();
                write!(
                    f,
                    "a call that costs {cost} never fits into {limit}, which lets {most} go at once"
                )
            }
            Self::RetryWithoutBudget { max_attempts } => write!(
                f,
                "retries have no budget: when all calls fail, the server sees each of them {max_attempts} times"
            ),
            Self::AbovePublished { limit, published } => {
                write!(
                    f,
                    "{limit} is more than the provider publishes: {published}"
                )
            }
            Self::NothingLimited => f.write_str("nothing is limited, learnt, or found by trying"),
            Self::Unbounded => f.write_str("nothing bounds how long a call may take"),
            Self::WaitOverDeadline {
                part,
                max_wait,
                deadline,
            } => write!(
                f,
                "{part} of {max_wait:?} is never reached: the deadline is {deadline:?}"
            ),
            Self::NothingToLookAt => f.write_str("there is no cooldown and no breaker to look at"),
        }
    }
}
