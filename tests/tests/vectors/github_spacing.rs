//! The lanes of Octokit's plugin-throttling, and what GitHub publishes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use buttress::Clock;
use buttress::core::{BoxError, Timestamp};
use buttress::github::LanesLayer;
use buttress::providers::github_lanes::{self, Lane};
use buttress::providers::{Period, Profile, PublishedLimit, Unit, github_graphql, github_rest};
use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::Empty;
use serde::Deserialize;
use tower::{Service, service_fn};
use tower_layer::Layer;

use crate::report::{Mismatch, Report, Verdict, expect, expect_eq};

const REST: Profile = github_rest::PROFILE;
const GRAPHQL: Profile = github_graphql::PROFILE;
const TOGETHER: &str = "REST and GraphQL together";

#[test]
fn the_vectors_of_githubs_lanes_hold() {
    let mut report = Report::on("github_throttle_spacing");
    for (name, bounds) in report
        .field::<BTreeMap<String, Bounds>>("lanes")
        .into_iter()
        .flatten()
    {
        let verdict = bounds.judge(&name);
        report.enter(format!("lanes.{name}"), verdict);
    }
    for path in report
        .field::<Vec<String>>("notification_paths")
        .into_iter()
        .flatten()
    {
        let verdict = expect(github_lanes::triggers_notification(&path), true, &path);
        report.enter(format!("notification_paths {path}"), verdict);
    }
    report.check("lane_cases", LaneCase::judge);
    report.check("notification_route_cases", RouteCase::judge);
    report.check("timing_cases", TimingCase::judge);
    if let Some(published) = report.field::<Published>("github_published_limits") {
        for (name, verdict) in published.verdicts() {
            report.enter(format!("github_published_limits {name}"), verdict);
        }
    }
    report.finish();
}

/// Sections that are words for readers, and those that are judged above.
#[test]
fn every_section_of_the_vectors_of_githubs_lanes_is_known() {
    const KNOWN: [&str; 12] = [
        "description",
        "github_published_limits",
        "lane_cases",
        "lane_notes",
        "lanes",
        "name",
        "notification_paths",
        "notification_route_cases",
        "provenance_legend",
        "source",
        "timing_cases",
        "verified",
    ];
    let names = Report::on("github_throttle_spacing").field_names();
    let strange: Vec<_> = names
        .iter()
        .filter(|name| !KNOWN.contains(&&***name))
        .collect();
    assert!(strange.is_empty(), "{strange:?}");
}

fn lane(name: &str) -> Result<Lane, Mismatch> {
    let lane = Lane::ALL.into_iter().find(|lane| lane.name() == name);
    lane.ok_or_else(|| Mismatch::unknown(name))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bounds {
    max_concurrent: u32,
    #[serde(default)]
    min_time_ms: u64,
}

impl Bounds {
    fn judge(&self, name: &str) -> Verdict {
        let lane = lane(name)?;
        let ours = (lane.max_concurrent(), lane.min_time());
        expect_eq(
            (self.max_concurrent, Duration::from_millis(self.min_time_ms)),
            ours,
        )
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LaneCase {
    method: String,
    path: String,
    lanes: Vec<String>,
    #[serde(rename = "upstream_test")]
    _upstream_test: Option<String>,
}

impl LaneCase {
    fn judge(&self) -> Verdict {
        let mut expected = self
            .lanes
            .iter()
            .map(|name| lane(name))
            .collect::<Result<Vec<_>, _>>()?;
        // The list says which; the order in which they are waited for is another matter.
        expected.sort_unstable();
        let mut found: Vec<_> = github_lanes::lanes(&self.method, &self.path).collect();
        found.sort_unstable();
        expect_eq(expected, found)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RouteCase {
    path: String,
    triggers_notification: bool,
    #[serde(rename = "upstream_test")]
    _upstream_test: Option<String>,
}

impl RouteCase {
    fn judge(&self) -> Verdict {
        expect_eq(
            self.triggers_notification,
            github_lanes::triggers_notification(&self.path),
        )
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TimingCase {
    #[serde(default)]
    min_time_ms: BTreeMap<String, u64>,
    submit: Vec<String>,
    expect_start_order: Vec<String>,
    #[serde(rename = "upstream_test")]
    _upstream_test: Option<String>,
}

impl TimingCase {
    fn judge(&self) -> Verdict {
        let mut layer = LanesLayer::new().map_err(Mismatch::unknown)?;
        let mut spacing: BTreeMap<Lane, Duration> = Lane::ALL
            .into_iter()
            .map(|lane| (lane, lane.min_time()))
            .collect();
        for (name, millis) in &self.min_time_ms {
            let (lane, time) = (lane(name)?, Duration::from_millis(*millis));
            spacing.insert(lane, time);
            layer = layer.with_min_time(lane, time).map_err(Mismatch::unknown)?;
        }
        let started = starts(&layer, &self.submit)?;
        self.is_in_order(&started)?;
        is_spaced(&started, &spacing)
    }

    /// Whether nothing starts after what is to start later. What starts at the same instant does so in no order: ours
    /// sends at once what Octokit's sends some turns of its event loop later.
    fn is_in_order(&self, started: &[(String, Timestamp)]) -> Verdict {
        let mut left = started.to_vec();
        let time = |line: &String| {
            let start = left.iter().position(|(sent, _)| sent == line);
            start
                .map(|at| left.remove(at).1)
                .ok_or_else(|| Mismatch::unknown(line))
        };
        expect_eq(self.expect_start_order.len(), started.len())?;
        let times = self
            .expect_start_order
            .iter()
            .map(time)
            .collect::<Result<Vec<_>, _>>()?;
        expect(times.is_sorted(), &self.expect_start_order, started)
    }
}

/// Those of a lane that sends nothing else stand as far apart as it says. A write that sends mail may start in the same
/// second as one that does not, and counts for the mails alone.
fn is_spaced(started: &[(String, Timestamp)], spacing: &BTreeMap<Lane, Duration>) -> Verdict {
    for (lane, time) in spacing {
        let is_of = |line: &str| {
            let mails = in_lane(line, Lane::Notifications);
            in_lane(line, *lane) && (!mails || *lane != Lane::Write)
        };
        let of_lane = started.iter().filter(|(line, _)| is_of(line));
        let times: Vec<_> = of_lane.map(|(_, start)| *start).collect();
        let are_apart = times
            .windows(2)
            .all(|pair| matches!(pair, [one, next] if next.since(*one) >= *time));
        expect(are_apart, (lane, time), started)?;
    }
    Ok(())
}

fn in_lane(line: &str, lane: Lane) -> bool {
    let path = |target: &str| {
        let uri: Result<http::Uri, _> = target.parse();
        uri.map_or_else(|_| target.to_owned(), |uri| uri.path().to_owned())
    };
    line.split_once(' ')
        .is_some_and(|(method, target)| lane.is_of(method, &path(target)))
}

/// Submits all at once, in order, and says when each starts, in the order of starting.
fn starts(layer: &LanesLayer, submit: &[String]) -> Result<Vec<(String, Timestamp)>, Mismatch> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .map_err(Mismatch::unknown)?;
    runtime.block_on(async {
        let started = Arc::new(Mutex::new(Vec::new()));
        let note = Arc::clone(&started);
        let mut service = layer.layer(service_fn(move |request: Request<String>| {
            let line = request.body().clone();
            let mut note = note.lock().unwrap_or_else(PoisonError::into_inner);
            note.push((line, Clock::default().now()));
            std::future::ready(Ok::<_, BoxError>(Response::new(Empty::<Bytes>::new())))
        }));
        let mut calls = Vec::new();
        for line in submit {
            let (method, uri) = line
                .split_once(' ')
                .ok_or_else(|| Mismatch::unknown(line))?;
            let request = Request::builder().method(method).uri(uri);
            let request = request.body(line.clone()).map_err(Mismatch::unknown)?;
            calls.push(service.call(request));
        }
        let ended = futures_util::future::try_join_all(calls).await;
        ended.map_err(Mismatch::unknown)?;
        let started = started.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(started.clone())
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Published {
    primary_per_hour: BTreeMap<String, u64>,
    secondary: BTreeMap<String, u64>,
    points: BTreeMap<String, u64>,
}

impl Published {
    fn verdicts(&self) -> Vec<(String, Verdict)> {
        let all = [
            (&self.primary_per_hour, primary as fn(&str) -> Option<u64>),
            (&self.secondary, secondary),
            (&self.points, cost),
        ];
        let mut verdicts = Vec::new();
        for (section, of) in all {
            for (name, number) in section {
                let verdict = match of(name) {
                    Some(ours) => expect_eq(*number, ours),
                    None => Err(Mismatch::unknown(name)),
                };
                verdicts.push((name.clone(), verdict));
            }
        }
        verdicts
    }
}

fn amount(profile: Profile, tier: &str, of: &str, unit: Unit, period: Period) -> Option<u64> {
    let mut limits = profile.published().iter();
    let is_it = |limit: &&PublishedLimit| {
        (limit.tier, limit.of, limit.unit, limit.period) == (tier, of, unit, period)
    };
    limits.find(is_it).map(|limit| limit.amount)
}

fn primary(name: &str) -> Option<u64> {
    let tier = match name {
        "unauthenticated" => "no credential, per address",
        "user" => "user",
        "enterprise_cloud_app" => "app of an Enterprise Cloud organisation",
        "installation_min" => "app installation, at least",
        "installation_max" => "app installation, at most",
        "actions_github_token_per_repo" => "GITHUB_TOKEN, per repository",
        _ => return None,
    };
    amount(REST, tier, "", Unit::Requests, Period::Hour)
}

fn secondary(name: &str) -> Option<u64> {
    let (profile, of, unit, period) = match name {
        "max_concurrent" => (REST, TOGETHER, Unit::Requests, Period::AtOnce),
        "rest_points_per_minute_per_endpoint" => {
            (REST, "one endpoint", Unit::Points, Period::Minute)
        }
        "graphql_points_per_minute" => (GRAPHQL, "", Unit::Points, Period::Minute),
        "cpu_seconds_per_60s" => (REST, TOGETHER, Unit::CpuSeconds, Period::Minute),
        "graphql_cpu_seconds_per_60s" => (GRAPHQL, "", Unit::CpuSeconds, Period::Minute),
        "content_creation_per_minute" => (REST, "new content", Unit::Requests, Period::Minute),
        "content_creation_per_hour" => (REST, "new content", Unit::Requests, Period::Hour),
        _ => return None,
    };
    amount(profile, "any", of, unit, period)
}

/// What each of the methods that a name lists costs.
fn cost(name: &str) -> Option<u64> {
    let graphql = |body: &[u8]| Some(GRAPHQL.cost().points(&Method::POST, body).into());
    match name {
        "graphql_query" => return graphql(br#"{"query":"query { a }"}"#),
        "graphql_mutation" => return graphql(br#"{"query":"mutation { a }"}"#),
        _ => {}
    }
    let methods = name.strip_prefix("rest_")?.split('_');
    let mut costs = methods.map(|method| {
        let method = Method::from_bytes(method.to_uppercase().as_bytes()).ok()?;
        Some(u64::from(REST.cost().points(&method, b"")))
    });
    let first = costs.next()??;
    costs.all(|other| other == Some(first)).then_some(first)
}
