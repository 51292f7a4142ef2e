//! How far the deliver group is behind, asked of Kafka by a thread of its own: the questions block, the stage does not.
//! What follows from an answer is decided by `credit`.

use std::ops::Range;
use std::sync::mpsc::{Receiver, Sender, channel};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::kafka::lookup::Lookup;

/// The lag of the deliver group in one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// The partition of the deliveries topic.
    pub partition: i32,
    /// The offsets from the committed one to the end.
    pub behind: Range<i64>,
    /// What the question carried.
    pub mark: u64,
}

/// Asks, and hands on the answers; one question is under way at a time.
#[derive(Debug)]
pub struct Lags {
    questions: Sender<Vec<(i32, u64)>>,
    answers: UnboundedReceiver<Answered>,
    asking: bool,
    ready: Vec<Observed>,
}

type Answered = Vec<Observed>;

impl Lags {
    /// Starts the thread; it ends with the stage.
    pub fn start(lookup: Lookup, deliveries: String) -> std::io::Result<Self> {
        let (questions, asked) = channel();
        let (answer, answers) = unbounded_channel();
        let name = "lag-deliver".to_owned();
        std::thread::Builder::new().name(name).spawn(move || answer_all(&lookup, &deliveries, &asked, &answer))?;
        Ok(Self { questions, answers, asking: false, ready: Vec::new() })
    }

    /// Asks about partitions, unless a question is under way.
    pub fn ask(&mut self, wanted: Vec<(i32, u64)>) {
        if !wanted.is_empty() && !self.asking {
            self.asking = self.questions.send(wanted).is_ok();
        }
    }

    /// The next observation.
    pub async fn observed(&mut self) -> Observed {
        loop {
            if let Some(observed) = self.ready.pop() {
                return observed;
            }
            match self.answers.recv().await {
                Some(answered) => {
                    self.asking = false;
                    self.ready = answered;
                }
                // The thread has gone, so no credit comes any more; the stage is ending.
                None => std::future::pending().await,
            }
        }
    }
}

fn answer_all(lookup: &Lookup, topic: &str, asked: &Receiver<Vec<(i32, u64)>>, answer: &UnboundedSender<Answered>) {
    while let Ok(wanted) = asked.recv() {
        let partitions: Vec<i32> = wanted.iter().map(|(partition, _)| *partition).collect();
        let lags = lookup.lags(topic, &partitions);
        let of = |(partition, mark): &(i32, u64)| {
            let behind = lags.get(partition)?.clone();
            Some(Observed { partition: *partition, behind, mark: *mark })
        };
        let answered = wanted.iter().filter_map(of).collect();
        if answer.send(answered).is_err() {
            return;
        }
    }
}
