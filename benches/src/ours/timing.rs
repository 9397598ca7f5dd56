//! Deadline, attempt timeout, isolation, concurrency; and two ways for a deadline to travel.
//!
//! The inner service answers at the first poll, so that our timers are not even made, and the peers' are. What a timer costs
//! that is waited for is tokio's, and is left out: it depends on whether the runtime has to be woken to look at it.

use std::hint::black_box;
use std::time::Duration;

use buttress::CallTime;
use buttress::attempt_timeout::AttemptTimeoutLayer;
use buttress::concurrency::{Algorithm, ConcurrencyLayer};
use buttress::core::Timestamp;
use buttress::deadline::DeadlineLayer;
use buttress::isolation::IsolationLayer;
use buttress::options::NoOptions;
use http::Extensions;
use tower::Layer;

use crate::bench::Bench;
use crate::load::{Http, Load, Unit};

const LIMIT: Duration = Duration::from_secs(30);

pub(super) fn rows(bench: &mut Bench) {
    let deadline = DeadlineLayer::new(LIMIT);
    let any = deadline.clone().with_options(NoOptions);
    let timeout = AttemptTimeoutLayer::new(LIMIT);
    let at_once = "tower-resilience time limiter";
    bench.row::<Unit, _>("deadline", Some(at_once), any.layer(Unit::inner()));
    let at_once = "tower Timeout";
    bench.row::<Unit, _>("timeout", Some(at_once), timeout.layer(Unit::inner()));
    bench.row::<Http, _>("deadline, http", None, deadline.layer(Http::inner()));

    let isolation = IsolationLayer::new();
    bench.row::<Unit, _>("isolation", None, isolation.layer(Unit::inner()));
    let concurrency = ConcurrencyLayer::new(Algorithm::default()).layer(Http::inner());
    bench.row::<Http, _>("concurrency, http", None, concurrency);
    travel(bench);
}

/// From the layer that sets a deadline to one that reads it.
fn travel(bench: &mut Bench) {
    let scope = || CallTime::until(black_box(AT)).enter(|| CallTime::current().deadline());
    bench.function("deadline by scope", None, scope);
    let extension = || {
        let mut extensions = Extensions::new();
        extensions.insert(black_box(AT));
        extensions.get::<Timestamp>().copied()
    };
    let name = "deadline by extension";
    bench.function(name, None, extension);
    let mut extensions = Extensions::new();
    extensions.insert(AT);
    let copied = move || extensions.clone();
    bench.function("deadline by extension, each copy", None, copied);
}

const AT: Timestamp = Timestamp::from_nanos(1_000_000_000);
