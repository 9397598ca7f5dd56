//! Which request gets which fault.

use std::collections::VecDeque;

use super::Fault;

/// Scripted faults first, then the outage, then the storm, then chance.
#[derive(Debug)]
pub(crate) struct Plan {
    script: VecDeque<Fault>,
    outage: Option<Outage>,
    storm: Option<Storm>,
    shares: Vec<(Fault, u16)>,
    random: fastrand::Rng,
}

#[derive(Debug)]
struct Outage {
    fault: Fault,
    // By the server's clock.
    until: u64,
}

#[derive(Debug)]
struct Storm {
    fault: Fault,
    // None: until calm.
    left: Option<u64>,
}

impl Plan {
    pub(crate) fn new(shares: Vec<(Fault, u16)>, seed: u64) -> Self {
        Self {
            script: VecDeque::new(),
            outage: None,
            storm: None,
            shares,
            random: fastrand::Rng::with_seed(seed),
        }
    }

    pub(crate) fn push(&mut self, fault: Fault) {
        self.script.push_back(fault);
    }

    pub(crate) fn storm(&mut self, fault: Fault, requests: Option<u64>) {
        self.storm = Some(Storm {
            fault,
            left: requests,
        });
    }

    pub(crate) fn go_down(&mut self, fault: Fault, until: u64) {
        self.outage = Some(Outage { fault, until });
    }

    pub(crate) fn is_down(&self, now: u64) -> bool {
        self.outage.as_ref().is_some_and(|it| now < it.until)
    }

    pub(crate) fn calm(&mut self) {
        self.script.clear();
        self.outage = None;
        self.storm = None;
    }

    /// The fault of the next request, which came at `now`.
    pub(crate) fn next(&mut self, now: u64) -> Option<Fault> {
        // Drawn even if it is not used: the n-th request has the same luck whatever was scripted before it.
        let luck = self.random.u32(0..1_000);
        self.script
            .pop_front()
            .or_else(|| self.outage_at(now))
            .or_else(|| self.storm_next())
            .or_else(|| self.by_chance(luck))
    }

    fn outage_at(&self, now: u64) -> Option<Fault> {
        let outage = self.outage.as_ref()?;
        (now < outage.until).then(|| outage.fault.clone())
    }

    fn storm_next(&mut self) -> Option<Fault> {
        let storm = self.storm.as_mut()?;
        if let Some(left) = &mut storm.left {
            *left = left.checked_sub(1)?;
        }
        Some(storm.fault.clone())
    }

    fn by_chance(&self, luck: u32) -> Option<Fault> {
        let mut below = 0;
        self.shares.iter().find_map(|(fault, share)| {
            below += u32::from(*share);
            (luck < below).then(|| fault.clone())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calm() -> Plan {
        Plan::new(Vec::new(), 0)
    }

    #[test]
    fn a_script_is_taken_in_order_and_then_over() {
        let mut plan = calm();
        plan.push(Fault::ServerError);
        plan.push(Fault::ResetInHead);
        assert_eq!(plan.next(0), Some(Fault::ServerError));
        assert_eq!(plan.next(0), Some(Fault::ResetInHead));
        assert_eq!(plan.next(0), None);
    }

    #[test]
    fn a_script_goes_before_a_storm_and_uses_none_of_it() {
        let mut plan = calm();
        plan.storm(Fault::EdgeBadGateway, Some(1));
        plan.push(Fault::ServerError);
        assert_eq!(plan.next(0), Some(Fault::ServerError));
        assert_eq!(plan.next(0), Some(Fault::EdgeBadGateway));
        assert_eq!(plan.next(0), None);
    }

    #[test]
    fn an_outage_ends_by_the_clock_and_uses_none_of_a_storm() {
        let mut plan = calm();
        plan.storm(Fault::EdgeBadGateway, Some(1));
        plan.go_down(Fault::ServerError, 100);
        assert!((0..100).all(|now| plan.next(now) == Some(Fault::ServerError)));
        assert!(plan.is_down(99) && !plan.is_down(100));
        assert_eq!(plan.next(100), Some(Fault::EdgeBadGateway));
        assert_eq!(plan.next(101), None);
    }

    #[test]
    fn calm_ends_an_outage() {
        let mut plan = calm();
        plan.go_down(Fault::ServerError, u64::MAX);
        plan.calm();
        assert!(!plan.is_down(0));
        assert_eq!(plan.next(0), None);
    }

    #[test]
    fn a_storm_lasts_until_calm() {
        let mut plan = calm();
        plan.storm(Fault::ServerError, None);
        assert!((0..100).all(|_| plan.next(0) == Some(Fault::ServerError)));
        plan.push(Fault::ResetInHead);
        plan.calm();
        assert_eq!(plan.next(0), None);
    }

    #[test]
    fn shares_are_kept_and_each_seed_repeats_itself() {
        let shares = vec![(Fault::ServerError, 100), (Fault::EdgeBadGateway, 50)];
        let draw = |seed| {
            let mut plan = Plan::new(shares.clone(), seed);
            (0..10_000).map(|_| plan.next(0)).collect::<Vec<_>>()
        };
        let count = |fault| {
            let fault = Some(fault);
            draw(1).iter().filter(|it| **it == fault).count()
        };
        // A binomial of 10 000 has a deviation of 30 and 22; five of them.
        assert!(count(Fault::ServerError).abs_diff(1_000) < 150);
        assert!(count(Fault::EdgeBadGateway).abs_diff(500) < 110);
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }

    #[test]
    fn scripted_faults_do_not_shift_the_luck_of_later_requests() {
        let shares = vec![(Fault::ServerError, 500)];
        let mut plain = Plan::new(shares.clone(), 9);
        let mut scripted = Plan::new(shares, 9);
        scripted.push(Fault::ResetInBody);
        let (plain, scripted): (Vec<_>, Vec<_>) =
            (0..50).map(|_| (plain.next(0), scripted.next(0))).unzip();
        assert_eq!(plain[1..], scripted[1..]);
    }

    #[test]
    fn a_storm_for_some_requests_is_over_after_them() {
        let mut plan = calm();
        plan.storm(Fault::ServerError, Some(2));
        let faults = (0..5).filter_map(|_| plan.next(0)).count();
        assert_eq!(faults, 2);
    }

    #[test]
    fn a_share_of_everything_leaves_nothing_out() {
        let mut plan = Plan::new(vec![(Fault::ServerError, 1_000)], 3);
        assert!((0..1_000).all(|_| plan.next(0).is_some()));
    }
}
