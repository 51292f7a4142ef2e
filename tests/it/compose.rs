//! The consumer comes with a set-up to try: the compose file, the image, Prometheus' configuration and the boards fit
//! together, and fit the program. No container is started: what can be known without one is looked at here, and
//! `compose/runs.rs` runs the same commands with the same files on this machine.

pub(crate) mod boards;
mod expressions;
pub(crate) mod file;
mod rules;
mod runs;

use std::net::SocketAddr;
use std::path::Path;

use file::{Compose, SECRET, Service, project, text};
use serde_json::Value;

const CONFIG: &str = "/etc/kafka-webhooks/webhooks.yaml";

/// Name, tag and digest of an image.
fn parts(image: &str) -> (&str, &str, &str) {
    let (rest, digest) = image.split_once('@').unwrap_or((image, ""));
    let (name, tag) = rest.rsplit_once(':').unwrap_or((rest, ""));
    (name, tag, digest)
}

fn yaml(path: &str) -> Value {
    serde_saphyr::from_str(&text(path)).unwrap()
}

/// The part of an address behind its last colon.
fn port(address: &str) -> u16 {
    address.rsplit(':').next().unwrap().parse().unwrap_or_else(|_| panic!("{address} has no port"))
}

/// What an option of a command is given.
fn option<'a>(service: &'a Service, name: &str) -> &'a str {
    let at = service.command.iter().position(|word| word == name);
    at.and_then(|at| service.command.get(at + 1)).unwrap_or_else(|| panic!("no {name} in {:?}", service.command))
}

/// Where Kafka tells the clients of a listener to connect.
fn advertised(compose: &Compose, listener: &str) -> String {
    let all = &compose.service("kafka").environment["KAFKA_ADVERTISED_LISTENERS"];
    let prefix = format!("{listener}://");
    let found = all.split(',').find_map(|one| one.strip_prefix(&prefix));
    found.unwrap_or_else(|| panic!("no {listener} in {all}")).to_owned()
}

#[test]
fn images_are_pinned() {
    let exact = |tag: &str| tag.starts_with(|c: char| c.is_ascii_digit() || c == 'v') && tag.split('.').count() == 3;
    for (name, service) in &Compose::read().services {
        let (_, tag, _) = parts(&service.image);
        assert!(exact(tag) || service.build.is_some(), "{name}: {} is no exact version", service.image);
    }
    let dockerfile = text("Dockerfile");
    let bases: Vec<&str> = dockerfile.lines().filter_map(|line| line.strip_prefix("FROM ")).collect();
    assert_eq!(bases.len(), 2, "one stage builds, one remains");
    for base in bases {
        let (_, tag, digest) = parts(base.split(' ').next().unwrap());
        // A tag that moves needs a digest beside it.
        let hex = digest.strip_prefix("sha256:").unwrap_or_default();
        let fixed = hex.len() == 64 && hex.bytes().all(|c| c.is_ascii_hexdigit());
        assert!(exact(tag) || (!tag.is_empty() && fixed), "{base} is no exact version");
    }
}

#[test]
fn the_image_is_made_of_what_the_folder_shows_and_runs_as_nobody() {
    let (dockerfile, ignored) = (text("Dockerfile"), text(".dockerignore"));
    let lines = |word: &str| -> Vec<String> {
        dockerfile.lines().filter_map(|line| line.strip_prefix(word)).map(str::to_owned).collect()
    };
    assert!(ignored.lines().any(|line| line == "*"), "what is not named stays out");
    for copied in lines("COPY ").iter().filter(|line| !line.starts_with("--from")) {
        for source in copied.split(' ').rev().skip(1) {
            assert!(project().join(source).exists(), "{source} is not there");
            assert!(ignored.lines().any(|line| line == format!("!{source}")), "{source} is kept out");
        }
    }
    assert_eq!(lines("ENTRYPOINT "), ["[\"/kafka-webhooks\"]"]);
    assert_eq!(lines("USER "), ["65532:65532"]);
    assert_eq!(Path::new(CONFIG).parent(), Some(Path::new(&lines("WORKDIR ")[1])), "the default file is found there");
}

#[test]
fn what_is_mounted_is_there_and_is_what_is_read() {
    let compose = Compose::read();
    for (name, service) in &compose.services {
        for (source, target) in service.mounts() {
            match source.strip_prefix("./") {
                Some(path) => assert!(project().join(path).exists(), "{name}: {path} is not there"),
                None => assert!(compose.volumes.contains_key(source), "{name}: the volume {source} is not declared"),
            }
            assert!(target.starts_with('/'), "{name}: {target}");
        }
    }
    for name in ["consumer", "topics"] {
        assert!(compose.service(name).file_behind(CONFIG).is_some(), "{name} has no configuration");
    }
    let prometheus = compose.service("prometheus");
    let read = prometheus.command.iter().find_map(|word| word.strip_prefix("--config.file=")).unwrap();
    assert!(prometheus.file_behind(read).is_some(), "{read}");
    let rules = yaml("grafana/compose/prometheus.yml")["rule_files"][0].clone();
    let folder = rules.as_str().unwrap().strip_suffix("/*.yaml").unwrap();
    assert!(prometheus.file_behind(folder).unwrap().join("alerts.yaml").is_file(), "{folder}");
    let grafana = compose.service("grafana");
    let boards = yaml("grafana/provisioning/dashboards/boards.yaml")["providers"][0]["options"]["path"].clone();
    assert!(grafana.file_behind(boards.as_str().unwrap()).unwrap().is_dir());
    let home = &grafana.environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"];
    assert!(grafana.file_behind(home).unwrap().is_file(), "{home}");
    assert!(grafana.file_behind("/etc/grafana/provisioning/datasources/prometheus.yaml").is_some());
}

#[test]
fn who_needs_something_waits_for_it() {
    let compose = Compose::read();
    for (name, service) in &compose.services {
        for (needed, condition) in &service.depends_on {
            let checked = compose.service(needed).healthcheck.is_some();
            assert!(condition.condition != "service_healthy" || checked, "{name} waits for the health of {needed}");
        }
    }
    let condition = |name: &str, needed: &str| compose.service(name).depends_on[needed].condition.clone();
    assert_eq!(condition("topics", "kafka"), "service_healthy");
    assert_eq!(condition("consumer", "kafka"), "service_healthy");
    assert_eq!(condition("consumer", "topics"), "service_completed_successfully");
    assert_eq!(condition("grafana", "prometheus"), "service_healthy");
}

#[test]
fn the_consumer_can_be_scaled_and_has_time_to_stop() {
    let compose = Compose::read();
    let consumer = compose.service("consumer");
    assert!(consumer.container_name.is_none() && consumer.ports.is_empty(), "a second one could not start");
    assert_eq!(consumer.stop_signal.as_deref(), Some("SIGTERM"));
    let period = consumer.stop_grace_period.as_deref().and_then(|text| text.strip_suffix('s')).unwrap();
    let grace = compose.config("consumer").shutdown.grace.as_secs();
    assert!(period.parse::<u64>().unwrap() > grace, "{period} s are not more than shutdown.grace, {grace} s");
}

#[test]
fn ports_agree() {
    let compose = Compose::read();
    let config = compose.config("consumer");
    assert!(config.admin.listen.ip().is_unspecified(), "Prometheus could not reach it");
    let admin = config.admin.listen.port();
    assert!(text("Dockerfile").contains(&format!("\nEXPOSE {admin}\n")));
    let scraped = &yaml("grafana/compose/prometheus.yml")["scrape_configs"][0]["dns_sd_configs"][0];
    assert_eq!((&scraped["names"][0], &scraped["port"]), (&Value::from("consumer"), &Value::from(admin)));

    let receiver = compose.service("receiver");
    let listen: SocketAddr = option(receiver, "--listen").parse().unwrap();
    assert!(listen.ip().is_unspecified(), "{listen}");
    let url = &config.destinations[0].addresses()[0];
    assert_eq!((url.host_str(), url.port()), (Some("receiver"), Some(listen.port())));
    assert_eq!(option(receiver, "--secret"), SECRET);
    assert_eq!(config.destinations[0].shared_secret.as_ref().unwrap().expose(), SECRET);

    assert_eq!(config.kafka.brokers, advertised(&compose, "INSIDE"));
    let host = advertised(&compose, "HOST");
    let kafka = compose.service("kafka");
    assert_eq!(kafka.ports, [format!("127.0.0.1:{0}:{0}", port(&host))]);
    let listeners: Vec<u16> = kafka.environment["KAFKA_LISTENERS"].split(',').map(port).collect();
    assert_eq!(listeners[..2], [port(&host), port(&config.kafka.brokers)]);
    for line in text("docker-compose.yml").lines().filter(|line| line.contains("kcat -")) {
        assert!(line.contains(&format!("-b {host} ")), "{line}");
    }

    let source = &yaml("grafana/provisioning/datasources/prometheus.yaml")["datasources"][0]["url"];
    let prometheus = &compose.service("prometheus").ports[0];
    assert_eq!(source, &Value::from(format!("http://prometheus:{}", port(prometheus))));
}

#[test]
fn exactly_the_network_of_the_containers_may_be_called() {
    let compose = Compose::read();
    let subnet = compose.networks["webhooks"]["ipam"]["config"][0]["subnet"].as_str().unwrap();
    let allowed = compose.config("consumer").http.allow_networks;
    assert_eq!(allowed.iter().map(ToString::to_string).collect::<Vec<_>>(), [subnet]);
    for (name, service) in &compose.services {
        assert_eq!(service.networks, ["webhooks"], "{name}");
        // What listens on this machine listens to nobody else.
        assert!(service.ports.iter().all(|port| port.starts_with("127.0.0.1:")), "{name}");
    }
}
