//! What a stack tells before a scrape.

use std::sync::Mutex;

use buttress_core::policy::{Limit, RateLimit};
use buttress_core::quota::Quota;
use buttress_core::{Event, Observer};

use super::*;
use crate::observe::Report;

/// The kinds of what it was told.
#[derive(Default)]
struct Told(Mutex<Vec<&'static str>>);

impl Observer for Told {
    fn observe(&self, event: &Event<'_>) {
        let level = match event {
            Event::PauseLevel { .. } => "pause",
            Event::QuotaLevel { .. } => "quota",
            Event::BreakerLevel { .. } => "breaker",
            Event::BudgetLevel { .. } => "budget",
            other => panic!("{other:?}"),
        };
        self.0.lock().unwrap().push(level);
    }
}

#[tokio::test(start_paused = true)]
async fn the_parts_of_the_policy_that_holds_now_are_told() {
    let limits = RateLimit::new([Limit::requests(Quota::per_minute(5).unwrap())]).unwrap();
    let client = Client::new(|_| 200);
    let (stack, mut service) = around(Policy::default().with_rate_limit(limits), &client);
    service.call(ask()).await.unwrap();
    let told = |stack: &Stack| {
        let told = Told::default();
        stack.report(&told);
        told.0.into_inner().unwrap()
    };
    assert_eq!(told(&stack), ["pause", "quota", "breaker", "budget"]);
    stack.reload(bare()).unwrap();
    assert!(told(&stack).is_empty());
}
