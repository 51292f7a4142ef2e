//! What the broker is told: its properties file, its ports, the settings of its Java machine.
//! One broker that is its own controller, small and quick to answer. Starting it is left to `server`.

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process;
use std::sync::atomic::{AtomicU16, Ordering};

/// Options of the Java machine: small heap, and the quick compiler only, which halves the time to start.
pub(crate) const JAVA_OPTIONS: [&str; 5] = [
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
];

/// A cluster id as Kafka wants it: 16 bytes in URL-safe base64.
pub(crate) const CLUSTER_ID: &str = "a2Fma2Etd2ViaG9va3MtMQ";

/// Where the broker listens, on 127.0.0.1; the same again after a restart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ports {
    pub(crate) broker: u16,
    pub(crate) controller: u16,
    /// For clients that come through a proxy.
    pub(crate) behind: u16,
}

impl Ports {
    /// Ports that were free a moment ago.
    ///
    /// Taken from below the range the kernel gives to outgoing connections (32768 and up on Linux): while
    /// the broker is killed, a client that tries its port again and again could otherwise be given that very
    /// port as its own, connect to itself, and keep the broker from starting.
    pub(crate) fn pick() -> io::Result<Self> {
        Ok(Self { broker: free_port()?, controller: free_port()?, behind: free_port()? })
    }
}

fn free_port() -> io::Result<u16> {
    const FIRST: u16 = 20_000;
    const COUNT: u16 = 12_000;
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Processes begin at different places, so that two that start at once seldom meet.
    let begin = process::id().wrapping_mul(97) % u32::from(COUNT);
    let mut last = io::Error::other("no port was tried");
    for _ in 0..COUNT {
        let step = u32::from(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = (begin + step) % u32::from(COUNT) + u32::from(FIRST);
        let port = u16::try_from(port).unwrap_or(FIRST);
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            Ok(_free) => return Ok(port),
            Err(taken) => last = taken,
        }
    }
    Err(last)
}

/// The text of `server.properties` for a broker that keeps its records under `data`.
///
/// Clients that come by the third port are sent on to `proxy`, if there is one: a broker tells its clients where it is.
pub(crate) fn server_properties(ports: Ports, data: &Path, proxy: Option<u16>) -> String {
    let Ports { broker, controller, behind } = ports;
    let proxy = proxy.unwrap_or(behind);
    let data = data.display();
    format!(
        "process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=BROKER://127.0.0.1:{broker},BEHIND://127.0.0.1:{behind},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=BROKER://127.0.0.1:{broker},BEHIND://127.0.0.1:{proxy}
listener.security.protocol.map=BROKER:PLAINTEXT,BEHIND:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=BROKER
controller.listener.names=CONTROLLER
log.dirs={data}
# Topics are made by those who need them; a misspelt name shall fail.
auto.create.topics.enable=false
# One broker cannot hold more than one copy.
default.replication.factor=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=2
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
# A killed broker may register again only after its old session ended; 9 s by default.
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
# Groups form at once, and tests may ask for short sessions.
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_picked_one_after_the_other_differ() {
        let first = Ports::pick().expect("ports are free");
        let second = Ports::pick().expect("ports are free");
        let mut ports =
            vec![first.broker, first.controller, first.behind, second.broker, second.controller, second.behind];
        ports.sort_unstable();
        ports.dedup();
        assert_eq!(ports.len(), 6);
    }

    #[test]
    fn the_broker_is_its_own_controller_and_makes_no_topics() {
        let ports = Ports { broker: 20_001, controller: 20_002, behind: 20_003 };
        let text = server_properties(ports, Path::new("data"), None);
        let listeners = "BROKER://127.0.0.1:20001,BEHIND://127.0.0.1:20003";
        assert!(text.contains(&format!("\nlisteners={listeners},CONTROLLER://127.0.0.1:20002\n")));
        assert!(text.contains(&format!("\nadvertised.listeners={listeners}\n")));
        assert!(text.contains("\ncontroller.quorum.voters=1@127.0.0.1:20002\n"));
        assert!(text.contains("\nauto.create.topics.enable=false\n"));
    }

    #[test]
    fn who_comes_by_the_port_behind_a_proxy_is_sent_to_the_proxy() {
        let ports = Ports { broker: 20_001, controller: 20_002, behind: 20_003 };
        let text = server_properties(ports, Path::new("data"), Some(40_000));
        assert!(text.contains(",BEHIND://127.0.0.1:20003,"));
        assert!(text.contains("\nadvertised.listeners=BROKER://127.0.0.1:20001,BEHIND://127.0.0.1:40000\n"));
    }
}
