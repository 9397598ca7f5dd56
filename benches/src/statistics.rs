//! The arithmetic on what was measured.

/// The middle of `samples`: of an even number, the mean of the two in the middle. 0 for none.
pub(crate) fn median(samples: &[f64]) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => 0.0,
        even if even % 2 == 0 => f64::midpoint(sorted[middle - 1], sorted[middle]),
        _ => sorted[middle],
    }
}

/// What is above the floor. Noise may put a row that costs next to nothing below it: that is 0.
pub(crate) fn net(gross: f64, floor: f64) -> f64 {
    (gross - floor).max(0.0)
}

/// How many times the peer's figure ours is; none where the peer's is lost in the noise.
pub(crate) fn ratio(ours: f64, peer: f64) -> Option<f64> {
    (peer >= NOISE).then(|| ours / peer)
}

/// Nanoseconds. Two runs of one program differ by about this much on a quiet machine, so that a figure below it
/// divides into anything.
const NOISE: f64 = 1.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_one() {
        assert_eq!(median(&[9.0, 1.0, 5.0]), 5.0);
    }

    #[test]
    fn the_median_of_an_even_number_is_between_the_two_in_the_middle() {
        assert_eq!(median(&[4.0, 1.0, 100.0, 2.0]), 3.0);
    }

    #[test]
    fn one_slow_round_does_not_move_the_median() {
        assert_eq!(median(&[5.0, 5.0, 1e9]), 5.0);
    }

    #[test]
    fn the_median_of_nothing_is_nothing() {
        assert_eq!(median(&[]), 0.0);
    }

    #[test]
    fn net_is_less_the_floor_and_never_below_nothing() {
        assert_eq!(net(50.0, 38.0), 12.0);
        assert_eq!(net(37.0, 38.0), 0.0);
    }

    #[test]
    fn a_ratio_is_ours_over_the_peers() {
        assert_eq!(ratio(20.0, 100.0), Some(0.2));
    }

    #[test]
    fn there_is_no_ratio_to_a_peer_that_costs_next_to_nothing() {
        assert_eq!(ratio(20.0, 0.0), None);
        assert_eq!(ratio(20.0, 0.9), None);
    }
}
