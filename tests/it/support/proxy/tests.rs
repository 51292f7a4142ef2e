//! The proxy between a plain client and a server that echoes.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use super::*;

const PATIENCE: Duration = Duration::from_secs(10);
/// What passes on an open line takes much less.
const A_MOMENT: Duration = Duration::from_millis(150);

/// A server that echoes what it gets, and a proxy before it.
fn echo() -> Proxy {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let proxy = Proxy::start();
    proxy.leads_to(listener.local_addr().unwrap());
    std::thread::spawn(move || {
        // Ends with the test process.
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            std::thread::spawn(move || std::io::copy(&mut stream.try_clone().unwrap(), &mut stream));
        }
    });
    proxy
}

fn client(proxy: &Proxy) -> TcpStream {
    let client = TcpStream::connect(proxy.address()).unwrap();
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    client
}

fn say(client: &mut TcpStream, text: &[u8]) {
    client.write_all(text).unwrap();
}

fn hears(client: &mut TcpStream, text: &[u8]) {
    let mut heard = vec![0; text.len()];
    client.read_exact(&mut heard).unwrap();
    assert_eq!(heard, text);
}

/// Nothing comes for a moment.
fn hears_nothing(client: &mut TcpStream) {
    client.set_read_timeout(Some(A_MOMENT)).unwrap();
    let kind = client.read(&mut [0; 1]).unwrap_err().kind();
    assert!(matches!(kind, std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut), "{kind}");
    client.set_read_timeout(Some(PATIENCE)).unwrap();
}

/// The connection ends in another way than by being closed in good order.
fn is_reset(client: &mut TcpStream) {
    let error = client.read(&mut [0; 1]).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}

#[test]
fn bytes_pass_both_ways_and_a_close_passes_too() {
    let proxy = echo();
    let mut client = client(&proxy);
    let much: Vec<u8> = (0..300_000_usize).map(|n| (n % 251) as u8).collect();
    let mut writer = client.try_clone().unwrap();
    let sent = much.clone();
    let writing = std::thread::spawn(move || say(&mut writer, &sent));
    hears(&mut client, &much);
    writing.join().unwrap();
    client.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(client.read(&mut [0; 1]).unwrap(), 0);
    assert_eq!((proxy.opened(), proxy.broken()), (1, 0));
}

#[test]
fn what_a_cut_holds_passes_when_it_is_healed() {
    for way in [Way::ToServer, Way::FromServer, Way::Both] {
        let proxy = echo();
        let mut old = client(&proxy);
        say(&mut old, b"before");
        hears(&mut old, b"before");
        proxy.cut(way);
        let mut new = client(&proxy);
        say(&mut old, b"old");
        say(&mut new, b"new");
        hears_nothing(&mut old);
        hears_nothing(&mut new);
        proxy.heal();
        hears(&mut old, b"old");
        hears(&mut new, b"new");
    }
}

#[test]
fn what_is_forgotten_never_passes_and_what_comes_later_does() {
    let proxy = echo();
    let mut old = client(&proxy);
    say(&mut old, b"before");
    hears(&mut old, b"before");
    proxy.forget();
    proxy.heal();
    say(&mut old, b"old");
    hears_nothing(&mut old);
    let mut new = client(&proxy);
    say(&mut new, b"new");
    hears(&mut new, b"new");
    hears_nothing(&mut old);
}

#[test]
fn a_slow_line_takes_its_time_for_latency_and_length() {
    let proxy = echo();
    let mut client = client(&proxy);
    proxy.slow(Way::ToServer);
    let start = Instant::now();
    say(&mut client, b"ping");
    hears(&mut client, b"ping");
    assert!(start.elapsed() >= LATENCY, "{:?}", start.elapsed());
    let much = vec![7; 25_000];
    let start = Instant::now();
    say(&mut client, &much);
    hears(&mut client, &much);
    assert!(start.elapsed() >= Duration::from_millis(500), "{:?}", start.elapsed());
    proxy.heal();
    let much = vec![7; 1_000_000];
    let mut writer = client.try_clone().unwrap();
    let sent = much.clone();
    let writing = std::thread::spawn(move || say(&mut writer, &sent));
    let start = Instant::now();
    hears(&mut client, &much);
    writing.join().unwrap();
    assert!(start.elapsed() < Duration::from_secs(9), "20 s on the slow line: {:?}", start.elapsed());
}

#[test]
fn a_reset_ends_what_is_there_and_a_refusal_what_comes() {
    let proxy = echo();
    let mut old = client(&proxy);
    say(&mut old, b"old");
    hears(&mut old, b"old");
    proxy.refuse();
    is_reset(&mut client(&proxy));
    say(&mut old, b"stays");
    hears(&mut old, b"stays");
    proxy.heal();
    proxy.reset();
    is_reset(&mut old);
    let mut new = client(&proxy);
    say(&mut new, b"new");
    hears(&mut new, b"new");
    assert_eq!((proxy.opened(), proxy.broken()), (3, 2));
}
