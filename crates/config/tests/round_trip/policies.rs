//! Policies of all sorts, made in Rust.

use std::num::NonZeroU32;
use std::time::Duration;

use buttress_core::Retries;
use buttress_core::backoff::{Backoff, Jitter, Percent};
use buttress_core::breaker::{Circuit, Rate, Stalled, Verdict, Window};
use buttress_core::budget::Share;
use buttress_core::concurrency::{Aimd, Algorithm, Gradient, Vegas};
use buttress_core::pause::Pauses;
use buttress_core::policy::{
    Breaker, Concurrency, Cooldown, IdempotencyKey, KeyBy, Limit, Policy, ProfileName, RateLimit,
    Retry, RetryBudget, Unit,
};
use buttress_core::quota::{Quota, Shape};
use buttress_core::retry::{HintUse, LongHint};
use proptest::option;
use proptest::prelude::*;

pub(crate) fn policies() -> impl Strategy<Value = Policy> {
    // Boxed, or else the strategy of a whole policy does not fit on the stack of a test.
    let parts = (
        option::of(retry().boxed()),
        option::of(cooldown().boxed()),
        option::of(concurrency().boxed()),
        option::of(rate_limit().boxed()),
        option::of(breaker().boxed()),
    );
    let times = (option::of(time()), option::of(time()));
    (profile(), parts, times, any::<bool>(), any::<bool>()).prop_map(policy)
}

type Parts = (
    Option<Retry>,
    Option<Cooldown>,
    Option<Concurrency>,
    Option<RateLimit>,
    Option<Breaker>,
);
type Times = (Option<Duration>, Option<Duration>);

fn policy(
    (profile, parts, times, fail_fast, isolation): (ProfileName, Parts, Times, bool, bool),
) -> Policy {
    let (retry, cooldown, concurrency, rate_limit, breaker) = parts;
    let (deadline, timeout) = times;
    let timeout = timeout.map(|timeout| deadline.map_or(timeout, |most| timeout.min(most)));
    Policy::bare(profile)
        .with_retry(retry)
        .with_cooldown(cooldown)
        .with_concurrency(concurrency)
        .with_rate_limit(rate_limit)
        .with_breaker(breaker)
        .with_fail_fast(fail_fast)
        .with_isolation(isolation)
        .with_deadline(deadline)
        .unwrap()
        .with_attempt_timeout(timeout)
        .unwrap()
}

fn profile() -> impl Strategy<Value = ProfileName> {
    let http = buttress_providers::ALL.into_iter();
    let names: Vec<_> = http
        .filter(|profile| !profile.is_text())
        .map(|profile| ProfileName::new(profile.name()).unwrap())
        .collect();
    prop::sample::select(names)
}

/// Where units change, and between.
fn nanos() -> impl Strategy<Value = u64> {
    prop_oneof![
        Just(1),
        Just(1_000_000),
        Just(1_000_000_000),
        Just(60_000_000_000),
        Just(86_400_000_000_000),
        1..1_000_000_000_000_u64,
        (1..1_000_u64).prop_map(|ms| ms * 1_000_000),
    ]
}

fn time() -> impl Strategy<Value = Duration> {
    nanos().prop_map(Duration::from_nanos)
}

fn maybe_none() -> impl Strategy<Value = Duration> {
    prop_oneof![Just(Duration::ZERO), time()]
}

fn positive() -> impl Strategy<Value = NonZeroU32> {
    prop_oneof![Just(1), Just(u32::MAX), 1..100_u32].prop_map(|n| NonZeroU32::new(n).unwrap())
}

fn key() -> impl Strategy<Value = KeyBy> {
    prop::sample::select(vec![
        KeyBy::Everything,
        KeyBy::Host,
        KeyBy::Credential,
        KeyBy::Model,
        KeyBy::Resource,
        KeyBy::Header(http::HeaderName::from_static("x-api-key")),
    ])
}

fn steps() -> impl Strategy<Value = Backoff> {
    (time(), time(), positive()).prop_map(|(one, other, factor)| {
        let backoff = Backoff::new(one.min(other), one.max(other)).unwrap();
        backoff.with_factor(factor)
    })
}

fn jitter() -> impl Strategy<Value = Jitter> {
    let percent = (0..=100_u8).prop_map(|percent| Percent::new(percent).unwrap());
    prop_oneof![
        Just(Jitter::None),
        Just(Jitter::Full),
        Just(Jitter::Equal),
        Just(Jitter::Decorrelated),
        percent.clone().prop_map(Jitter::Proportional),
        percent.prop_map(Jitter::Below),
    ]
}

fn budget() -> impl Strategy<Value = RetryBudget> {
    let of_calls =
        (0..=1_000_000_000_u32, any::<u32>(), 1..=60_u64).prop_map(|(share, floor, secs)| {
            let share = Share::from_millionths(share).unwrap();
            RetryBudget::of_calls(share, floor, Duration::from_secs(secs)).unwrap()
        });
    prop_oneof![
        Just(RetryBudget::UNLIMITED),
        Just(RetryBudget::DEFAULT),
        of_calls
    ]
}

fn retry() -> impl Strategy<Value = Retry> {
    let long_hint = prop::sample::select(vec![LongHint::Refuse, LongHint::PassOver, LongHint::Cut]);
    let hint_use = prop::sample::select(vec![HintUse::Replace, HintUse::Lengthen]);
    let hints = (maybe_none(), long_hint, hint_use, any::<bool>());
    let key = prop::sample::select(vec![
        IdempotencyKey::Profile,
        IdempotencyKey::Never,
        IdempotencyKey::Header(http::HeaderName::from_static("x-key")),
    ]);
    let header = option::of(Just(http::HeaderName::from_static("x-attempt")));
    let rest = (budget(), key, header);
    (positive(), steps(), jitter(), hints, rest).prop_map(
        |(attempts, steps, jitter, hints, (budget, key, header))| {
            let (max_wait, long_hint, hint_use, margin) = hints;
            let retries = Retries::default()
                .with_max_attempts(attempts)
                .with_backoff(steps.with_jitter(jitter))
                .with_max_wait(max_wait)
                .with_long_hint(long_hint)
                .with_hint_use(hint_use)
                .with_margin(margin);
            Retry::new(retries)
                .with_budget(budget)
                .with_idempotency_key(key)
                .with_attempt_header(header)
        },
    )
}

fn cooldown() -> impl Strategy<Value = Cooldown> {
    let pauses = (steps(), maybe_none(), maybe_none(), any::<bool>());
    (pauses, maybe_none(), key(), 1..100_000_usize).prop_map(|(pauses, max_wait, key, capacity)| {
        let (steps, park, patience, margin) = pauses;
        let pauses = Pauses::default()
            .with_default_wait(steps.with_jitter(Jitter::None))
            .with_park(park)
            .with_patience(patience)
            .with_margin(margin);
        Cooldown::default()
            .with_pauses(pauses)
            .with_max_wait(max_wait)
            .with_key(key)
            .with_capacity(capacity)
    })
}

fn algorithm() -> impl Strategy<Value = Algorithm> {
    let bounds = (1..50_u32, 0..50_u32, 0..50_u32)
        .prop_map(|(low, more, most)| (low, low + more, low + more + most));
    prop_oneof![
        positive().prop_map(Algorithm::Fixed),
        (bounds.clone(), time()).prop_map(|((low, first, high), slow)| {
            let aimd = Aimd::default().with_initial(first).with_bounds(low, high);
            Algorithm::Aimd(aimd.with_timeout(slow))
        }),
        bounds.clone().prop_map(|(_, first, high)| {
            Algorithm::Vegas(Vegas::default().with_initial(first).with_max(high))
        }),
        bounds.prop_map(|(low, first, high)| {
            Algorithm::Gradient(
                Gradient::default()
                    .with_initial(first)
                    .with_bounds(low, high),
            )
        }),
    ]
}

fn concurrency() -> impl Strategy<Value = Concurrency> {
    (algorithm(), maybe_none(), 0..100_000_usize).prop_map(|(algorithm, max_wait, queue)| {
        Concurrency::new(algorithm)
            .with_max_wait(max_wait)
            .with_queue(queue)
    })
}

fn quota() -> impl Strategy<Value = Quota> {
    let period = prop::sample::select(vec![1, 60, 3_600, 86_400, 10, 90, 600]);
    let shape = prop::sample::select(vec![
        Shape::Bucket,
        Shape::Log,
        Shape::Counter,
        Shape::Fixed,
    ]);
    (1..1_000_000_u64, period, shape, option::of(1..1_000_u64)).prop_map(
        |(units, secs, shape, burst)| {
            let quota = Quota::new(units, Duration::from_secs(secs)).unwrap();
            let quota = burst.map_or(quota, |burst| quota.with_burst(burst).unwrap());
            quota.with_shape(shape)
        },
    )
}

fn rate_limit() -> impl Strategy<Value = RateLimit> {
    let costly = prop::sample::select(vec![Unit::Tokens, Unit::Points]);
    let limit = (any::<bool>(), quota());
    let limits = (costly, prop::collection::vec(limit, 0..5)).prop_map(|(costly, limits)| {
        let mut all: Vec<Limit> = Vec::new();
        for (counts_requests, quota) in limits {
            let unit = if counts_requests {
                Unit::Requests
            } else {
                costly
            };
            let is_new =
                |limit: &Limit| limit.unit() != unit || limit.quota().period() != quota.period();
            if all.iter().all(is_new) {
                all.push(Limit::new(unit, quota));
            }
        }
        all
    });
    let flags = any::<[bool; 4]>();
    (limits, maybe_none(), key(), flags, 1..100_000_usize).prop_map(
        |(limits, max_wait, key, flags, capacity)| {
            let [learn, adopt, pace, adaptive] = flags;
            RateLimit::new(limits)
                .unwrap()
                .with_max_wait(max_wait)
                .with_key(key)
                .with_learn(learn)
                .with_adopt(adopt)
                .with_pace(pace)
                .with_adaptive(adaptive)
                .with_capacity(capacity)
        },
    )
}

fn window() -> impl Strategy<Value = Window> {
    let time = (10..10_000_u64, 1..100_u32)
        .prop_map(|(ms, buckets)| Window::buckets(Duration::from_millis(ms), buckets).unwrap());
    prop_oneof![
        (1..=10_000_u32).prop_map(|calls| Window::calls(calls).unwrap()),
        time
    ]
}

fn rate() -> impl Strategy<Value = Rate> {
    (10_000..=1_000_000_u32).prop_map(|millionths| Rate::from_millionths(millionths).unwrap())
}

/// What it opens at: a share, slow calls or failures in a row, and of these one at least.
fn opened_at() -> impl Strategy<Value = Circuit> {
    prop_oneof![
        Just(Circuit::default()),
        Just(Circuit::resilience4j()),
        Just(Circuit::dotnet()),
        Just(Circuit::hystrix()),
        Just(Circuit::finagle()),
        positive().prop_map(Circuit::only_consecutive),
        rate().prop_map(|rate| Circuit::default().with_failure_rate(rate)),
        (rate(), time())
            .prop_map(|(rate, slow)| Circuit::default().with_slow_call_rate(rate, slow)),
        (rate(), time()).prop_map(|(rate, slow)| Circuit::default()
            .without_failure_rate()
            .with_slow_call_rate(rate, slow)),
        (rate(), positive()).prop_map(|(rate, row)| Circuit::default()
            .with_failure_rate(rate)
            .with_consecutive(row)),
    ]
}

fn circuit() -> impl Strategy<Value = Circuit> {
    let verdict = prop::sample::select(vec![
        Verdict::Nothing,
        Verdict::Success,
        Verdict::Failure,
        Verdict::Limited,
    ]);
    let open = (time(), 100..=1_000_u32, time());
    let half = (
        prop_oneof![Just(Duration::MAX), time()],
        prop::sample::select(vec![Stalled::Open, Stalled::Close]),
    );
    let rest = (
        1..=1_000_u32,
        verdict.clone(),
        verdict,
        any::<bool>(),
        0..3_u8,
    );
    let circuits = (
        opened_at(),
        option::of(window()),
        option::of(1..1_000_u32),
        open,
        half,
        rest,
    );
    circuits.prop_map(|(circuit, window, minimum, open, half, rest)| {
        let circuit = window.map_or(circuit, |window| circuit.with_window(window));
        let circuit = minimum.map_or(circuit, |minimum| {
            circuit.with_minimum_calls(minimum).unwrap_or(circuit)
        });
        let (base, growth, most) = open;
        let (probes, limited, dropped, opens, mode) = rest;
        let circuit = circuit
            .with_open_growth(base.min(most), growth, base.max(most))
            .and_then(|circuit| circuit.with_half_open_for(half.0, half.1))
            .and_then(|circuit| circuit.with_probes(probes))
            .unwrap()
            .with_rate_limited(limited)
            .with_dropped(dropped)
            .with_opens_on_hint(opens);
        match mode {
            0 => circuit,
            1 => circuit.with_metrics_only(),
            _ => circuit.with_disabled(),
        }
    })
}

fn breaker() -> impl Strategy<Value = Breaker> {
    let whole = prop_oneof![
        Just(Circuit::default()),
        Just(Circuit::resilience4j()),
        Just(Circuit::finagle()),
        circuit().boxed()
    ];
    (whole, key(), 1..100_000_usize).prop_map(|(circuit, key, capacity)| {
        Breaker::new(circuit).with_key(key).with_capacity(capacity)
    })
}
