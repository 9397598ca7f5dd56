use super::*;

/// Requests for a token are the odd numbers.
fn with_apart() -> ConcurrencyLayer<(), fn(&u32) -> bool> {
    let one = Aimd::default().with_initial(1).with_bounds(1, 1);
    layer(1).with_apart(Algorithm::Aimd(one), |number: &u32| number % 2 == 1)
}

#[tokio::test(start_paused = true)]
async fn those_that_are_apart_pass_where_all_places_are_taken_by_others_and_have_a_bound_of_their_own()
 {
    let layer = with_apart();
    let (mut service, mut client) =
        mock::spawn_with(|client: Client<Empty<Bytes>>| layer.layer(client));
    let mut calls = Vec::new();
    for number in [2, 4, 1, 3] {
        assert_ready_ok!(service.poll_ready());
        let mut call = task::spawn(service.call(number));
        assert_pending!(call.poll());
        calls.push(call);
    }
    let (two, answer_two) = assert_ready!(client.poll_request()).unwrap();
    let (one, answer_one) = assert_ready!(client.poll_request()).unwrap();
    assert_eq!((two, one), (2, 1));
    assert_pending!(client.poll_request());
    for handle in [layer.handle(), layer.handle_apart()] {
        assert_eq!((handle.in_flight(), handle.waiting()), (1, 1));
    }
    // A place goes to who waits for one of its kind.
    answer_one.send_response(empty(200));
    assert_ready_ok!(calls[2].poll());
    assert!(calls[3].is_woken() && !calls[1].is_woken());
    assert_pending!(calls[3].poll());
    assert_eq!(assert_ready!(client.poll_request()).unwrap().0, 3);
    answer_two.send_response(empty(200));
    assert_ready_ok!(calls[0].poll());
    assert!(calls[1].is_woken());
}

#[tokio::test(start_paused = true)]
async fn where_none_is_apart_the_numbers_are_those_of_all() {
    let mut rig: Rig = Rig::new(&layer(1));
    let _call = rig.call(1);
    assert_eq!(layer(2).handle_apart().limit(), 2);
    assert_eq!(rig.numbers(), (1, 0));
}
