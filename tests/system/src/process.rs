//! One child process: its output is kept, it can be signalled, and it does not outlive the test.

use std::{fs, process::ExitStatus, process::Stdio, time::Duration};

use tempfile::NamedTempFile;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, ChildStdout, Command},
    sync::watch,
};

use crate::timeouts::{STEP_TIMEOUT, within};

/// A running (or ended) process.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: watch::Receiver<Stdout>,
    stderr: NamedTempFile,
}

/// What came on standard output so far.
#[derive(Debug, Default)]
struct Stdout {
    lines: Vec<String>,
    ended: bool,
}

/// What a process leaves behind.
#[derive(Debug)]
pub struct Ended {
    /// How it ended.
    pub status: ExitStatus,
    /// All of its standard output.
    pub stdout: String,
    /// All of its standard error.
    pub stderr: String,
}

impl Process {
    /// Starts `command`; `name` is for messages.
    ///
    /// # Panics
    /// When the program cannot be started.
    pub fn start(name: &str, mut command: Command) -> Self {
        command.stdin(Stdio::null());
        Self::spawn(name, command)
    }

    /// Starts `command`, to which lines can be typed.
    ///
    /// # Panics
    /// When the program cannot be started.
    pub fn start_with_input(name: &str, mut command: Command) -> Self {
        command.stdin(Stdio::piped());
        Self::spawn(name, command)
    }

    fn spawn(name: &str, mut command: Command) -> Self {
        let stderr = NamedTempFile::new().expect("a temporary file");
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::from(stderr.reopen().expect("the temporary file")))
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        let (sender, stdout) = watch::channel(Stdout::default());
        if let Some(pipe) = child.stdout.take() {
            tokio::spawn(keep_lines(pipe, sender));
        }
        Self {
            name: name.to_owned(),
            stdin: child.stdin.take(),
            child,
            stdout,
            stderr,
        }
    }

    /// What it is called in messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Waits for a line on standard output that contains `part`, and gives that line.
    ///
    /// # Panics
    /// When the process ends, or [`STEP_TIMEOUT`] does, without such a line.
    pub async fn line_with(&self, part: &str) -> String {
        let find = |stdout: &Stdout| {
            stdout
                .lines
                .iter()
                .find(|line| line.contains(part))
                .cloned()
        };
        let mut stdout = self.stdout.clone();
        let arrived = stdout.wait_for(|now| now.ended || find(now).is_some());
        let found = match tokio::time::timeout(STEP_TIMEOUT, arrived).await {
            Ok(Ok(now)) => find(&now),
            _ => None,
        };
        found.unwrap_or_else(|| {
            let end = last_lines(&self.stderr());
            panic!("{} never printed {part:?}; it said:\n{end}", self.name)
        })
    }

    /// Types a line.
    ///
    /// # Panics
    /// When it takes no input.
    pub async fn type_line(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().expect("a process with input");
        let line = format!("{line}\n");
        within("a line to be typed", stdin.write_all(line.as_bytes()))
            .await
            .expect("a process that reads");
    }

    /// Ends its input, as Ctrl-D does.
    pub fn end_input(&mut self) {
        self.stdin = None;
    }

    /// The process id, while it runs.
    ///
    /// # Panics
    /// When it has ended.
    pub fn id(&self) -> u32 {
        self.child
            .id()
            .unwrap_or_else(|| panic!("{} has ended", self.name))
    }

    /// Asks for an orderly end.
    pub fn terminate(&self) {
        self.signal("TERM");
    }

    /// Stops it from running, without its knowing. Returns when no thread of it runs any more.
    ///
    /// # Panics
    /// When the process has ended, or does not stop within five seconds.
    pub fn freeze(&self) {
        self.signal("STOP");
        // The signal is on its way: a thread on another core may still answer something. Nothing tells when it has
        // arrived but the kernel's word.
        let stopped = (0..5_000).any(|_| {
            std::thread::sleep(Duration::from_millis(1));
            self.is_frozen()
        });
        assert!(stopped, "process {} does not stop", self.id());
    }

    fn is_frozen(&self) -> bool {
        let threads = fs::read_dir(format!("/proc/{}/task", self.id()));
        threads.is_ok_and(|mut threads| {
            threads.all(|thread| {
                let stat = thread.and_then(|thread| fs::read_to_string(thread.path().join("stat")));
                stat.is_ok_and(|stat| {
                    stat.rsplit(") ")
                        .next()
                        .is_some_and(|rest| rest.starts_with('T'))
                })
            })
        })
    }

    /// Lets it run on.
    pub fn thaw(&self) {
        self.signal("CONT");
    }

    /// Sends a signal by name.
    ///
    /// # Panics
    /// When the process has ended.
    pub fn signal(&self, signal: &str) {
        let script = format!("kill -{signal} {}", self.id());
        let status = std::process::Command::new("sh")
            .args(["-c", &script])
            .status();
        assert!(
            status.is_ok_and(|status| status.success()),
            "{script} failed"
        );
    }

    /// Kills it (SIGKILL) and waits until it is gone.
    pub async fn kill(&mut self) {
        within(&format!("the death of {}", self.name), self.child.kill())
            .await
            .ok(); // An error says that it was gone already.
    }

    /// Waits for it to end by itself, at most [`STEP_TIMEOUT`].
    pub async fn ended(&mut self) -> Ended {
        self.ended_within(STEP_TIMEOUT).await
    }

    /// Waits for it to end by itself, at most `time_limit`.
    ///
    /// # Panics
    /// When it goes on.
    pub async fn ended_within(&mut self, time_limit: Duration) -> Ended {
        let what = format!("the end of {}", self.name);
        let ended = crate::timeouts::within_at_most(time_limit, &what, self.child.wait()).await;
        let mut stdout = self.stdout.clone();
        within(
            "the last of standard output",
            stdout.wait_for(|now| now.ended),
        )
        .await
        .ok();
        Ended {
            status: ended.expect("a child's status"),
            stdout: self.stdout(),
            stderr: self.stderr(),
        }
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// The bytes of memory that are its own (`RssAnon`).
    ///
    /// # Panics
    /// When it has ended.
    pub fn anonymous_memory(&self) -> u64 {
        anonymous_memory(self.id()).unwrap_or_else(|| panic!("{} has no memory", self.name))
    }

    /// How many descriptors it has open.
    ///
    /// # Panics
    /// When it has ended.
    pub fn descriptors(&self) -> usize {
        let folder = fs::read_dir(format!("/proc/{}/fd", self.id()));
        folder.map_or_else(
            |_| panic!("{} has no descriptors", self.name),
            Iterator::count,
        )
    }

    /// Standard output so far.
    pub fn stdout(&self) -> String {
        self.stdout.borrow().lines.join("\n")
    }

    /// Standard error so far.
    pub fn stderr(&self) -> String {
        let bytes = fs::read(self.stderr.path()).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// The bytes of memory that are a process's own (`RssAnon`), while there is such a process.
pub fn anonymous_memory(id: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("RssAnon:"))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1024)
}

/// How long processors have worked for a process, in steps of 10 ms, while there is such a process.
pub fn processor_time(id: u32) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // Behind the name, which may hold anything: user and system time are the 12th and 13th.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let ticks = fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?;
    Some(Duration::from_millis(ticks * 10))
}

async fn keep_lines(pipe: ChildStdout, kept: watch::Sender<Stdout>) {
    let mut lines = BufReader::new(pipe).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        kept.send_modify(|stdout| stdout.lines.push(line));
    }
    kept.send_modify(|stdout| stdout.ended = true);
}

/// The end of a log without its chatter, for the message of a failed test.
pub fn last_lines(log: &str) -> String {
    let telling = |line: &&str| !line.contains("TRACE") && !line.contains("DEBUG");
    let lines: Vec<&str> = log.lines().filter(telling).collect();
    lines[lines.len().saturating_sub(40)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Process {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Process::start("a shell", command)
    }

    #[tokio::test]
    async fn keeps_what_a_process_says_and_how_it_ends() {
        let mut process = shell("echo listening on 7; echo worry >&2; exit 3");

        assert_eq!(process.line_with("listening").await, "listening on 7");
        let ended = process.ended().await;
        assert_eq!(ended.status.code(), Some(3));
        assert_eq!(ended.stderr, "worry\n");
    }

    #[tokio::test]
    async fn a_signal_reaches_the_process() {
        let mut process = shell("trap 'exit 5' TERM; echo ready; while :; do sleep 0.01; done");
        process.line_with("ready").await;

        process.terminate();

        assert_eq!(process.ended().await.status.code(), Some(5));
    }

    #[tokio::test]
    #[should_panic(expected = "never printed")]
    async fn a_line_that_never_comes_is_told() {
        shell("echo something else").line_with("listening").await;
    }
}
