use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use buttress_config::{Config, Document, Source};

use super::{Unusable, environment, upstreams};
use crate::stack::{Builder, Stack};
use crate::time;
use crate::upstreams::Upstreams;

/// Looks whether a file has changed, and goes on by what it says.
///
/// It compares what the file holds and not when it was written: two changes within one tick of the file system's clock
/// are two changes. A configuration is small, and is read as a whole.
///
/// ```no_run
/// use std::time::Duration;
///
/// use buttress::config::Watch;
///
/// # async fn example() -> Result<(), buttress::config::Unusable> {
/// let (upstreams, mut watch) = Watch::new("buttress.toml")?;
/// tokio::spawn(async move {
///     watch.run(Duration::from_secs(5), |seen| match seen {
///         Ok(config) => println!("goes on with {} upstreams", config.upstreams().len()),
///         Err(unusable) => eprintln!("goes on as before: {unusable}"),
///     })
///     .await;
/// });
/// # let _ = upstreams;
/// # Ok(())
/// # }
/// ```
pub struct Watch {
    path: PathBuf,
    variables: Vec<(String, String)>,
    upstreams: Upstreams,
    /// What was seen last, whether it could be used or not; `None` if it could not be read.
    seen: Option<Source>,
}

/// What a look has shown.
#[derive(Debug)]
#[non_exhaustive]
pub enum Seen {
    /// Nothing new.
    Same,
    /// Another file, by which the upstreams go on.
    Changed(Box<Config>),
}

impl Watch {
    /// The upstreams that a file declares, and a watch over it. The environment is read once: it does not change.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or used.
    pub fn new(path: impl Into<PathBuf>) -> Result<(Upstreams, Self), Unusable> {
        Self::with(Stack::builder(), path.into())
    }

    pub(super) fn with(builder: Builder, path: PathBuf) -> Result<(Upstreams, Self), Unusable> {
        let variables: Vec<_> = environment().collect();
        let document = read(&path, &variables)?;
        let upstreams = builder.upstreams_from_document(&document)?;
        let watch = Self {
            path,
            variables,
            upstreams: upstreams.clone(),
            seen: Some(document.source().clone()),
        };
        Ok((upstreams, watch))
    }

    /// Looks once, and reloads the upstreams if the file has changed. It reads the file, which blocks for as long as that
    /// takes.
    ///
    /// # Errors
    ///
    /// If it has changed and cannot be read, or used. The upstreams go on as before, and the next look at the same file
    /// shows nothing new.
    pub fn look(&mut self) -> Result<Seen, Unusable> {
        let document = match read(&self.path, &self.variables) {
            Ok(document) => document,
            Err(_) if self.seen.is_none() => return Ok(Seen::Same),
            Err(unusable) => {
                self.seen = None;
                return Err(unusable);
            }
        };
        if self.seen.as_ref() == Some(document.source()) {
            return Ok(Seen::Same);
        }
        self.seen = Some(document.source().clone());
        let config = document.read()?;
        self.upstreams.reload(upstreams(&config))?;
        Ok(Seen::Changed(Box::new(config)))
    }

    /// Looks `every` so often, for ever, and tells what is new. Dropping the future ends it.
    pub async fn run(&mut self, every: Duration, mut tell: impl FnMut(Result<&Config, &Unusable>)) {
        loop {
            time::sleep(every).await;
            match self.look() {
                Ok(Seen::Same) => {}
                Ok(Seen::Changed(config)) => tell(Ok(&config)),
                Err(unusable) => tell(Err(&unusable)),
            }
        }
    }
}

fn read(path: &Path, variables: &[(String, String)]) -> Result<Document, Unusable> {
    let document = Document::file(path).map_err(|error| Unusable::unread(path, error))?;
    Ok(document.with_environment(variables.iter().cloned()))
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
