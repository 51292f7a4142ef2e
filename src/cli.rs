//! What a person may type, and how the program answers: results to standard output, everything else to standard error,
//! exit codes 0 (done), 1 (failed while running) and 2 (wrong usage or invalid configuration). One file per command.

mod audiences;
mod check;
mod dev;
mod explain;
mod named;
mod paint;
mod receive;
mod run;
mod surroundings;
mod topics;

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::app;
use crate::config::{self, Complaints, Config};
use crate::log;

/// The configuration file of who names none.
const DEFAULT_FILE: &str = "webhooks.yaml";

/// Delivers Segment events from Kafka to webhooks: signed, retried for hours, never lost.
#[derive(Debug, Parser)]
#[command(name = "kafka-webhooks", version, arg_required_else_help = true)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
struct Common {
    /// The configuration file [default: webhooks.yaml; dev: a sample]
    #[arg(long, global = true, env = "KAFKA_WEBHOOKS_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Bootstrap servers, instead of kafka.brokers in the file
    #[arg(long, global = true, env = "KAFKA_BROKERS", value_name = "HOST:PORT,…")]
    brokers: Option<String>,
    /// From which level lines are logged [default: info; dev: error]
    #[arg(long, global = true, value_enum)]
    log_level: Option<LogLevel>,
    /// The form of log lines
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Try everything in one process: an in-memory Kafka, a receiver, sample events
    Dev(dev::DevArgs),
    /// Join the consumer groups and deliver until SIGTERM or SIGINT
    Run(run::RunArgs),
    /// Validate the configuration file and print every complaint
    Check(check::CheckArgs),
    /// Show what each destination would be sent for each event, or why nothing; sends nothing
    Explain(explain::ExplainArgs),
    /// Receive requests and print them, with whether the signature holds
    Receive(receive::ReceiveArgs),
    /// List what memberships there are, or send the members of now to a destination
    #[command(subcommand)]
    Audiences(audiences::AudiencesCommand),
    /// Make or list our topics
    #[command(subcommand)]
    Topics(topics::TopicsCommand),
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

/// Why a command ended with something other than 0.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// Exit code 2.
    #[error("{0}")]
    Configuration(Complaints),
    /// Exit code 2.
    #[error(transparent)]
    Usage(Box<dyn Error + Send + Sync>),
    /// Exit code 1.
    #[error(transparent)]
    Running(Box<dyn Error + Send + Sync>),
    /// Exit code 1; everything was said already.
    #[error("")]
    Said,
}

impl Failure {
    fn running(error: impl Error + Send + Sync + 'static) -> Self {
        Self::Running(Box::new(error))
    }
}

/// Reads the arguments, does as asked, answers the exit code.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let level = cli.common.log_level.unwrap_or(cli.command.usual_log_level());
    let started = log::start(cli.common.log_format.into(), level.into());
    if let Err(error) = started {
        complain(&format!("cannot log: {error}"));
        return ExitCode::from(1);
    }
    let done = match &cli.command {
        Command::Dev(args) => dev::dev(args, &cli.common),
        Command::Run(args) => run::run(args, &cli.common),
        Command::Check(args) => check::check(args, &cli.common),
        Command::Explain(args) => explain::explain(args, &cli.common),
        Command::Receive(args) => receive::receive(args),
        Command::Audiences(command) => audiences::audiences(command, &cli.common),
        Command::Topics(command) => topics::topics(command, &cli.common),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Configuration(complaints)) => {
            complain(&complaints.to_string());
            ExitCode::from(2)
        }
        Err(Failure::Usage(error)) => {
            complain(&format!("error: {}", chain(&*error)));
            ExitCode::from(2)
        }
        Err(Failure::Running(error)) => {
            complain(&format!("error: {}", chain(&*error)));
            ExitCode::from(1)
        }
        Err(Failure::Said) => ExitCode::from(1),
    }
}

impl Command {
    /// `dev` says itself what the lines at `warn` would say.
    fn usual_log_level(&self) -> LogLevel {
        if matches!(self, Self::Dev(_)) { LogLevel::Error } else { LogLevel::Info }
    }
}

impl Common {
    fn file(&self) -> &Path {
        self.config.as_deref().unwrap_or(Path::new(DEFAULT_FILE))
    }

    fn load(&self) -> Result<Config, Failure> {
        self.load_for(self.brokers.clone())
    }

    /// The same with brokers of the caller's choice; `None` leaves those of the file.
    fn load_for(&self, brokers: Option<String>) -> Result<Config, Failure> {
        let environment = |name: &str| std::env::var(name).ok();
        let surroundings = config::Surroundings {
            environment: &environment,
            file_descriptors: surroundings::file_descriptors(),
            brokers,
        };
        let config = config::load(self.file(), &surroundings).map_err(Failure::Configuration)?;
        let refused = |error| Failure::Usage(format!("{}: {error}", self.file().display()).into());
        app::build::connection(&config).check().map_err(refused)?;
        Ok(config)
    }
}

impl From<LogFormat> for log::Format {
    fn from(format: LogFormat) -> Self {
        match format {
            LogFormat::Text => Self::Text,
            LogFormat::Json => Self::Json,
        }
    }
}

impl From<LogLevel> for log::Level {
    fn from(level: LogLevel) -> Self {
        match level {
            LogLevel::Error => Self::Error,
            LogLevel::Warn => Self::Warn,
            LogLevel::Info => Self::Info,
            LogLevel::Debug => Self::Debug,
            LogLevel::Trace => Self::Trace,
        }
    }
}

/// An error with its causes, each saying its own part.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let said = cause.to_string();
        if !text.ends_with(&said) {
            // Writing to a string does not fail.
            let _ = write!(text, ": {said}");
        }
        source = cause.source();
    }
    text
}

/// Writes a line to standard output; a closed pipe is the reader's wish.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// Writes a line to standard error; there is nobody left to tell when that fails.
fn complain(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn options_may_stand_before_and_after_the_command() {
        for line in ["kafka-webhooks --config a.yaml run", "kafka-webhooks run --config a.yaml"] {
            let cli = Cli::try_parse_from(line.split(' ')).unwrap();
            assert_eq!(cli.common.file(), Path::new("a.yaml"));
        }
    }
}
