//! Ten thousand calls, a hundred reloads of a file: none is lost, no limit is exceeded, a bad file changes nothing.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use std::{fs, process};

use buttress::config::{Document, Seen, Unusable, Watch};
use buttress::core::{Policy, Timestamp};
use buttress::upstreams::{ToUpstream, Upstreams};
use buttress::{BoxError, Clock};
use http::{Request, Response, StatusCode};
use tokio::time::sleep;
use tower::{Service, ServiceExt, service_fn};
use tower_layer::Layer;

const CALLS: u32 = 10_000;
const RELOADS: usize = 100;

/// Upstreams `a` and `b`, limited; by the second file `a` stands elsewhere and has other parts, by the third it has all.
const FILES: [&str; 3] = [
    r#"
[defaults]
deadline = "1h"
cooldown = { max_wait = "1m" }
[upstream.a]
rate_limit = { requests_per_second = 400, burst = 20, max_wait = "1h" }
[upstream.b]
rate_limit = { requests_per_second = 400, burst = 20, max_wait = "1h" }
"#,
    r#"
[defaults]
deadline = "1h"
[upstream.b]
rate_limit = { requests_per_second = 100, burst = 5, max_wait = "1h" }
isolation = false
[upstream.c]
[upstream.a]
base_url = "https://a.example"
cooldown = false
retry = false
breaker = false
rate_limit = { requests_per_second = 100, burst = 5, max_wait = "1h" }
"#,
    r#"
[defaults]
deadline = "2h"
concurrency = { algorithm = "fixed", initial = 60, queue = 10_000, max_wait = "1h" }
rate_limit = { requests_per_second = 250, burst = 40, max_wait = "1h" }
[upstream.a]
attempt_timeout = "1m"
[upstream.b]
"#,
];

/// What each of the files lets through.
const RATES: [Rate; 3] = [(400, 20), (100, 5), (250, 40)];

/// Not TOML; a slip in a name; what cannot be together; no upstream.
const BAD: [&str; 4] = [
    "[upstream.a",
    "[upstream.a]\nrate_limits = { requests_per_second = 9_999 }\n[upstream.b]\n",
    "[upstream.a]\ndeadline = \"1s\"\nattempt_timeout = \"2s\"\n[upstream.b]\n",
    "[defaults]\nrate_limit = { requests_per_second = 9_999 }\n",
];

/// So many a second, so many at once.
type Rate = (u64, u64);

/// A file that is gone when the test ends.
struct Temporary(PathBuf);

impl Temporary {
    fn new(text: &str) -> Self {
        let name = format!("buttress-reload-{}.toml", process::id());
        let file = Self(std::env::temp_dir().join(name));
        file.write(text);
        file
    }

    fn write(&self, text: &str) {
        fs::write(&self.0, text).unwrap();
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// When each of the two upstreams was asked.
type Sent = Arc<Mutex<[Vec<Timestamp>; 2]>>;

/// Asks `a` and `b` by turns, twice as fast as the limits let them through on average.
async fn call<S>(mut service: S, n: u32) -> Result<StatusCode, BoxError>
where
    S: Service<Request<String>, Response = Response<Answer>, Error = BoxError>,
{
    sleep(Duration::from_millis(n.into())).await;
    let name = ["a", "b"][n as usize % 2];
    let request = Request::get("/").header("x-name", name);
    let request = request.extension(ToUpstream::new(name));
    let ready = service.ready().await?;
    let response = ready.call(request.body(String::new())?).await?;
    Ok(response.status())
}

type Answer = buttress::stack::StackBody<String>;

fn policies(upstreams: &Upstreams) -> Vec<Policy> {
    let names = upstreams.names().into_iter();
    names
        .map(|name| upstreams.stack(name.as_str()).unwrap().policy())
        .collect()
}

/// Looks twice at a bad file: it is told of once, and changes nothing.
fn look_at_a_bad_file(file: &Temporary, watch: &mut Watch, upstreams: &Upstreams, n: usize) {
    let before = policies(upstreams);
    file.write(BAD[n % BAD.len()]);
    assert!(matches!(watch.look(), Err(Unusable::Wrong(_))), "{n}");
    assert!(matches!(watch.look(), Ok(Seen::Same)), "{n}");
    assert_eq!(policies(upstreams), before, "{n}");
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_calls_and_a_hundred_files_lose_none_and_exceed_nothing() {
    let file = Temporary::new(FILES[0]);
    let (upstreams, mut watch) = Watch::new(&file.0).unwrap();
    let (sent, clock) = (Sent::default(), Clock::default());
    let log = Arc::clone(&sent);
    let client = service_fn(move |request: Request<String>| {
        let upstream = usize::from(request.headers()["x-name"] == "b");
        let mut log = log.lock().unwrap();
        log[upstream].push(clock.now());
        let millis = log[upstream].len() as u64 % 90;
        async move {
            sleep(Duration::from_millis(millis)).await;
            Ok::<_, BoxError>(Response::new(String::new()))
        }
    });
    let service = upstreams.layer(client);
    let calls = (0..CALLS).map(|n| tokio::spawn(call(service.clone(), n)));
    let calls: Vec<_> = calls.collect();
    let mut rates = vec![(clock.now(), RATES[0])];
    for reload in 1..=RELOADS {
        sleep(Duration::from_millis(397)).await;
        if reload.is_multiple_of(7) {
            look_at_a_bad_file(&file, &mut watch, &upstreams, reload);
        }
        let next = reload % FILES.len();
        file.write(FILES[next]);
        assert!(matches!(watch.look(), Ok(Seen::Changed(_))), "{reload}");
        rates.push((clock.now(), RATES[next]));
    }
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap(), StatusCode::OK);
    }
    let sent = sent.lock().unwrap();
    assert_eq!(sent[0].len() + sent[1].len(), CALLS as usize);
    for sent in &*sent {
        assert_no_limit_exceeded(sent, &rates);
    }
}

/// The naive model: whatever the account, between two times no more goes than the largest burst and what came in.
fn assert_no_limit_exceeded(sent: &[Timestamp], rates: &[(Timestamp, Rate)]) {
    const SECOND: u128 = 1_000_000_000;
    let came_by = |at: Timestamp| -> u128 {
        let ends = rates.iter().skip(1).map(|(end, _)| *end);
        let pieces = rates.iter().zip(ends.chain([Timestamp::MAX]));
        pieces
            .map(|((from, (rate, _)), end)| u128::from(*rate) * at.min(end).since(*from).as_nanos())
            .sum()
    };
    let came: Vec<_> = sent.iter().map(|at| came_by(*at)).collect();
    let burst = rates.iter().map(|(_, (_, burst))| *burst).max().unwrap();
    // A call that wakes up to a millisecond late counts at its slot.
    let burst = u128::from(burst + 1);
    for window in [2, 10, 100, 300, 1_000, 4_000] {
        for (first, pair) in came.windows(window).enumerate() {
            let came_in = pair[window - 1] - pair[0];
            assert!(
                window as u128 * SECOND <= burst * SECOND + came_in,
                "{window} from {first} on: {} came in",
                came_in / SECOND
            );
        }
    }
}

#[test]
fn what_a_watch_reads_is_what_the_document_says() {
    let policies = FILES.map(|text| {
        let file = Upstreams::from_document(&Document::toml("a.toml", text)).unwrap();
        assert_eq!(
            policies(&file),
            policies(&Upstreams::from_toml(text).unwrap())
        );
        policies(&file).len()
    });
    assert_eq!(policies, [2, 3, 2]);
}
