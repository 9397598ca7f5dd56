//! A service that does not speak HTTP: a function judges its results.
//!
//! You will see a queue that is full twice, and the third attempt that gets through:
//!
//! ```text
//! pushed "report" as number 3, after 3 attempts
//! ```

use std::convert::Infallible;
use std::sync::atomic::{AtomicU32, Ordering};

use buttress::Carrier;
use buttress::classify::classify_fn;
use buttress::core::{Class, History, Outcome};
use buttress::retry::{Cloned, Retries, RetryLayer};
use tower::{ServiceBuilder, ServiceExt, service_fn};

#[derive(Debug)]
enum Pushed {
    Number(u32),
    Full,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), buttress::BoxError> {
    let pushes = AtomicU32::new(0);
    let queue = service_fn(|_item: &'static str| {
        let pushed = match pushes.fetch_add(1, Ordering::Relaxed) {
            0 | 1 => Pushed::Full,
            earlier => Pushed::Number(earlier + 1),
        };
        std::future::ready(Ok::<_, Infallible>(pushed))
    });
    let client = ServiceBuilder::new()
        .layer(RetryLayer::new(Retries::default()).with_replay(Cloned))
        .layer(classify_fn(
            |result: Result<&Pushed, &Infallible>| match result {
                Ok(Pushed::Full) => Outcome::new(Class::Unavailable),
                Ok(Pushed::Number(_)) | Err(_) => Outcome::new(Class::Ok),
            },
        ))
        .service(queue);

    let reply = client.oneshot("report").await?;
    let attempts = reply.history().map_or(1, History::attempts);
    if let Pushed::Number(number) = reply.response() {
        println!("pushed \"report\" as number {number}, after {attempts} attempts");
    }
    Ok(())
}
