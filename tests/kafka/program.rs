//! Runs an outside program (Maven, Java, kcat) to its end, within a deadline.
//! Says which Debian package to install when it is missing, and what it printed when it failed.
//! What the programs are asked is left to `jars`, `server` and `kcat`; one that keeps running is `process`.

use std::fmt;
use std::io::{self, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// A program, the Debian package that has it, and how long it may take.
#[derive(Clone, Copy)]
pub(crate) struct Program {
    pub(crate) name: &'static str,
    pub(crate) package: &'static str,
    pub(crate) deadline: Duration,
}

/// Why a program gave no result.
#[derive(thiserror::Error)]
pub(crate) enum ProgramError {
    #[error("{program} is missing; install it with: apt-get install {package}")]
    Missing { program: &'static str, package: &'static str },
    #[error("cannot run {program}")]
    Io { program: &'static str, source: io::Error },
    #[error("{program} did not end within {seconds} s")]
    TooSlow { program: &'static str, seconds: u64 },
    #[error("{program} ended with {status}:\n{output}")]
    Failed { program: &'static str, status: ExitStatus, output: String },
}

// A test shows an error by `Debug`; what a program printed is only readable with its line breaks kept.
impl fmt::Debug for ProgramError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        match self {
            Self::Io { source, .. } => write!(f, ": {source}"),
            _ => Ok(()),
        }
    }
}

impl Program {
    /// Runs it with `args`, feeds it `input`, and gives its standard output once it ended well.
    pub(crate) fn run(self, args: &[&str], input: &[u8]) -> Result<Vec<u8>, ProgramError> {
        let mut child = Command::new(self.name)
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|source| self.cannot_start(source))?;
        self.finish(&mut child, input)
    }

    /// The error for a program that could not be started: missing, or something rarer.
    pub(crate) fn cannot_start(self, source: io::Error) -> ProgramError {
        let program = self.name;
        match source.kind() {
            io::ErrorKind::NotFound => ProgramError::Missing { program, package: self.package },
            _ => ProgramError::Io { program, source },
        }
    }

    fn finish(self, child: &mut Child, input: &[u8]) -> Result<Vec<u8>, ProgramError> {
        let program = self.name;
        let io_error = |source| ProgramError::Io { program, source };
        let stdout = collect(child.stdout.take());
        let stderr = collect(child.stderr.take());
        let mut stdin = child.stdin.take();
        let input = input.to_vec();
        // On its own thread: a program that reads nothing must not hold up the deadline. Its refusal to
        // read shows in its exit status, so a failed write is no error of its own.
        let _writer = thread::spawn(move || stdin.as_mut().map(|pipe| pipe.write_all(&input)));

        let Ok(printed) = stdout.recv_timeout(self.deadline) else {
            child.kill().map_err(io_error)?;
            child.wait().map_err(io_error)?;
            return Err(ProgramError::TooSlow { program, seconds: self.deadline.as_secs() });
        };
        let status = child.wait().map_err(io_error)?;
        if status.success() {
            return Ok(printed);
        }
        let complaint = stderr.recv_timeout(self.deadline).unwrap_or_default();
        Err(ProgramError::Failed {
            program,
            status,
            output: [String::from_utf8_lossy(&printed), String::from_utf8_lossy(&complaint)].concat(),
        })
    }
}

/// Reads a pipe to its end on its own thread; the text arrives when the program closed it.
fn collect(pipe: Option<impl Read + Send + 'static>) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut text = Vec::new();
        // What was read before an error is all there is to show.
        let _read = pipe.map(|mut pipe| pipe.read_to_end(&mut text));
        // Nobody listens any more after a deadline.
        let _sent = sender.send(text);
    });
    receiver
}
