//! From an answer to an [`Outcome`], by rules that stack.
//!
//! A [`Rule`] has three answers: no opinion, *this*, and *forbidden*. [`Rules`] asks them from the most particular to
//! the most general: the user's, the provider's, and [generic HTTP](generic) last, which always has an opinion. The
//! first *this* decides. A *forbidden* on the way there leaves the class to the others and takes the repetition away.

mod events;
pub mod generic;

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use http::{HeaderMap, StatusCode};

use crate::hint::{self, Grammar, Hints};
use crate::outcome::{Outcome, Repeat};
use crate::time::UnixTime;

pub use self::events::Events;

/// An answer, as a rule sees it.
#[derive(Clone, Copy)]
pub struct Reply<'a> {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The first bytes of the body, at most 64 KiB; empty if no rule asked for them.
    pub body: &'a [u8],
    /// The wall clock, for dates where the answer has no `Date` of its own. Asked for failures only.
    pub wall: &'a dyn Fn() -> UnixTime,
}

impl Reply<'_> {
    /// The wall clock's time.
    pub fn now(&self) -> UnixTime {
        (self.wall)()
    }
}

/// Only the status: headers and bodies hold what must not reach a log.
impl fmt::Debug for Reply<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// What a rule says of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Ask the next rule.
    NoOpinion,
    /// It is this. `retry-after-ms` and `Retry-After` are looked up for it, as they rank before every other hint; a
    /// hint of the outcome's own stands where they name no wait.
    This(Outcome),
    /// Whatever it is, it must not be repeated.
    Forbidden,
}

/// One rule, or a provider's whole table of them.
///
/// Functions of [`Reply`] are rules: `|reply: &Reply<'_>| …`.
pub trait Rule: Send + Sync {
    /// Judges an answer.
    fn judge(&self, reply: &Reply<'_>) -> Answer;

    /// Whether the body is needed to judge an answer with this head. It is read only where a rule asks for it.
    fn reads_body(&self, status: StatusCode, _headers: &HeaderMap) -> bool {
        status.is_client_error() || status.is_server_error()
    }

    /// Whether the events of a stream are shown to it, that began as a success.
    fn reads_events(&self) -> bool {
        false
    }

    /// Judges one event of such a stream by what it holds; `None` for one that reports no failure.
    fn judge_event(&self, _data: &[u8], _now: UnixTime) -> Option<Outcome> {
        None
    }

    /// Whether the trailers of a gRPC answer that began as a success are to be judged: by all rules, as a head of its own
    /// with status 200.
    fn reads_trailers(&self) -> bool {
        false
    }

    /// Judges an attempt that got no answer. `seen` is what `error` says by itself.
    fn judge_error(&self, _seen: &Outcome, _error: &(dyn Error + 'static)) -> Answer {
        Answer::NoOpinion
    }
}

impl<F: Fn(&Reply<'_>) -> Answer + Send + Sync> Rule for F {
    fn judge(&self, reply: &Reply<'_>) -> Answer {
        self(reply)
    }
}

/// Rules in the order in which they are asked, with generic HTTP behind them.
#[derive(Clone, Default)]
pub struct Rules {
    rules: Vec<Arc<dyn Rule>>,
    grammar: Grammar,
}

impl Rules {
    /// Generic HTTP alone.
    pub fn new() -> Self {
        Self::default()
    }

    /// With `rule` asked after the rules that are there.
    ///
    /// So it is asked only of what these have no opinion on. A provider's profile has one on every failure: a rule of
    /// yours stands before it, and one behind it is never asked of a failure.
    #[must_use]
    pub fn then(mut self, rule: impl Rule + 'static) -> Self {
        self.rules.push(Arc::new(rule));
        self
    }

    /// With another reading of numbers in `Retry-After`.
    #[must_use]
    pub fn with_grammar(mut self, grammar: Grammar) -> Self {
        self.grammar = grammar;
        self
    }

    /// Whether any rule needs the body to judge an answer with this head.
    pub fn read_body(&self, status: StatusCode, headers: &HeaderMap) -> bool {
        self.rules
            .iter()
            .any(|rule| rule.reads_body(status, headers))
    }

    /// Whether any rule looks at the events of a stream.
    pub fn read_events(&self) -> bool {
        self.rules.iter().any(|rule| rule.reads_events())
    }

    /// Whether the trailers of a gRPC answer are judged.
    pub fn read_trailers(&self) -> bool {
        self.rules.iter().any(|rule| rule.reads_trailers())
    }

    /// What an event in the middle of a stream means: what the first rule says that has an opinion.
    pub fn judge_event(&self, data: &[u8], now: UnixTime) -> Option<Outcome> {
        let mut rules = self.rules.iter().filter(|rule| rule.reads_events());
        rules.find_map(|rule| rule.judge_event(data, now))
    }

    /// What an answer means.
    pub fn judge(&self, reply: &Reply<'_>) -> Outcome {
        let outcome = self
            .first(|rule| rule.judge(reply))
            .unwrap_or_else(|forbidden| {
                let outcome = generic::judge(reply.status);
                if forbidden {
                    outcome.with_repeat(Repeat::Never)
                } else {
                    outcome
                }
            });
        self.with_headers(outcome, reply)
    }

    /// What an attempt means that got no answer: `seen`, where no rule knows better.
    pub fn judge_error(&self, seen: Outcome, error: &(dyn Error + 'static)) -> Outcome {
        self.first(|rule| rule.judge_error(&seen, error))
            .unwrap_or_else(|forbidden| {
                if forbidden {
                    seen.with_repeat(Repeat::Never)
                } else {
                    seen
                }
            })
    }

    /// The first *this*; otherwise, whether any rule forbade.
    fn first(&self, ask: impl Fn(&dyn Rule) -> Answer) -> Result<Outcome, bool> {
        let mut forbidden = false;
        for rule in &self.rules {
            match ask(&**rule) {
                Answer::NoOpinion => {}
                Answer::This(outcome) if forbidden => return Ok(outcome.with_repeat(Repeat::Never)),
                Answer::This(outcome) => return Ok(outcome),
                Answer::Forbidden => forbidden = true,
            }
        }
        Err(forbidden)
    }

    fn with_headers(&self, outcome: Outcome, reply: &Reply<'_>) -> Outcome {
        if outcome.repeat() == Repeat::Never {
            return outcome;
        }
        let mut hints = Hints::default();
        hint::retry_after(reply.headers, reply.now(), self.grammar, &mut hints);
        let hint = match (hints.best(), outcome.hint()) {
            (Some(header), _) if hints.is_settled() => Some(header),
            (Some(zero), Some(own)) if own.wait.is_zero() => Some(zero),
            (header, own) => own.or(header),
        };
        let malformed = outcome.malformed_hints().saturating_add(hints.malformed());
        let outcome = outcome.with_hint(hint).with_malformed_hints(malformed);
        generic::repeated_after_hint(reply.status, outcome)
    }
}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rules")
            .field("rules", &self.rules.len())
            .field("grammar", &self.grammar)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::HeaderValue;

    use super::*;
    use crate::hint::{Hint, HintSource};
    use crate::outcome::Class;

    fn judge(rules: &Rules, status: u16, retry_after: Option<&'static str>) -> Outcome {
        let mut headers = HeaderMap::new();
        if let Some(value) = retry_after {
            headers.insert("retry-after", HeaderValue::from_static(value));
        }
        let status = StatusCode::from_u16(status).unwrap();
        rules.judge(&Reply {
            status,
            headers: &headers,
            body: b"",
            wall: &UnixTime::default,
        })
    }

    fn teapot_is_a_limit(reply: &Reply<'_>) -> Answer {
        if reply.status == StatusCode::IM_A_TEAPOT {
            Answer::This(Outcome::new(Class::RateLimited).with_rule("teapot"))
        } else {
            Answer::NoOpinion
        }
    }

    #[test]
    fn the_first_rule_with_an_opinion_decides() {
        let rules = Rules::new()
            .then(teapot_is_a_limit)
            .then(|_: &Reply<'_>| Answer::This(Outcome::new(Class::Auth).with_rule("second")));
        assert_eq!(judge(&rules, 418, None).rule(), "teapot");
        assert_eq!(judge(&rules, 500, None).rule(), "second");
    }

    #[test]
    fn without_an_opinion_generic_http_decides() {
        let rules = Rules::new().then(teapot_is_a_limit);
        assert_eq!(judge(&rules, 503, None).class(), Class::Unavailable);
    }

    #[test]
    fn a_forbidden_leaves_the_class_and_takes_the_repetition() {
        let rules = Rules::new()
            .then(|_: &Reply<'_>| Answer::Forbidden)
            .then(teapot_is_a_limit);
        for (status, class) in [(418, Class::RateLimited), (503, Class::Unavailable)] {
            let outcome = judge(&rules, status, Some("1"));
            assert_eq!(
                (outcome.class(), outcome.repeat(), outcome.hint()),
                (class, Repeat::Never, None)
            );
        }
    }

    #[test]
    fn the_headers_rank_before_a_rules_own_hint_unless_they_say_zero() {
        let own = Hint {
            wait: Duration::from_secs(9),
            source: HintSource::BodyText,
        };
        let limited = Outcome::new(Class::RateLimited).with_hint(Some(own));
        let rules = Rules::new().then(move |_: &Reply<'_>| Answer::This(limited));
        let header = Hint {
            wait: Duration::from_secs(3),
            source: HintSource::RetryAfter,
        };
        assert_eq!(judge(&rules, 418, Some("3")).hint(), Some(header));
        assert_eq!(judge(&rules, 418, Some("0")).hint(), Some(own));
        assert_eq!(judge(&rules, 418, None).hint(), Some(own));
    }

    #[test]
    fn terminal_answers_get_no_hint() {
        for status in [200, 202, 400, 402, 403, 413] {
            assert_eq!(
                judge(&Rules::new(), status, Some("3")).hint(),
                None,
                "{status}"
            );
        }
    }
}
