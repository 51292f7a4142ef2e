//! A server process that can be killed, suspended and continued, and that never outlives the test process.
//! A small shell stands between: it reads from a pipe that only the test process holds, and when that closes,
//! however the test process ended, it kills the server and removes its folder. (A death signal set on the
//! server would follow the test's thread instead, which ends sooner.) What is run is left to `server`.

use std::fs;
use std::io::{self, BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use super::program::{Program, ProgramError};

/// Starts `"$@"` with its output appended to `$1/server.log`, prints its process id, ends with it.
const GUARD: &str = r#"
folder=$1
shift
exec 3<&0
"$@" </dev/null >>"$folder/server.log" 2>&1 3<&- &
server=$!
echo "$server"
{
    read -r _ <&3
    trap '' TERM
    kill -KILL "$server"
    rm -rf "$folder"
} >/dev/null 2>&1 &
watch=$!
wait "$server"
status=$?
kill "$watch"
exit "$status"
"#;

const SHELL: Program = Program { name: "sh", package: "dash", deadline: Duration::from_secs(10) };

/// A signal that tests send to a server.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Signal {
    /// Ends it at once, with nothing written any more.
    Kill,
    /// Stops it where it stands; connections stay open and nobody answers.
    Stop,
    /// Lets it go on.
    Continue,
}

/// A running server; dropping it kills the server and waits for its end.
#[derive(Debug)]
pub(crate) struct ServerProcess {
    guard: Child,
    id: String,
}

impl ServerProcess {
    /// Starts `command` (program first); its output is appended to `server.log` in `folder`.
    pub(crate) fn start(folder: &Path, command: &[String]) -> Result<Self, ProgramError> {
        let io_error = |source| ProgramError::Io { program: "sh", source };
        let mut guard = Command::new(SHELL.name)
            .args(["-c", GUARD, "guard"])
            .arg(folder)
            .args(command)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // Its own group: what a terminal sends to the tests (Ctrl-C) must not end the guard before it
            // has done its work.
            .process_group(0)
            .spawn()
            .map_err(|source| SHELL.cannot_start(source))?;
        let mut id = String::new();
        if let Some(stdout) = guard.stdout.take() {
            BufReader::new(stdout).read_line(&mut id).map_err(io_error)?;
        }
        let id = id.trim().to_owned();
        Ok(Self { guard, id })
    }

    /// The server's process id, by which `/proc` knows it.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Sends `signal` to the server. It is still there: the guard keeps its id until it ended itself.
    pub(crate) fn send(&self, signal: Signal) -> Result<(), ProgramError> {
        let name = match signal {
            Signal::Kill => "KILL",
            Signal::Stop => "STOP",
            Signal::Continue => "CONT",
        };
        SHELL.run(&["-c", r#"kill -s "$1" "$2""#, "sh", name, &self.id], &[]).map(drop)
    }

    /// How it ended, if it did.
    pub(crate) fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.guard.try_wait()
    }

    /// Kills it and waits until it is gone; its folder stays.
    pub(crate) fn kill(mut self) -> Result<(), ProgramError> {
        // Held open until the guard ended: to the guard its closing means that the folder shall go too.
        let _pipe = self.guard.stdin.take();
        self.send(Signal::Kill)?;
        self.guard.wait().map(drop).map_err(|source| {
            let program = "sh";
            ProgramError::Io { program, source }
        })
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // Waiting closes the pipe first, and that tells the guard to kill. After `kill` it has ended already.
        let _ended = self.guard.wait();
    }
}

/// The last lines a server wrote, for error texts.
pub(crate) fn log_tail(folder: &Path) -> String {
    const LINES: usize = 30;
    let log = fs::read(folder.join("server.log")).unwrap_or_default();
    let log = String::from_utf8_lossy(&log);
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}
