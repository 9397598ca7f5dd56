use std::sync::Arc;

use super::Event;

/// Whoever wants to know. Called on the path of the call: an observer that is slow makes calls slow.
///
/// Several are one in a tuple: `(Metrics::new("openai"), Tracing)`.
pub trait Observer: Send + Sync {
    /// Something happened.
    fn observe(&self, _event: &Event<'_>) {}
}

/// Nobody.
impl Observer for () {}

impl<O: Observer + ?Sized> Observer for Arc<O> {
    fn observe(&self, event: &Event<'_>) {
        (**self).observe(event);
    }
}

impl<O: Observer> Observer for Option<O> {
    fn observe(&self, event: &Event<'_>) {
        if let Some(observer) = self {
            observer.observe(event);
        }
    }
}

impl<A: Observer, B: Observer> Observer for (A, B) {
    fn observe(&self, event: &Event<'_>) {
        self.0.observe(event);
        self.1.observe(event);
    }
}

impl<A: Observer, B: Observer, C: Observer> Observer for (A, B, C) {
    fn observe(&self, event: &Event<'_>) {
        self.0.observe(event);
        self.1.observe(event);
        self.2.observe(event);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[derive(Default)]
    struct Count(AtomicU32);

    impl Observer for Count {
        fn observe(&self, _event: &Event<'_>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn of_several_each_is_told_once() {
        let counts: [Arc<Count>; 3] = Default::default();
        let [a, b, c] = counts.clone();
        let all = ((a, None::<Count>), Some(b), (c, ()));
        all.observe(&Event::BudgetLevel { balance: 1 });
        let told = counts.map(|count| count.0.load(Ordering::Relaxed));
        assert_eq!(told, [1, 1, 1]);
    }
}
