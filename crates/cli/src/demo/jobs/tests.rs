use std::collections::BTreeSet;
use std::sync::Mutex;

use buttress::core::{Key, Rejected, Why};
use buttress::stack::policy::Policy;
use http::{Request, Response};
use reqwest::Body;
use tower::util::BoxCloneSyncService;
use tower::{Layer, service_fn};

use super::*;
use crate::demo::stack;

const SECOND: Duration = Duration::from_secs(1);

fn now() -> Timestamp {
    Clock::default().now()
}

fn scenario(jobs: u16) -> Scenario {
    Scenario {
        workers: 3,
        jobs,
        completions_per_minute: 60,
        comments_per_minute: 60,
        seed: 1,
        time_scale: 60,
        outage: 0,
    }
}

/// What came of each call that a client let through, by its `x-job`.
type Sent = Arc<Mutex<Vec<(String, u64)>>>;

/// A client that answers 200 to what `admits` lets through.
fn client(
    sent: &Sent,
    began: Timestamp,
    admits: impl Fn(&str) -> Result<(), Rejected> + Clone + Send + Sync + 'static,
) -> Client {
    let sent = Arc::clone(sent);
    let answer = service_fn(move |request: Request<Body>| {
        let id = request.headers()["x-job"].to_str().unwrap().to_owned();
        let admitted = admits(&id);
        if admitted.is_ok() {
            let at = now().since(began).as_secs();
            sent.lock().unwrap().push((id, at));
        }
        async move { admitted.map(|()| Response::new(Body::default())) }
    });
    let judged = stack::judged(&Policy::default()).unwrap();
    BoxCloneSyncService::new(judged.layer(answer))
}

fn refused(why: Why, not_before: Option<Timestamp>) -> Result<(), Rejected> {
    Err(Rejected::new(why, Key::ALL).with_not_before(not_before))
}

/// Does all jobs with clients that admit what `admits` does. What became of them, and what was sent at which second.
async fn work(
    scenario: &Scenario,
    began: Timestamp,
    admits: impl Fn(&str) -> Result<(), Rejected> + Clone + Send + Sync + 'static,
) -> (Tally, Vec<(String, u64)>) {
    let sent = Sent::default();
    let clients = Clients {
        completions: client(&sent, began, admits.clone()),
        comments: client(&sent, began, admits),
        circuits: Arc::default(),
    };
    let jobs = Jobs::start(scenario, clients, Progress::new("test", scenario.calls()));
    let (tally, _) = jobs.unwrap().work().await.unwrap();
    let sent = std::mem::take(&mut *sent.lock().unwrap());
    (tally, sent)
}

#[test]
fn the_tallies_of_workers_add_up_and_the_longest_wait_is_kept() {
    let (mut one, mut other) = (Tally::default(), Tally::default());
    one.count(Class::Ok, SECOND);
    one.count(Class::RateLimited, 3 * SECOND);
    (one.put_back, other.put_back) = (2, 3);
    other.count(Class::RateLimited, 2 * SECOND);
    other.count(Class::Interrupted, SECOND);
    one.add(other);
    assert_eq!(one.succeeded, 1);
    assert_eq!(one.failed, [("interrupted", 1), ("rate_limited", 2)].into());
    assert_eq!((one.longest, one.put_back), (3 * SECOND, 5));
}

#[tokio::test(start_paused = true)]
async fn every_job_makes_both_of_its_calls_once() {
    let (tally, sent) = work(&scenario(9), now(), |_| Ok(())).await;
    let ids: BTreeSet<_> = sent.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!((sent.len(), ids.len()), (18, 18));
    assert_eq!((tally.succeeded, tally.put_back), (18, 0));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_refused_until_a_time_is_made_then_and_is_no_failure() {
    let began = now();
    let reopens = began + 7 * SECOND;
    let (tally, sent) = work(&scenario(9), began, move |id| {
        let is_shut = id.starts_with("comment") && now() < reopens;
        if is_shut {
            refused(Why::CircuitOpen, Some(reopens))
        } else {
            Ok(())
        }
    })
    .await;
    assert_eq!((tally.succeeded, tally.failed.len()), (18, 0));
    assert_eq!(tally.put_back, 9);
    let at = |second| sent.iter().filter(|(_, at)| *at == second).count();
    assert_eq!((at(0), at(7)), (9, 9));
    assert_eq!(tally.longest, 7 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_refused_without_a_time_is_made_again_soon() {
    let began = now();
    let reopens = began + SECOND;
    let (tally, sent) = work(&scenario(1), began, move |_| {
        if now() < reopens {
            refused(Why::CircuitOpen, None)
        } else {
            Ok(())
        }
    })
    .await;
    assert_eq!((tally.succeeded, sent.len()), (2, 2));
    let ratio = SECOND.as_millis() / SOON.as_millis();
    assert_eq!(u128::from(tally.put_back), ratio);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_refused_for_ever_fails_in_the_end_and_the_next_is_made() {
    let (tally, sent) = work(&scenario(1), now(), |id| {
        if id.starts_with("completion") {
            refused(Why::CircuitOpen, None)
        } else {
            Ok(())
        }
    })
    .await;
    assert_eq!(tally.failed, [("rejected", 1)].into());
    assert_eq!((tally.succeeded, sent.len()), (1, 1));
    assert_eq!(tally.put_back, u64::from(MOST_PUT_BACK));
}

#[test]
fn a_job_is_begun_once_whatever_becomes_of_it() {
    let mut job = Job::new(3);
    assert!(job.is_new());
    job.began = Some(Timestamp::ORIGIN);
    assert!(!job.is_new());
    let comment = job.next().unwrap();
    assert!(!comment.is_new());
    assert!(comment.next().is_none());
}
