//! A part of the load tool in a process of its own: this binary again, with a hidden subcommand, steered over its
//! standard input and output line by line. It ends when its input does, so it never outlives the tool, however that ends.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::failure::{Failure, OrFail as _};

/// A running part; dropping it kills it and waits for its end.
pub(crate) struct Part {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Part {
    pub(crate) fn start(args: &[String]) -> Result<Self, Failure> {
        let own = std::env::current_exe().or_fail("cannot find the load tool itself")?;
        let mut command = Command::new(own);
        command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().or_fail("cannot start a part of the load tool")?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let input = input.or_fail("a part has no input")?;
        let output = BufReader::new(output.or_fail("a part has no output")?);
        Ok(Self { child, input, output })
    }

    pub(crate) fn id(&self) -> String {
        self.child.id().to_string()
    }

    /// The next line it says; it is waited for.
    pub(crate) fn hear(&mut self) -> Result<String, Failure> {
        let mut line = String::new();
        let length = self.output.read_line(&mut line).or_fail("cannot hear a part")?;
        if length == 0 {
            return Err(Failure::Said("a part of the load tool ended before its time; see above".to_owned()));
        }
        Ok(line.trim_end().to_owned())
    }

    /// Says a line and waits for the answer.
    pub(crate) fn ask(&mut self, line: &str) -> Result<String, Failure> {
        writeln!(self.input, "{line}").or_fail("cannot ask a part")?;
        self.hear()
    }

    pub(crate) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // Already ended is as good.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
