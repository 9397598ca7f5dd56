use super::layer::Stack;
use crate::observe::{Observer, Report};

/// All parts that there are, of the policy that holds now.
impl Report for Stack {
    fn report(&self, observer: &dyn Observer) {
        self.cooldown().report(observer);
        self.rate_limit().report(observer);
        self.breaker().report(observer);
        self.budget().report(observer);
    }
}
