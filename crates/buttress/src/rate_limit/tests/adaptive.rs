//! Limits that nobody publishes, found by the layer.

use std::sync::Mutex;

use buttress_core::{Class, Outcome};

use super::*;
use crate::carrier::Classified;

/// A server that takes one call per `INTERVAL` and says no more than "too fast".
#[derive(Clone, Default)]
struct Silent {
    next: Arc<Mutex<Timestamp>>,
    refused: Arc<Mutex<u32>>,
}

const INTERVAL: Duration = Duration::from_millis(100);

impl Silent {
    fn answer(&self) -> Classified<()> {
        let mut next = self.next.lock().unwrap();
        let is_early = now() < *next;
        if is_early {
            *self.refused.lock().unwrap() += 1;
        } else {
            *next = now() + INTERVAL;
        }
        let class = if is_early {
            Class::RateLimited
        } else {
            Class::Ok
        };
        Classified::new((), Outcome::new(class))
    }

    fn service(
        &self,
    ) -> impl Service<u64, Response = Classified<()>, Error = BoxError> + Clone + use<> {
        let server = self.clone();
        service_fn(move |_: u64| std::future::ready(Ok(server.answer())))
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_nobody_publishes_is_found_by_trying() {
    let server = Silent::default();
    let layer = RateLimitLayer::new([]).with_adaptive(Increase::default());
    let mut service = layer.layer(server.service());
    for _ in 0..3_000 {
        service.ready().await.unwrap().call(0).await.unwrap();
    }
    let refused = *server.refused.lock().unwrap();
    assert!((1..600).contains(&refused), "{refused} of 3 000");
    let rate = layer.handle().snapshot(Key::ALL).found.unwrap().quota;
    let a_second = 1.0 / rate.period().as_secs_f64();
    assert!(
        (3.0..30.0).contains(&a_second),
        "{a_second}, and it takes ten"
    );
}

#[tokio::test(start_paused = true)]
async fn nothing_is_limited_until_the_server_says_too_fast_and_a_refusal_takes_nothing() {
    let layer = RateLimitLayer::new([])
        .with_adaptive(Increase::default())
        .with_max_wait(Duration::ZERO);
    let is_too_fast = Arc::new(Mutex::new(false));
    let said = Arc::clone(&is_too_fast);
    let mut service = layer.layer(service_fn(move |_: u64| {
        let class = if *said.lock().unwrap() {
            Class::RateLimited
        } else {
            Class::Ok
        };
        std::future::ready(Ok::<_, BoxError>(Classified::new((), Outcome::new(class))))
    }));
    for _ in 0..1_000 {
        service.ready().await.unwrap().call(0).await.unwrap();
    }
    assert_eq!(layer.handle().snapshot(Key::ALL).found, None);
    *is_too_fast.lock().unwrap() = true;
    service.ready().await.unwrap().call(0).await.unwrap();
    let refusals: Vec<_> = (0..10).map(|_| service.call(0)).collect();
    let mut times = Vec::new();
    for refused in refusals {
        times.push(refusal(refused.await).not_before.unwrap());
    }
    assert!(times.windows(2).all(|pair| pair[0] == pair[1]), "{times:?}");
    tokio::time::sleep(times[0].since(now())).await;
    service.ready().await.unwrap().call(0).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn those_who_wait_are_woken_when_the_rate_rises() {
    let layer = RateLimitLayer::new([]).with_adaptive(Increase::Additive(1_000.0));
    let limiter = layer.handle();
    let answers = Arc::new(Mutex::new(Class::RateLimited));
    let said = Arc::clone(&answers);
    let mut service = layer.layer(service_fn(move |answer: u64| {
        let said = Arc::clone(&said);
        async move {
            tokio::time::sleep(Duration::from_millis(answer)).await;
            let class = *said.lock().unwrap();
            Ok::<_, BoxError>(Classified::new((), Outcome::new(class)))
        }
    }));
    // Ten are in flight when the first of them is told "too fast".
    let mut late: Vec<_> = (0..40)
        .map(|n| task::spawn(service.call(600 + 10 * n)))
        .collect();
    for call in &mut late {
        assert!(call.poll().is_pending());
    }
    service.call(0).await.unwrap();
    let mut waits = task::spawn(service.call(0));
    assert!(waits.poll().is_pending());
    *answers.lock().unwrap() = Class::Ok;
    assert_eq!(limiter.snapshot(Key::ALL).waiting, 1);
    tokio::time::sleep(Duration::from_millis(1_000)).await;
    for call in &mut late {
        assert!(call.poll().is_ready());
    }
    assert!(waits.is_woken());
}

#[tokio::test(start_paused = true)]
async fn a_fault_is_not_too_fast() {
    for class in [Class::ServerError, Class::Overloaded, Class::Timeout] {
        let layer = RateLimitLayer::new([]).with_adaptive(Increase::default());
        let mut service = layer.layer(service_fn(move |_: u64| {
            std::future::ready(Ok::<_, BoxError>(Classified::new((), Outcome::new(class))))
        }));
        for _ in 0..10 {
            service.ready().await.unwrap().call(0).await.unwrap();
        }
        let found = layer.handle().snapshot(Key::ALL).found;
        assert_eq!(found, None, "{class}");
    }
}
