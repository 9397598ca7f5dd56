use std::sync::atomic::Ordering;

use buttress_core::quota::Quota;

use super::levels::level_of;
use super::recorded::Number;
use super::*;
use crate::observe::{Kind, Metric};

#[test]
fn a_handle_is_looked_up_once_whatever_comes_after() {
    let (story, outcome) = (Story::default(), Outcome::new(Class::Ok));
    let metrics = Metrics::new("up").with_http_names("api.example.com");
    let events = [
        call(Some(Class::Ok), &story),
        attempt(Some(&outcome), Some(200)),
    ];
    let recorded = tell(&metrics, &events);
    let looked_up = recorded.looked_up.load(Ordering::Relaxed);
    with_local_recorder(&recorded, || {
        for _ in 0..100 {
            events
                .iter()
                .for_each(|event| metrics.clone().observe(event));
        }
    });
    assert_eq!(recorded.looked_up.load(Ordering::Relaxed), looked_up);
}

#[test]
fn every_metric_is_told_under_its_name_and_with_its_labels_and_no_other() {
    let quota = Quota::per_second(1).unwrap();
    let (outcome, story) = (Outcome::new(Class::Ok), Story::default());
    let events = [
        call(Some(Class::Ok), &story),
        attempt(Some(&outcome), Some(500)),
        Event::BudgetLevel { balance: 1 },
        Event::PauseLevel { remaining: SECOND },
        Event::BreakerLevel {
            states: [1; 6],
            failure_rate: Some(0.5),
            slow_rate: Some(0.5),
        },
        Event::QuotaLevel {
            level: level_of(quota, 1),
        },
    ];
    let metrics = Metrics::new("up")
        .with_profile("openai")
        .with_http_names("host");
    let recorded = tell(&metrics, &events);
    let mut names: Vec<_> = Metric::ALL.iter().map(|metric| metric.name()).collect();
    names.sort_unstable();
    assert_eq!(recorded.names(), names);
    let described = recorded.described.lock().unwrap().clone();
    let expected = Metric::ALL.map(|it| (it.name().to_owned(), it.help().to_owned()));
    assert_eq!(described, expected);
    for (series, number) in recorded.numbers.lock().unwrap().iter() {
        let (name, labels) = series.trim_end_matches('}').split_once('{').unwrap();
        let metric = Metric::ALL.iter().find(|it| it.name() == name).unwrap();
        let labels: Vec<_> = labels
            .split(',')
            .map(|label| label.split('=').next().unwrap())
            .collect();
        assert_eq!(labels, metric.labels(), "{series}");
        let kind = match number {
            Number::Counter(_) => Kind::Counter,
            Number::Gauge(_) => Kind::Gauge,
            Number::Histogram(_) => Kind::Histogram,
        };
        assert_eq!(kind, metric.kind(), "{series}");
    }
}

#[test]
fn the_name_of_opentelemetry_has_its_labels_and_only_those_that_say_something() {
    let (ok, refused) = (Outcome::new(Class::Ok), Outcome::new(Class::Connect));
    let events = [
        attempt(Some(&ok), Some(200)),
        attempt(Some(&ok), Some(503)),
        attempt(Some(&ok), Some(999)),
        attempt(Some(&refused), None),
        attempt(None, None),
    ];
    let metrics = Metrics::new("up").with_http_names("api.example.com");
    let mut told = tell(&metrics, &events).told();
    told.retain(|line| line.starts_with("http."));
    let expected = [
        ",error.type=connect} 1/1",
        ",error.type=dropped} 1/1",
        ",http.response.status_code=200} 1/1",
        ",http.response.status_code=503,error.type=503} 1/1",
        "} 1/1",
    ];
    let expected = expected.map(|labels| {
        format!("http.client.request.duration{{http.request.method=POST,server.address=api.example.com{labels}")
    });
    assert_eq!(told, expected);
}

#[test]
fn upstreams_past_the_ceiling_are_one() {
    let upstreams = Upstreams::new(2);
    let recorded = Recorded::default();
    let story = Story::default();
    with_local_recorder(&recorded, || {
        for name in ["a", "b", "c", "d", "a", "c"] {
            upstreams
                .metrics(name, "openai")
                .observe(&call(None, &story));
        }
    });
    let mut told = recorded.told();
    told.retain(|line| line.starts_with("calls_total"));
    let expected = [
        "calls_total{upstream=a,profile=openai,class=dropped} 2",
        "calls_total{upstream=b,profile=openai,class=dropped} 1",
        "calls_total{upstream=other,class=dropped} 3",
    ];
    assert_eq!(told, expected);
}
