use std::borrow::Cow;
use std::num::NonZeroU32;
use std::ops::Range;
use std::time::Duration;

use buttress_core::Invalid;
use buttress_core::policy::{IdempotencyKey, KeyBy};
use http::HeaderName;

use super::Shown;
use crate::problem::Problem;
use crate::settings::{By, Setting, Settings};
use crate::table;
use crate::value::Value;

/// The settings of one upstream over what they depart from, and what is found wrong while they become a policy.
#[derive(Debug)]
pub(crate) struct Draft<'d> {
    settings: &'d Settings,
    base: Shown,
    /// What paths begin with: `upstream.openai`.
    prefix: String,
    /// Where the upstream's name stands: the place of what is inherited.
    span: Range<usize>,
    problems: Vec<Problem>,
    /// Whether something was not possible, so that what was built is not what was declared.
    is_broken: bool,
}

impl<'d> Draft<'d> {
    pub(crate) fn new(
        settings: &'d Settings,
        base: Shown,
        prefix: String,
        span: Range<usize>,
    ) -> Self {
        Self {
            settings,
            base,
            prefix,
            span,
            problems: Vec::new(),
            is_broken: settings
                .iter()
                .any(|(_, setting)| setting.value == Value::Refused),
        }
    }

    pub(crate) const fn is_broken(&self) -> bool {
        self.is_broken
    }

    pub(crate) fn into_problems(self) -> Vec<Problem> {
        self.problems
    }

    /// What was set, if anybody did.
    pub(crate) fn setting(&self, path: &str) -> Option<&'d Setting> {
        self.settings.get(path)
    }

    pub(crate) fn is_set(&self, path: &str) -> bool {
        self.setting(path).is_some()
    }

    fn is_refused(&self, path: &str) -> bool {
        let setting = self.setting(path);
        setting.is_some_and(|setting| setting.value == Value::Refused)
    }

    /// The value that counts; `None` if it was left out.
    pub(crate) fn value(&self, path: &str) -> Option<&Value> {
        let setting = self.setting(path).map(|setting| &setting.value);
        let value = setting.or_else(|| self.base.get(path))?;
        let key = table::named(path)?;
        let is_left_out = key.may_be_off && *value == Value::Flag(false);
        (!is_left_out && *value != Value::Refused).then_some(value)
    }

    /// Whether a part is there.
    pub(crate) fn is_on(&self, part: &str) -> bool {
        self.flag(part)
    }

    /// Puts other values below the settings of a part: those of a preset.
    pub(crate) fn rebase(&mut self, part: &str, base: Shown) {
        self.base.replace(part, base);
    }

    pub(crate) fn flag(&self, path: &str) -> bool {
        self.value(path) == Some(&Value::Flag(true))
    }

    pub(crate) fn duration(&self, path: &str) -> Option<Duration> {
        match self.value(path)? {
            Value::Duration(duration) => Some(*duration),
            _ => None,
        }
    }

    pub(crate) fn count(&self, path: &str) -> Option<u64> {
        match self.value(path)? {
            Value::Count(count) => Some(*count),
            _ => None,
        }
    }

    /// A count, cut at what 32 bits hold: the table has no larger one for these.
    pub(crate) fn small(&self, path: &str) -> Option<u32> {
        self.count(path)
            .map(|count| u32::try_from(count).unwrap_or(u32::MAX))
    }

    pub(crate) fn positive(&self, path: &str) -> Option<NonZeroU32> {
        NonZeroU32::new(self.small(path)?)
    }

    pub(crate) fn size(&self, path: &str) -> Option<usize> {
        self.count(path)
            .map(|count| usize::try_from(count).unwrap_or(usize::MAX))
    }

    pub(crate) fn share(&self, path: &str) -> Option<u32> {
        match self.value(path)? {
            Value::Share(millionths) => Some(*millionths),
            _ => None,
        }
    }

    pub(crate) fn word(&self, path: &str) -> Option<&'static str> {
        match self.value(path)? {
            Value::Word(word) => Some(word),
            _ => None,
        }
    }

    pub(crate) fn key(&self, path: &str) -> Option<KeyBy> {
        match self.value(path)? {
            Value::Key(key) => Some(key.clone()),
            _ => None,
        }
    }

    pub(crate) fn idempotency_key(&self, path: &str) -> Option<IdempotencyKey> {
        match self.value(path)? {
            Value::Idempotency(key) => Some(key.clone()),
            _ => None,
        }
    }

    pub(crate) fn header(&self, path: &str) -> Option<HeaderName> {
        match self.value(path)? {
            Value::Header(name) => Some(name.clone()),
            _ => None,
        }
    }

    /// What a constructor made, or a problem of the setting `path`.
    pub(crate) fn keep<T>(&mut self, path: &str, made: Result<T, Invalid>) -> Option<T> {
        self.keep_beside(path, &[], made)
    }

    /// As [`keep`](Self::keep), where the settings `beside` have a part in it.
    pub(crate) fn keep_beside<T>(
        &mut self,
        path: &str,
        beside: &[&str],
        made: Result<T, Invalid>,
    ) -> Option<T> {
        made.map_err(|invalid| {
            // What is refused may have been set by the other one alone.
            let at = [path].into_iter().chain(beside.iter().copied());
            let path = at.clone().find(|path| self.is_set(path)).unwrap_or(path);
            let others: Vec<_> = at.filter(|other| *other != path).collect();
            let name = path.rsplit('.').next().unwrap_or(path);
            let message = format!("this `{name}` is not possible");
            self.refuse(path, &others, message, invalid.expected());
        })
        .ok()
    }

    /// Adds a problem of the setting `path`, unless there is one already of a setting that has a part in it.
    pub(crate) fn refuse(
        &mut self,
        path: &str,
        beside: &[&str],
        message: impl Into<Cow<'static, str>>,
        expected: impl Into<String>,
    ) {
        self.is_broken = true;
        let mut all = [path].into_iter().chain(beside.iter().copied());
        if all.any(|path| self.is_refused(path)) {
            return;
        }
        let problem = Problem::error(message).expecting(expected.into());
        let problem = self.located(problem, path, beside);
        self.problems.push(problem);
    }

    pub(crate) fn add(&mut self, problem: Problem, path: &str) {
        let problem = self.located(problem, path, &[]);
        self.problems.push(problem);
    }

    fn located(&self, problem: Problem, path: &str, beside: &[&str]) -> Problem {
        let mut problem = problem.of(format!("{}.{path}", self.prefix));
        problem = match self.nearest_setting(path).map(|setting| &setting.by) {
            Some(By::File { value, .. }) => problem.at(value.clone()),
            Some(By::Variable(name)) => problem.in_variable(name.clone()),
            None => problem.at(self.span.clone()),
        };
        for other in beside {
            problem = self.beside(problem, other);
        }
        problem
    }

    fn beside(&self, problem: Problem, other: &str) -> Problem {
        let name = other.rsplit('.').next().unwrap_or(other);
        let (Some(value), setting) = (self.value(other), self.setting(other)) else {
            return problem;
        };
        match setting.map(|setting| &setting.by) {
            Some(By::File { value: span, .. }) if problem.variable().is_none() => {
                problem.and_at(span.clone(), format!("`{name}`"))
            }
            Some(By::File { .. }) => problem.with_help(format!("`{name}` is {value}")),
            Some(By::Variable(variable)) => {
                problem.with_help(format!("`{name}` is {value}, by the variable `{variable}`"))
            }
            None => problem.with_help(format!("`{name}` is {value}, unless it is set")),
        }
    }

    /// Who set `path`, or else the part that it is in.
    fn nearest_setting(&self, path: &str) -> Option<&'d Setting> {
        let mut path = path;
        loop {
            if let Some(setting) = self.setting(path) {
                return Some(setting);
            }
            (path, _) = path.rsplit_once('.')?;
        }
    }
}
