//! What all connections of one server share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::header::DATE;
use http::{HeaderValue, StatusCode};

use crate::accounts::{Account, Accounts};
use crate::clock::Clock;
use crate::config::Config;
use crate::fault::{self, Plan};
use crate::gauge::{Guard, Live};
use crate::ledger::{Ledger, Outcome};
use crate::reply::{Answer, Ending, Reply};
use crate::route::{Call, Dialect, Route};
use crate::seen::Snapshot;
use crate::{Endpoint, Fault, github, openai};

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) config: Config,
    clock: Clock,
    state: Mutex<State>,
    in_flight: [Arc<Live>; ENDPOINTS.len()],
    connections: Arc<Live>,
}

const ENDPOINTS: [Endpoint; 5] = [
    Endpoint::Completions,
    Endpoint::Comments,
    Endpoint::Issues,
    Endpoint::RateLimit,
    Endpoint::Other,
];

/// Under one lock: what is counted is what was decided, in that order.
#[derive(Debug)]
struct State {
    plan: Plan,
    accounts: Accounts,
    ledger: Ledger,
    answers: u64,
    /// What was answered to requests that were done, by their keys.
    given: HashMap<Key, Reply>,
}

/// Whose key it is, and for what.
type Key = (Endpoint, Vec<u8>, String);

/// A reply, and what is to happen to it on its way.
#[derive(Debug)]
pub(crate) struct Decided {
    pub(crate) reply: Reply,
    pub(crate) fault: Option<Fault>,
}

impl Shared {
    pub(crate) fn new(config: Config) -> Self {
        let state = State {
            plan: Plan::new(config.shares.clone(), config.seed),
            accounts: Accounts::new(&config),
            ledger: Ledger::new(config.memory),
            answers: 0,
            given: HashMap::new(),
        };
        Self {
            config,
            clock: Clock::start(),
            state: Mutex::new(state),
            in_flight: Default::default(),
            connections: Arc::default(),
        }
    }

    pub(crate) fn connection(&self) -> Guard {
        self.connections.enter()
    }

    pub(crate) fn exchange(&self, endpoint: Endpoint) -> Guard {
        self.in_flight[endpoint as usize].enter()
    }

    pub(crate) fn plan(&self, change: impl FnOnce(&mut Plan)) {
        change(&mut self.state().plan);
    }

    /// Has `fault` happen to every request until `length` is over.
    pub(crate) fn go_down(&self, fault: Fault, length: Duration) {
        let length = u64::try_from(length.as_nanos()).unwrap_or(u64::MAX);
        let until = self.clock.now().saturating_add(length);
        self.plan(|plan| plan.go_down(fault, until));
    }

    pub(crate) fn seen(&self) -> Snapshot {
        let mut seen = self.state().ledger.seen();
        for endpoint in ENDPOINTS {
            seen.endpoint_mut(endpoint).in_flight = self.in_flight[endpoint as usize].read();
        }
        seen.connections = self.connections.read();
        seen
    }

    /// Notes a request whose head has arrived, and gives it its fault, if any.
    pub(crate) fn arrived(&self, call: &Call) -> Option<Fault> {
        let mut state = self.state();
        let now = self.clock.now();
        let is_down = state.plan.is_down(now);
        state.ledger.arrived(call, now, is_down);
        state.plan.next(now)
    }

    /// Decides about a request whose body is there; `None` if the body was too long.
    pub(crate) fn decide(&self, call: &Call, body: Option<&[u8]>, fault: Option<Fault>) -> Decided {
        let state = &mut *self.state();
        let now = self.clock.now();
        state.answers += 1;
        let account = state.accounts.of(&call.credential, &self.config, now);
        let key = self.key(call);
        let given = || key.as_ref().and_then(|key| state.given.get(key)).cloned();
        let mut answer = match not_done(call, body, fault.as_ref()).or_else(given) {
            Some(reply) => Answer::new(Ending::NotDone, reply),
            None => self.done(account, call, body.unwrap_or_default(), state.answers, now),
        };
        if let Some(key) = key.filter(|_| answer.ending == Ending::Admitted)
            && state.given.len() < self.config.memory
        {
            state.given.insert(key, answer.reply.clone());
        }
        if !fault.as_ref().is_some_and(Fault::is_edge) {
            self.stamp(account, call, &mut answer.reply, state.answers, now);
        }
        if let Some(date) = self.clock.date(now) {
            answer.reply.headers_mut().insert(DATE, date);
        }
        let outcome = Outcome {
            ending: answer.ending,
            status: answer.reply.status(),
            headers: answer.reply.headers(),
            fault: fault.as_ref(),
        };
        state.ledger.ended(call, &outcome, &self.clock, now);
        let reply = answer.reply;
        Decided { reply, fault }
    }

    /// By what a request is known again, if keys are honoured and it has one.
    fn key(&self, call: &Call) -> Option<Key> {
        let key = call.idempotency_key.clone();
        let key = key.filter(|_| self.config.honours_keys)?;
        Some((call.route.endpoint(), call.credential.clone(), key))
    }

    fn done(&self, account: &mut Account, call: &Call, body: &[u8], id: u64, now: u64) -> Answer {
        match &call.route {
            Route::Completions => account.openai.answer(body, id, now),
            Route::Other => Answer::new(Ending::NotDone, github::not_found()),
            route => account.github.answer(route, body, id, &self.clock, now),
        }
    }

    fn stamp(&self, account: &mut Account, call: &Call, reply: &mut Reply, id: u64, now: u64) {
        let headers = reply.headers_mut();
        let name = match call.route.dialect() {
            Dialect::OpenAi => {
                account.openai.stamp(headers, now);
                "x-request-id"
            }
            Dialect::GitHub => {
                account.github.stamp(headers, &self.clock, now);
                "x-github-request-id"
            }
        };
        if let Ok(id) = HeaderValue::try_from(format!("req_{id:016x}")) {
            headers.insert(name, id);
        }
    }

    // A panic elsewhere leaves counts that are whole: each change is done under the lock or not begun.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The reply to a request that is not done; `None` if it is.
fn not_done(call: &Call, body: Option<&[u8]>, fault: Option<&Fault>) -> Option<Reply> {
    let dialect = call.route.dialect();
    match fault {
        // Never sent, so that any will do.
        Some(Fault::ResetBeforeHead) => Some(nothing()),
        Some(fault) => fault::answer::instead(fault, dialect),
        None => None,
    }
    .or_else(|| body.is_none().then(|| too_long(dialect)))
}

fn nothing() -> Reply {
    let mut reply = Reply::default();
    *reply.status_mut() = StatusCode::NO_CONTENT;
    reply
}

fn too_long(dialect: Dialect) -> Reply {
    match dialect {
        Dialect::OpenAi => openai::too_long(),
        Dialect::GitHub => github::too_long(),
    }
}
