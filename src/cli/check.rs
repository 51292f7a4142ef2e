//! `check`: every complaint about the file, and every test in it that fails; with `--online` also about Kafka's topics and
//! the hosts, with `--ready` also about the replica that runs with it.
//! What a valid file is, is decided by `config`; what topics need, by `kafka::plan`; what being ready is, by `admin`.

mod difference;
mod tested;

use std::net::ToSocketAddrs as _;

use clap::Args;

use super::topics::{self, Compared, State};
use super::{Common, Failure, complain, say};
use crate::admin::probe;
use crate::app::start_at;
use crate::attempt::address::AddressRule;
use crate::clock::Clock;
use crate::config::Config;

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// Also ask Kafka for the topics and their settings, and resolve each host
    #[arg(long)]
    online: bool,
    /// Also ask the replica that runs with this file on this machine (admin.listen) whether it is ready
    #[arg(long)]
    ready: bool,
}

pub(super) fn check(args: &CheckArgs, common: &Common) -> Result<(), Failure> {
    let config = common.load()?;
    let file = common.file().display();
    let tested = tested::run(&config)?;
    tested.failed.iter().for_each(|failed| complain(failed));
    let tests = tested.passed + tested.failed.len();
    if !tested.failed.is_empty() {
        complain(&format!("{file}: {} of {} failed", tested.failed.len(), counted(tests, "test")));
        return Err(Failure::Said);
    }
    if args.online {
        let hosts = hosts(&config);
        // Said before Kafka is asked, which may not answer.
        hosts.iter().for_each(|complaint| complain(complaint));
        let kafka = kafka(&config)?;
        kafka.iter().for_each(|complaint| complain(complaint));
        if !(hosts.is_empty() && kafka.is_empty()) {
            return Err(Failure::Said);
        }
    }
    if args.ready {
        let obstacles = probe::complaints(config.admin.listen, "/readyz").map_err(Failure::running)?;
        obstacles.iter().for_each(|obstacle| complain(&format!("not ready: {obstacle}")));
        if !obstacles.is_empty() {
            return Err(Failure::Said);
        }
    }
    let what = if args.ready { "ready" } else { "ok" };
    let passed = if tests == 0 { String::new() } else { format!(", {} passed", counted(tests, "test")) };
    say(&format!("{file}: {what}, {}{passed}", counted(config.destinations.len(), "destination")));
    Ok(())
}

fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

fn kafka(config: &Config) -> Result<Vec<String>, Failure> {
    let (roles, there) = (topics::roles(config), topics::existing(config)?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::running)?;
    let compared = runtime.block_on(topics::compare(config, &roles, &there))?;
    let say = |compared: Compared| match compared.state {
        State::Right | State::Unused => None,
        State::Wrong(differences) => Some(format!("topic {}: {}", compared.name, differences.join("; "))),
    };
    let mut complaints: Vec<String> = compared.into_iter().filter_map(say).collect();
    let undecided = start_at::foresee(config, Clock::default().now().kafka).map_err(Failure::running)?;
    complaints.extend(undecided.iter().map(ToString::to_string));
    Ok(complaints)
}

/// Resolves each host and holds it against the address rule, as every attempt will.
fn hosts(config: &Config) -> Vec<String> {
    let mut complaints = Vec::new();
    for destination in &config.destinations {
        // Behind a proxy, names are resolved there and the rule is the proxy's.
        if destination.connection.proxy.is_some() {
            continue;
        }
        let rule = AddressRule::new(destination.connection.allow_networks.clone());
        for url in destination.addresses() {
            let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else { continue };
            let bare = host.trim_start_matches('[').trim_end_matches(']');
            match (bare, port).to_socket_addrs() {
                Err(error) => complaints.push(format!("destination {}: host {host}: {error}", destination.id)),
                Ok(addresses) => {
                    let mut addresses = addresses.peekable();
                    let found = addresses.peek().is_some();
                    let refused: Vec<_> = addresses.map(|address| rule.check(address.ip())).collect();
                    if let (true, Some(Err(blocked))) = (found && refused.iter().all(Result::is_err), refused.first()) {
                        complaints.push(format!("destination {}: host {host}: {blocked}", destination.id));
                    }
                }
            }
        }
    }
    complaints
}
