//! Reads one HTTP/1.1 request, with `Content-Length` or chunks, off a connection.
//! Strict enough for a test: what it does not understand ends the connection.

use std::io;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt};

use super::Seen;

/// The next request, or `None` when the other side has closed.
pub async fn request(
    wire: &mut (impl AsyncRead + Unpin),
    buffer: &mut BytesMut,
    connection: usize,
) -> io::Result<Option<Seen>> {
    let Some(head) = until(wire, buffer, b"\r\n\r\n").await? else {
        return Ok(None);
    };
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut lines = head.split("\r\n");
    let mut first = lines.next().unwrap_or_default().splitn(3, ' ');
    let (method, path) = (first.next().unwrap_or_default(), first.next().unwrap_or_default());
    let headers = lines
        .filter(|line| !line.is_empty())
        .map(|line| line.split_once(':').unwrap_or((line, "")))
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect();
    let mut seen = Seen {
        number: 0,
        method: method.to_owned(),
        path: path.to_owned(),
        headers,
        body: Bytes::new(),
        at: Instant::now(),
        connection,
    };
    seen.body = match seen.header("transfer-encoding") {
        Some(_) => chunks(wire, buffer).await?,
        None => {
            let length = seen.header("content-length").unwrap_or("0").parse();
            exactly(wire, buffer, length.map_err(io::Error::other)?).await?
        }
    };
    seen.at = Instant::now();
    Ok(Some(seen))
}

async fn chunks(wire: &mut (impl AsyncRead + Unpin), buffer: &mut BytesMut) -> io::Result<Bytes> {
    let mut body = BytesMut::new();
    loop {
        let line = until(wire, buffer, b"\r\n").await?.ok_or(io::ErrorKind::UnexpectedEof)?;
        let line = String::from_utf8_lossy(&line);
        let size = usize::from_str_radix(line.trim(), 16).map_err(io::Error::other)?;
        let chunk = exactly(wire, buffer, size + 2).await?;
        body.extend_from_slice(&chunk[..size]);
        if size == 0 {
            return Ok(body.freeze());
        }
    }
}

/// Everything up to and with `end`.
async fn until(wire: &mut (impl AsyncRead + Unpin), buffer: &mut BytesMut, end: &[u8]) -> io::Result<Option<Bytes>> {
    loop {
        if let Some(at) = buffer.windows(end.len()).position(|window| window == end) {
            return Ok(Some(buffer.split_to(at + end.len()).freeze()));
        }
        if wire.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
}

async fn exactly(wire: &mut (impl AsyncRead + Unpin), buffer: &mut BytesMut, length: usize) -> io::Result<Bytes> {
    while buffer.len() < length {
        if wire.read_buf(buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(buffer.split_to(length).freeze())
}
