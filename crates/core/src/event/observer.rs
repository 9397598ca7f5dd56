use std::sync::Arc;

use super::{Event, Routine};

/// Is told what happens. Called on the path of the call: an observer that is slow makes calls slow.
///
/// Several are one in a tuple: `(Metrics::new("openai"), Tracing)`.
pub trait Observer: Send + Sync {
    /// Something happened.
    fn observe(&self, _event: &Event<'_>) {}

    /// Whether it wants to hear of this part of every call now. Asked when a call or an attempt begins; where nobody
    /// listens, nothing is made to be told. Where somebody else does, it may be told all the same.
    fn listens_to(&self, _routine: Routine) -> bool {
        true
    }
}

/// Nobody.
impl Observer for () {
    fn listens_to(&self, _routine: Routine) -> bool {
        false
    }
}

impl<O: Observer + ?Sized> Observer for Arc<O> {
    fn observe(&self, event: &Event<'_>) {
        (**self).observe(event);
    }

    fn listens_to(&self, routine: Routine) -> bool {
        (**self).listens_to(routine)
    }
}

impl<O: Observer> Observer for Option<O> {
    fn observe(&self, event: &Event<'_>) {
        if let Some(observer) = self {
            observer.observe(event);
        }
    }

    fn listens_to(&self, routine: Routine) -> bool {
        let listens = |observer: &O| observer.listens_to(routine);
        self.as_ref().is_some_and(listens)
    }
}

impl<A: Observer, B: Observer> Observer for (A, B) {
    fn observe(&self, event: &Event<'_>) {
        self.0.observe(event);
        self.1.observe(event);
    }

    fn listens_to(&self, routine: Routine) -> bool {
        self.0.listens_to(routine) || self.1.listens_to(routine)
    }
}

impl<A: Observer, B: Observer, C: Observer> Observer for (A, B, C) {
    fn observe(&self, event: &Event<'_>) {
        self.0.observe(event);
        self.1.observe(event);
        self.2.observe(event);
    }

    fn listens_to(&self, routine: Routine) -> bool {
        self.0.listens_to(routine) || self.1.listens_to(routine) || self.2.listens_to(routine)
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

    struct Only(Routine);

    impl Observer for Only {
        fn listens_to(&self, routine: Routine) -> bool {
            routine == self.0
        }
    }

    #[test]
    fn several_listen_to_what_one_of_them_listens_to() {
        let [began, attempt, ended] = Routine::ALL.map(Only);
        let all: Arc<dyn Observer> = Arc::new((((), None::<Only>), Some(attempt), (began, ())));
        let listens = Routine::ALL.map(|routine| all.listens_to(routine));
        assert_eq!(listens, [true, true, false]);
        let all = (Count::default(), ended);
        assert!(Routine::ALL.iter().all(|routine| all.listens_to(*routine)));
    }
}
