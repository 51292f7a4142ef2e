//! The consumer calls no address of its own network unless a person allows it.

use crate::support::cluster::Cluster;
use crate::support::program::Setup;
use crate::support::receiver::Receiver;
use crate::support::skipped;

const EVENT: &str = r#"{"type":"track"}"#;

#[test]
fn literal_addresses_are_refused_with_the_line_to_add() {
    let cases = [
        ("http://127.0.0.1", "allow_networks: [127.0.0.0/8]"),
        ("http://169.254.169.254/", "allow_networks: [169.254.169.254/32]"),
        ("http://[::1]/", "allow_networks: [\"::1/128\"]"),
        ("http://10.0.0.1/", "allow_networks: [10.0.0.0/8]"),
        ("http://2130706433/", "allow_networks: [127.0.0.0/8]"),
        ("http://0x7f.1/", "allow_networks: [127.0.0.0/8]"),
        ("http://[::ffff:127.0.0.1]/", "allow_networks: ["),
        ("https://[fd00:ec2::254]/", "allow_networks: [\"fc00::/7\"]"),
    ];
    let mut setup = Setup::new(Cluster::start(), "addresses");
    for (index, (url, _)) in cases.iter().enumerate() {
        setup.destination(&format!("d{index}"), url, "");
    }
    for command in ["check", "run"] {
        let output = setup.command(&[command]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{command}: {said}");
        let complaints: Vec<_> = said.lines().collect();
        for (index, (url, line)) in cases.iter().enumerate() {
            let path = format!("destinations[{index}].url: ");
            let at = complaints.iter().position(|complaint| complaint.contains(&path));
            let at = at.unwrap_or_else(|| panic!("nothing about {url} in {said}"));
            assert!(complaints[at + 1].contains(line), "{url}: {}", complaints[at + 1]);
        }
    }
}

#[test]
fn a_name_that_leads_to_loopback_is_blocked_and_delivered_once_allowed() {
    let receiver = Receiver::start();
    let mut setup = Setup::new(Cluster::start(), "addresses-name");
    setup.restarts();
    setup.retries = "{ tiers: [100ms], give_up_after: 1h }".to_owned();
    setup.tiers = vec!["100ms"];
    setup.destination("crm", receiver.url_as("localhost", "/hook"), "");
    let program = setup.start_ready();
    setup.events(&[EVENT]);

    program.counts("webhooks_deliveries_delayed_total", &[r#"cause="blocked""#], 2.0);
    assert!(program.metric("webhooks_attempts_total", &[r#"outcome="blocked""#]) >= 2.0);
    assert_eq!(program.metric("webhooks_attempts_total", &[r#"outcome="delivered""#]), 0.0);
    let waiting = setup.read("delays.100ms");
    assert!(waiting.iter().all(|record| record.header("last-outcome") == Some("blocked")));
    program.stop();
    assert_eq!(receiver.connections(), 0, "no connection was made");

    setup.more = "http: { allow_networks: [127.0.0.0/8, \"::1/128\"] }".to_owned();
    let program = setup.start();
    receiver.wait_for(1);
    setup.quiet();
    assert_eq!(receiver.requests().len(), 1);
    assert_eq!(program.metric("webhooks_deliveries_delivered_total", &[]), 1.0);
    program.stop();
}

#[test]
fn check_online_complains_about_a_name_that_leads_to_loopback() {
    let Some(cluster) = Cluster::apache() else { return skipped("check --online of a name") };
    let mut setup = Setup::new(cluster, "addresses-online");
    setup.destination("crm", "http://localhost:1234/hook", "");
    setup.create_topics();
    let offline = setup.command(&["check"]);
    assert!(offline.status.success(), "without --online no name is resolved");
    let output = setup.command(&["check", "--online"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    let complaint = said.lines().find(|line| line.contains("destination crm: host localhost: "));
    assert!(complaint.is_some_and(|complaint| complaint.contains("allow_networks")), "{said}");

    setup.more = "http: { allow_networks: [127.0.0.0/8, \"::1/128\"] }".to_owned();
    let said = String::from_utf8(setup.command(&["check", "--online"]).stderr).unwrap();
    assert!(!said.contains("localhost"), "{said}");
}
