//! The consumer answers as a Unix program: exit codes 0, 1 and 2, results on standard output, all else on standard error.

use std::process::{Command, Output};

use crate::support::program::{Program, Setup, command};
use crate::support::receiver::Receiver;

const NOWHERE: &str = "127.0.0.1:1";

struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

fn said(args: &[&str]) -> Said {
    command().args(args).output().unwrap().into()
}

fn valid(name: &str) -> Setup {
    let mut setup = Setup::local(name);
    setup.destination("crm", "https://crm.example.com/hook", "");
    setup
}

#[test]
fn a_good_file_is_said_so_on_standard_output() {
    let setup = valid("commands-good");
    let said = Said::from(setup.command(&["check"]));
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    assert!(said.out.ends_with("webhooks.yaml: ok, 1 destination\n"), "{}", said.out);
}

#[test]
fn all_complaints_stand_on_standard_error_together() {
    let mut setup = valid("commands-bad");
    setup.destination("crm", "ftp://example.com", ", timeuot: 5s");
    for command in [["check"].as_slice(), &["run"], &["topics", "list"], &["topics", "create"]] {
        let said = Said::from(setup.command(command));
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{command:?}");
        for fault in ["destinations[1].id", "destinations[1].url", "destinations[1].timeuot", "`timeout`"] {
            assert!(said.err.contains(fault), "{fault} is missing in {}", said.err);
        }
        assert!(said.err.contains("webhooks.yaml:11:11: "), "with file, line and column: {}", said.err);
    }
}

#[test]
fn a_missing_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nothing.yaml").display().to_string();
    for args in [["--config", &path, "check"], ["run", "--config", &path]] {
        let said = said(&args);
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{}", said.err);
        assert!(said.err.contains("nothing.yaml"), "{}", said.err);
    }
    // The default is webhooks.yaml in the folder one stands in.
    let said = Said::from(command().current_dir(folder.path()).arg("check").output().unwrap());
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("webhooks.yaml"), "{}", said.err);
}

#[test]
fn wrong_usage_exits_with_2_and_help_with_0() {
    for args in [["runn"].as_slice(), &[], &["run", "--nope"], &["topics"], &["run", "--stages", "sleep"]] {
        let said = said(args);
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{args:?}");
        assert!(said.err.contains("Usage: ") || said.err.contains("error: "), "{args:?}: {}", said.err);
    }
    for args in [["--help"].as_slice(), &["--version"], &["topics", "create", "--help"]] {
        let said = said(args);
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{args:?}");
        assert!(!said.out.is_empty());
    }
}

#[test]
fn the_configuration_file_may_be_named_in_the_environment() {
    let setup = valid("commands-environment");
    let path = setup.write_config();
    let named = |args: &[&str]| {
        let output = command().env("KAFKA_WEBHOOKS_CONFIG", &path).args(args).output();
        Said::from(output.unwrap())
    };
    assert_eq!(named(&["check"]).code, Some(0));
    assert_eq!(named(&["check", "--config", "elsewhere.yaml"]).code, Some(2), "the option wins");
}

/// A running replica whose file names a Kafka that is not there.
fn with_other_brokers(setup: &Setup, rest: impl Fn(&mut Command)) -> Program {
    let path = setup.write_config();
    let text = std::fs::read_to_string(&path).unwrap().replace(&setup.brokers(), NOWHERE);
    assert!(text.contains(NOWHERE));
    std::fs::write(&path, text).unwrap();
    let mut command = command();
    command.arg("--config").arg(path).arg("run");
    rest(&mut command);
    Program::spawn(command)
}

#[test]
fn brokers_may_come_from_the_command_line_or_the_environment() {
    let receiver = Receiver::start();
    let mut setup = Setup::local("commands-brokers");
    setup.restarts();
    setup.destination("crm", receiver.url("/hook"), "");
    setup.create_topics();
    let brokers = setup.brokers();
    let by_option = with_other_brokers(&setup, |command| {
        command.args(["--brokers", &brokers]).env("KAFKA_BROKERS", NOWHERE);
    });
    by_option.ready();
    by_option.stop();
    let by_environment = with_other_brokers(&setup, |command| {
        command.env("KAFKA_BROKERS", &brokers);
    });
    by_environment.ready();
    setup.events(&[r#"{"type":"track"}"#]);
    receiver.wait_for(1);
    by_environment.stop();
}

#[test]
fn what_fails_while_running_exits_with_1() {
    let setup = valid("commands-running");
    let mut command = command();
    command.arg("--config").arg(setup.write_config()).args(["topics", "list", "--brokers", NOWHERE]);
    let said = Said::from(command.output().unwrap());
    assert_eq!((said.code, said.out.as_str()), (Some(1), ""), "{}", said.err);
    assert!(said.err.contains("error: "), "{}", said.err);
}

#[test]
fn an_admin_port_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let setup = valid("commands-admin");
    let path = setup.write_config();
    let text = std::fs::read_to_string(&path).unwrap().replace("127.0.0.1:0", &address);
    std::fs::write(&path, text).unwrap();
    let said = Said::from(command().arg("--config").arg(path).arg("run").output().unwrap());
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert!(said.err.contains(&address) && said.err.contains("admin.listen"), "{}", said.err);
}
