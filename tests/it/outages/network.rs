//! A network between the consumer and its broker that is cut, slow, or resets connections. Apache Kafka only, for the
//! embedded one sends its clients past the proxy.

use std::time::Instant;

use super::scene::{PATIENCE, Repeats, Scene, is_full, is_unready, times};
use crate::support::cluster::Cluster;
use crate::support::load::Load;
use crate::support::program::Program;
use crate::support::proxy::{Proxy, Way};
use crate::support::wait::until;
use crate::support::{note, skipped};

/// What the network does to the consumer.
#[derive(Clone, Copy, Debug)]
enum Weather {
    Cut(Way),
    Slow,
    Reset,
    Refused,
    /// The connections there are carry nothing any more, and nobody says so.
    Forgotten,
}

const EACH: [Weather; 7] = [
    Weather::Cut(Way::ToServer),
    Weather::Cut(Way::FromServer),
    Weather::Cut(Way::Both),
    Weather::Slow,
    Weather::Reset,
    Weather::Refused,
    Weather::Forgotten,
];

#[test]
fn a_network_that_is_cut_slow_or_resets_loses_nothing_and_work_resumes_by_itself() {
    let proxy = Proxy::start();
    let cluster = Cluster::own_apache_behind(proxy.address().port());
    let Some(mut cluster) = cluster else { return skipped("a bad network") };
    proxy.leads_to(cluster.broker().behind());
    let mut scene = Scene::new(cluster, "network", 0x2e_72);
    scene.setup.proxied = Some(proxy.address().to_string());
    // Short, so that a cut is noticed soon; and a forgotten connection costs the socket's time, 60 s otherwise.
    let (session, socket) = ("session.timeout.ms: 3000, heartbeat.interval.ms: 500", "socket.timeout.ms: 10000");
    scene.setup.properties = format!("{session}, {socket}, fetch.wait.max.ms: 20");
    let program = scene.setup.start_ready();
    assert!(proxy.opened() > 0, "the consumer comes through the proxy");
    let load = scene.load(300);
    for round in 0..times(2, 20) {
        // What is forgotten costs the socket's time; once will do, unless there is a night for it.
        let forgets = round == 0 || is_full();
        for weather in EACH.into_iter().filter(|weather| forgets || !matches!(weather, Weather::Forgotten)) {
            scene.goes_on(300);
            let began = Instant::now();
            let felt = suffer(&proxy, weather, (&scene, &load, &program));
            proxy.heal();
            let took = scene.recovers(began, &load);
            program.ready();
            note(&format!("  {weather:?} {round}: {felt}; recovered after {took:.1?}"));
        }
    }
    scene.ends("a bad network", load, Repeats::AroundFaults);
    program.stop();
}

/// Begins what the weather does, waits until it is felt, and says by what.
fn suffer(proxy: &Proxy, weather: Weather, (scene, load, program): (&Scene, &Load, &Program)) -> String {
    match weather {
        Weather::Cut(way) => {
            proxy.cut(way);
            is_unready(program, "").replace('\n', "; ")
        }
        Weather::Slow => {
            proxy.slow(Way::Both);
            let behind = || load.acknowledged().saturating_sub(scene.ledger.delivered("well"));
            until("the consumer to fall behind", PATIENCE, || (behind() > 300).then_some(()));
            format!("{} behind", behind())
        }
        Weather::Reset => {
            let before = proxy.broken();
            proxy.reset();
            until("connections to break", PATIENCE, || (proxy.broken() > before).then_some(()));
            format!("{} connections broken", proxy.broken() - before)
        }
        Weather::Forgotten => {
            proxy.forget();
            is_unready(program, "").replace('\n', "; ")
        }
        Weather::Refused => {
            proxy.refuse();
            proxy.reset();
            is_unready(program, "no kafka broker can be reached").replace('\n', "; ")
        }
    }
}
