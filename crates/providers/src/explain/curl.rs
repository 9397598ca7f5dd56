//! An answer as `curl -i` prints it.

use std::io::{BufRead, Read};

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use super::captured::Captured;
use super::lines::Lines;
use super::{Bad, Fault};

/// Far longer than servers take (8 to 16 KiB for the whole head).
const LONGEST_LINE: usize = 64 * 1024;

/// More than a hundred headers are seldom seen, and `http` stops at 2¹⁵.
const MOST_HEADERS: usize = 1_000;

/// As much of an answer as is looked at; of a stream, more, as its failure stands at its end.
const MOST_BODY: u64 = 64 * 1024;
const MOST_STREAM: u64 = 4 * 1024 * 1024;

/// Reads the last head and its body. Heads before it are those of the way there: `100 Continue`, redirects, a proxy's
/// answer to `CONNECT`, a first `401`.
pub(super) fn read(input: impl BufRead) -> Result<Captured, Fault> {
    let mut reader = Reader {
        lines: Lines::new(input, LONGEST_LINE),
        pushed: None,
    };
    let mut head = reader.head()?;
    while let Some(status) = reader.next_status()? {
        head = reader.headers_of(status)?;
    }
    let mut captured = head;
    captured.body = reader.body(&captured.headers)?;
    Ok(captured)
}

struct Reader<R> {
    lines: Lines<R>,
    /// A line that was read to see whether it begins another head, and does not.
    pushed: Option<Vec<u8>>,
}

impl<R: BufRead> Reader<R> {
    fn head(&mut self) -> Result<Captured, Fault> {
        let Some(line) = self.lines.next()? else {
            return Err(Bad::at(
                1,
                "nothing is there; expected `HTTP/1.1 429 Too Many Requests`",
            )
            .into());
        };
        let number = line.number;
        let status = status(line.bytes).ok_or_else(|| {
            Bad::at(
                number,
                "not a status line; expected `HTTP/1.1 429 Too Many Requests`",
            )
        })?;
        self.headers_of(status)
    }

    /// The status of another head, if one follows.
    fn next_status(&mut self) -> Result<Option<StatusCode>, Fault> {
        let Some(line) = self.lines.next()? else {
            return Ok(None);
        };
        let found = status(line.bytes);
        if found.is_none() {
            self.pushed = Some([line.bytes, b"\n"].concat());
        }
        Ok(found)
    }

    fn headers_of(&mut self, status: StatusCode) -> Result<Captured, Fault> {
        let mut headers = HeaderMap::new();
        let mut last: Option<HeaderName> = None;
        while let Some(line) = self.lines.next()? {
            if line.bytes.is_empty() {
                break;
            }
            let bad = |what| Bad::at(line.number, what);
            if line.is_cut {
                return Err(bad("a header longer than 64 KiB").into());
            }
            if headers.len() >= MOST_HEADERS {
                return Err(bad("more than a thousand headers").into());
            }
            match (folded(line.bytes), &last) {
                (Some(rest), Some(name)) => unfold(&mut headers, name, rest),
                (Some(_), None) => return Err(bad("goes on a header that was not begun").into()),
                (None, _) => {
                    let (name, value) = field(line.bytes).ok_or_else(|| {
                        bad("not a header; expected `name: value`, or an empty line before the body")
                    })?;
                    headers.append(name.clone(), value);
                    last = Some(name);
                }
            }
        }
        Ok(Captured {
            status: Some(status),
            headers,
            ..Captured::default()
        })
    }

    fn body(self, headers: &HeaderMap) -> Result<Vec<u8>, Fault> {
        let is_stream = headers
            .get(header::CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
        let most = if is_stream { MOST_STREAM } else { MOST_BODY };
        let mut body = self.pushed.unwrap_or_default();
        self.lines.into_rest().take(most).read_to_end(&mut body)?;
        Ok(body)
    }
}

/// `HTTP/1.1 429 Too Many Requests`, `HTTP/2 429`.
fn status(line: &[u8]) -> Option<StatusCode> {
    let line = std::str::from_utf8(line.get(..line.len().min(13))?).ok()?;
    let mut words = line.split(' ');
    let version = words.next()?.strip_prefix("HTTP/")?;
    let is_version = version.starts_with(|c: char| c.is_ascii_digit());
    let code = words.next().filter(|code| code.len() == 3 && is_version)?;
    StatusCode::from_bytes(code.as_bytes()).ok()
}

fn field(line: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let name = HeaderName::from_bytes(&line[..colon]).ok()?;
    let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?;
    Some((name, value))
}

/// A line that goes on the one before it, as HTTP allowed until 2014.
fn folded(line: &[u8]) -> Option<&[u8]> {
    let is_folded = line.starts_with(b" ") || line.starts_with(b"\t");
    is_folded.then(|| line.trim_ascii())
}

fn unfold(headers: &mut HeaderMap, name: &HeaderName, rest: &[u8]) {
    let header::Entry::Occupied(mut entry) = headers.entry(name) else {
        return;
    };
    if let Some(value) = entry.iter_mut().next_back() {
        let whole = [value.as_bytes(), b" ", rest].concat();
        *value = HeaderValue::from_bytes(&whole).unwrap_or_else(|_| value.clone());
    }
}
