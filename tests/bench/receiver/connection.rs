//! One connection at the receiver: requests with a Content-Length, one after the other, each answered with constant bytes.
//! Anything else closes the connection; what a body is counted as is left to `tally`.

use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Answer;
use super::tally::Tally;

/// Answers until the other side closes; an error of the connection ends it as well.
pub(super) async fn converse(stream: TcpStream, answer: Answer, tally: Arc<Mutex<Tally>>) {
    drop(exchange(stream, &answer, &tally).await);
}

async fn exchange(mut stream: TcpStream, answer: &Answer, tally: &Mutex<Tally>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(8 * 1024);
    loop {
        while let Some(body) = first_body(&buffer)? {
            let _open = Open::count(tally, &buffer[body.clone()]);
            drop(buffer.drain(..body.end));
            if answer.hang {
                return hang(stream).await;
            }
            if !answer.delay.is_zero() {
                wait(answer.delay).await;
            }
            stream.write_all(&answer.bytes).await?;
        }
        buffer.reserve(4 * 1024);
        if stream.read_buf(&mut buffer).await? == 0 {
            return Ok(());
        }
    }
}

/// A request until it is answered or its connection ends.
struct Open<'a>(&'a Mutex<Tally>);

impl<'a> Open<'a> {
    fn count(tally: &'a Mutex<Tally>, body: &[u8]) -> Self {
        tally.lock().unwrap_or_else(PoisonError::into_inner).count(body);
        Self(tally)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).answered();
    }
}

/// Reads and never answers, until the other side gives up.
async fn hang(mut stream: TcpStream) -> io::Result<()> {
    let mut unread = [0; 1024];
    while stream.read(&mut unread).await? > 0 {}
    Ok(())
}

/// A late answer is what this receiver is for.
async fn wait(delay: Duration) {
    let _elapsed = tokio::time::timeout(delay, std::future::pending::<()>()).await;
}

/// Where the body of the first request lies, once it is there as a whole.
fn first_body(buffer: &[u8]) -> io::Result<Option<Range<usize>>> {
    let Some(head) = buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { return Ok(None) };
    let begin = head + 4;
    let length = content_length(&buffer[..head]).ok_or(io::ErrorKind::InvalidData)?;
    Ok((buffer.len() >= begin + length).then_some(begin..begin + length))
}

fn content_length(head: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"content-length:";
    head.split(|byte| *byte == b'\n').find_map(|line| {
        let (name, value) = line.split_at_checked(NAME.len())?;
        let own = name.eq_ignore_ascii_case(NAME);
        own.then(|| std::str::from_utf8(value).ok()?.trim().parse().ok())?
    })
}
