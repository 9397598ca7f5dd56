//! Jobs in the order of the times at which they may be done.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use buttress::Clock;
use buttress::core::Timestamp;

/// What is to be done, and when at the earliest. Jobs of one time are in the order in which they came.
#[derive(Debug)]
pub(crate) struct Queue<T> {
    waiting: Mutex<Waiting<T>>,
}

#[derive(Debug)]
struct Waiting<T> {
    jobs: BTreeMap<(Timestamp, u64), T>,
    came: u64,
}

/// What there is for a worker at one moment.
#[derive(Debug, PartialEq, Eq)]
enum Turn<T> {
    Do(T),
    Wait(Duration),
    Leave,
}

impl<T> FromIterator<T> for Queue<T> {
    /// Of jobs that may be done at once.
    fn from_iter<I: IntoIterator<Item = T>>(jobs: I) -> Self {
        let queue = Self {
            waiting: Mutex::new(Waiting {
                jobs: BTreeMap::new(),
                came: 0,
            }),
        };
        jobs.into_iter()
            .for_each(|job| queue.put(job, Timestamp::ORIGIN));
        queue
    }
}

impl<T> Queue<T> {
    /// Adds a job that is not to be done before `not_before`.
    pub(crate) fn put(&self, job: T, not_before: Timestamp) {
        let mut waiting = self.waiting();
        waiting.came += 1;
        let number = waiting.came;
        waiting.jobs.insert((not_before, number), job);
    }

    /// The next job, as soon as there is one that may be done; `None` if none is left.
    ///
    /// A worker that leaves is not missed, and one that sleeps need not be woken: whoever puts a job back comes for the
    /// next one itself.
    pub(crate) async fn next(&self) -> Option<T> {
        loop {
            match self.turn(Clock::default().now()) {
                Turn::Do(job) => return Some(job),
                Turn::Wait(wait) => tokio::time::sleep(wait).await,
                Turn::Leave => return None,
            }
        }
    }

    fn turn(&self, now: Timestamp) -> Turn<T> {
        let mut waiting = self.waiting();
        let Some(first) = waiting.jobs.first_entry() else {
            return Turn::Leave;
        };
        let (not_before, _) = *first.key();
        if now < not_before {
            return Turn::Wait(not_before.since(now));
        }
        Turn::Do(first.remove())
    }

    // Whole between any two calls, also if one of them panicked.
    fn waiting(&self) -> MutexGuard<'_, Waiting<T>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn now() -> Timestamp {
        Clock::default().now()
    }

    #[tokio::test(start_paused = true)]
    async fn jobs_come_in_order_and_then_no_more() {
        let queue: Queue<_> = [1, 2, 3].into_iter().collect();
        let began = now();
        for job in [1, 2, 3] {
            assert_eq!(queue.next().await, Some(job));
        }
        assert_eq!(queue.next().await, None);
        assert_eq!(now(), began);
    }

    #[tokio::test(start_paused = true)]
    async fn a_job_comes_at_its_time_and_others_before_it() {
        let queue: Queue<_> = ["now"].into_iter().collect();
        let began = now();
        queue.put("late", began + 2 * SECOND);
        queue.put("soon", began + SECOND);
        let mut done = Vec::new();
        while let Some(job) = queue.next().await {
            done.push((job, now().since(began).as_secs()));
        }
        assert_eq!(done, [("now", 0), ("soon", 1), ("late", 2)]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_job_that_is_put_back_while_all_others_sleep_is_done_in_time() {
        let queue: Queue<_> = [].into_iter().collect();
        let began = now();
        queue.put("last", began + 9 * SECOND);
        let sleeper = async { (queue.next().await, now().since(began)) };
        let worker = async {
            queue.put("back", began + SECOND);
            (queue.next().await, now().since(began))
        };
        let (slept, worked) = tokio::join!(sleeper, worker);
        assert_eq!(worked, (Some("back"), SECOND));
        assert_eq!(slept, (Some("last"), 9 * SECOND));
    }

    #[test]
    fn a_wait_ends_at_the_time_of_the_job_and_not_before() {
        let queue: Queue<u8> = [].into_iter().collect();
        assert_eq!(queue.turn(Timestamp::ORIGIN), Turn::Leave);
        let at = Timestamp::from_nanos(10);
        queue.put(7, at);
        let left = |nanos| Turn::Wait(Duration::from_nanos(nanos));
        assert_eq!(queue.turn(Timestamp::from_nanos(9)), left(1));
        assert_eq!(queue.turn(at), Turn::Do(7));
    }
}
