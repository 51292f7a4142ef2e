//! Asks the replica on this machine for a page of its admin listener, as a healthcheck does: a plain GET with a deadline.
//! What the pages say is decided by `admin`; what follows from an answer, by who asks.

use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// For connecting, and again for answering; the pages are made from memory.
const PATIENCE: Duration = Duration::from_secs(2);
/// More than any page a healthcheck reads.
const MOST_BYTES: u64 = 64 << 10;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The system chose the port, and only the running replica knows it.
    #[error("admin.listen has port 0, so nobody can be asked; give it a port")]
    NoPort,
    /// Nobody listens, or not in time.
    #[error("no answer from {address} (admin.listen)")]
    Silent {
        /// Who was asked.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Somebody else has the port.
    #[error("{0} (admin.listen) does not speak HTTP")]
    Stranger(SocketAddr),
}

/// The lines a page says, if its status is not 200; none if it is.
///
/// # Errors
///
/// Nobody answers at `listen`, or not as a replica does.
pub fn complaints(listen: SocketAddr, page: &str) -> Result<Vec<String>, ProbeError> {
    let address = reachable(listen);
    if address.port() == 0 {
        return Err(ProbeError::NoPort);
    }
    let answer = get(address, page).map_err(|source| ProbeError::Silent { address, source })?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or(ProbeError::Stranger(address))?;
    let status = head.strip_prefix("HTTP/1.").and_then(|rest| rest.split(' ').nth(1));
    let status = status.ok_or(ProbeError::Stranger(address))?;
    let lines = || body.lines().map(str::to_owned).chain(body.is_empty().then(|| format!("status {status}")));
    Ok(if status == "200" { Vec::new() } else { lines().collect() })
}

/// Who listens on every address listens on loopback too.
fn reachable(mut listen: SocketAddr) -> SocketAddr {
    match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => listen.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => listen.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    listen
}

fn get(address: SocketAddr, page: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let request = format!("GET {page} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.take(MOST_BYTES).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// Listens on every address, answers one request with this, and has it judged.
    fn judged(answer: &'static str) -> Result<Vec<String>, ProbeError> {
        let listener = TcpListener::bind("0.0.0.0:0").unwrap();
        let address = listener.local_addr().unwrap();
        let serving = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 1024];
            let length = stream.read(&mut request).unwrap();
            assert!(request[..length].starts_with(b"GET /readyz HTTP/1.1\r\n"));
            stream.write_all(answer.as_bytes()).unwrap();
        });
        let judged = complaints(address, "/readyz");
        serving.join().unwrap();
        judged
    }

    #[test]
    fn a_page_with_status_200_has_no_complaints() {
        assert_eq!(judged("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nok\n").unwrap(), [""; 0]);
    }

    #[test]
    fn another_status_complains_in_the_words_of_the_page() {
        let said = judged("HTTP/1.1 503 Service Unavailable\r\n\r\nwaiting: starting\nclock: 9 s\n").unwrap();
        assert_eq!(said, ["waiting: starting", "clock: 9 s"]);
        assert_eq!(judged("HTTP/1.1 404 Not Found\r\n\r\n").unwrap(), ["status 404"]);
    }

    #[test]
    fn who_speaks_no_http_is_a_stranger() {
        for answer in ["", "SSH-2.0-OpenSSH\r\n", "220 ready\r\n\r\n"] {
            assert!(matches!(judged(answer), Err(ProbeError::Stranger(_))), "{answer}");
        }
    }

    #[test]
    fn nobody_can_be_asked_at_port_0_or_where_nobody_listens() {
        let ask = |address: &str| complaints(address.parse().unwrap(), "/readyz");
        assert!(matches!(ask("127.0.0.1:0"), Err(ProbeError::NoPort)));
        assert!(matches!(ask("127.0.0.1:1"), Err(ProbeError::Silent { .. })));
    }
}
