//! Events that are a function of a printed seed, and producers of them that remember what Kafka acknowledged.
//! What became of the events is judged by `oracle`.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rdkafka::ClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::producer::{BaseRecord, DeliveryResult, Producer as _, ProducerContext, ThreadedProducer};

use super::program::Setup;

/// SplitMix64: a seed replays every draw.
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number in a range that is not empty.
    pub fn within(&mut self, range: Range<usize>) -> usize {
        range.start + usize::try_from(self.draw() % u64::try_from(range.len()).unwrap()).unwrap()
    }
}

/// The events of a seed, numbered from 0. Their text is what JavaScript prints, so it is the body on the wire too.
#[derive(Clone, Copy, Debug)]
pub struct Events {
    pub seed: u64,
}

impl Events {
    /// The text of an event: 300 to 900 bytes.
    pub fn text(self, number: usize) -> String {
        let draw = Rng::new(self.seed ^ u64::try_from(number).unwrap()).draw();
        let fill = "0123456789abcdef".repeat(usize::try_from(draw % 38).unwrap() + 10);
        format!(
            r#"{{"type":"track","messageId":"{}","userId":"u{}","event":"Order Completed","properties":{{"n":{number},"draw":"{draw:x}","fill":"{fill}"}}}}"#,
            self.id(number),
            draw % 97,
        )
    }

    /// The `messageId` of an event.
    pub fn id(self, number: usize) -> String {
        format!("m-{:x}-{number}", self.seed)
    }

    /// Which event a body is, judged by its `messageId`; `None` where it is none of this seed.
    pub fn number(self, body: &[u8]) -> Option<usize> {
        let text = std::str::from_utf8(body).ok()?;
        let (_, rest) = text.split_once(&format!(r#""messageId":"m-{:x}-"#, self.seed))?;
        rest.split('"').next()?.parse().ok()
    }
}

/// The numbers of events that Kafka acknowledged.
pub type Acknowledged = BTreeSet<usize>;

/// Writes a range of events and waits until Kafka has acknowledged each.
pub fn produce(setup: &Setup, events: Events, range: Range<usize>) -> Acknowledged {
    let load = Load::start(setup, events, Pace { first: range.start, count: range.len(), per_second: usize::MAX });
    let acknowledged = load.finish();
    assert_eq!(acknowledged.len(), range.len(), "all are acknowledged");
    acknowledged
}

/// How a load is spread over time.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// The number of the first event.
    pub first: usize,
    /// How many there are in all, unless the load is stopped before.
    pub count: usize,
    pub per_second: usize,
}

/// A producer at work.
pub struct Load {
    acknowledged: Arc<Mutex<Acknowledged>>,
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Load {
    /// Begins to write events into the events topic, without keys.
    pub fn start(setup: &Setup, events: Events, pace: Pace) -> Self {
        Self::start_behind(setup, events, pace, || usize::MAX)
    }

    /// The same, but never further than a number of events that may still grow.
    pub fn start_behind(setup: &Setup, events: Events, pace: Pace, most: impl Fn() -> usize + Send + 'static) -> Self {
        Self::start_into((setup.topic("events"), None), setup, (events, pace), most)
    }

    /// Begins to write events as deliveries for a destination, as a stranger may.
    pub fn start_for(destination: &'static str, setup: &Setup, events: Events, pace: Pace) -> Self {
        Self::start_into((setup.topic("deliveries"), Some(destination)), setup, (events, pace), || usize::MAX)
    }

    fn start_into(
        target: (String, Option<&'static str>),
        setup: &Setup,
        (events, pace): (Events, Pace),
        most: impl Fn() -> usize + Send + 'static,
    ) -> Self {
        let acknowledged = Arc::new(Mutex::new(Acknowledged::new()));
        let producer: ThreadedProducer<Collect> = ClientConfig::new()
            .set("bootstrap.servers", setup.brokers())
            // A broker that comes back must not be given an event twice.
            .set("enable.idempotence", "true")
            // Longer than any broker is away: an event that is given up here would count as lost.
            .set("message.timeout.ms", "900000")
            .set("linger.ms", "5")
            .set("reconnect.backoff.max.ms", "500")
            // Events in turn on all partitions, not a batch on one.
            .set("sticky.partitioning.linger.ms", "0")
            .create_with_context(Collect(acknowledged.clone()))
            .unwrap();
        let (stop, stopped) = channel();
        let thread = std::thread::spawn(move || {
            let began = Instant::now();
            let mut sent = 0;
            while sent < pace.count {
                let due = began.elapsed().as_secs_f64() * pace.per_second as f64;
                // A conversion that saturates.
                let due = (due as usize).min(pace.count).min(most());
                for number in sent..due {
                    append(&producer, &target, (pace.first + number, events.text(pace.first + number)));
                }
                sent = sent.max(due);
                if stopped.recv_timeout(Duration::from_millis(5)) != Err(RecvTimeoutError::Timeout) {
                    break;
                }
            }
            producer.flush(Duration::from_secs(120)).unwrap();
        });
        Self { acknowledged, stop, thread }
    }

    /// How many events were acknowledged so far.
    pub fn acknowledged(&self) -> usize {
        self.acknowledged.lock().unwrap().len()
    }

    /// Waits until all are written and acknowledged.
    pub fn finish(self) -> Acknowledged {
        self.thread.join().unwrap();
        std::mem::take(&mut self.acknowledged.lock().unwrap())
    }

    /// Writes no more, and waits until what was written is acknowledged.
    pub fn stop(self) -> Acknowledged {
        // One that has ended by itself is as good.
        let _ = self.stop.send(());
        self.finish()
    }
}

fn append(producer: &ThreadedProducer<Collect>, target: &(String, Option<&'static str>), event: (usize, String)) {
    let (topic, key) = target;
    let (number, text) = event;
    let mut record: BaseRecord<'_, [u8], [u8], Box<usize>> = BaseRecord::with_opaque_to(topic, Box::new(number));
    record.key = key.map(str::as_bytes);
    record.payload = Some(text.as_bytes());
    while let Err((error, back)) = producer.send(record) {
        assert_eq!(error.rdkafka_error_code(), Some(rdkafka::types::RDKafkaErrorCode::QueueFull), "{error}");
        producer.poll(Duration::from_millis(10));
        record = back;
    }
}

/// Collects what was acknowledged.
struct Collect(Arc<Mutex<Acknowledged>>);

impl ClientContext for Collect {}

impl ProducerContext for Collect {
    type DeliveryOpaque = Box<usize>;

    fn delivery(&self, result: &DeliveryResult<'_>, number: Self::DeliveryOpaque) {
        if result.is_ok() {
            let _ = self.0.lock().unwrap().insert(*number);
        }
    }
}
