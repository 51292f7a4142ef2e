//! kafka-webhooks delivers Segment events from Kafka to webhooks: signed, retried for hours, never lost. Kafka is the only
//! store.
//!
//! # The picture
//!
//! ```text
//! events ──▶ route ──▶ deliveries (key = destination) ──▶ deliver ──▶ HTTP receiver
//!                              ▲                             ├──▶ dead letters
//!                              └──── delay ◀──── tiers ◀─────┘
//! audiences ─▶ route ─▶ audience records (key = user) ─▶ diff ─▶ memberships (compacted) ─▶ route ─▶ deliveries
//!
//! record ─parse─▶ event ─route─▶ delivery ─lane─▶ attempt ─classify─▶ outcome ─decide─▶ disposition ─settle─▶ settled ─▶ offset
//! ```
//!
//! # The words
//!
//! | Word | Meaning |
//! |---|---|
//! | **event** | one accepted Segment call, with its original bytes |
//! | **destination** | a configured receiver: endpoints or mappings, secret, limits |
//! | **mapping** | what a destination of the Actions kind makes of the events its trigger matches |
//! | **route** | the decision which destinations want an event |
//! | **delivery** | one event owed to one destination, or to one mapping of it; lives until settled |
//! | **batch** | deliveries of one mapping that leave in one request |
//! | **attempt** | one try of a delivery, numbered from 1 |
//! | **outcome** | what an attempt came to (a closed list) |
//! | **disposition** | what follows from an outcome: done, delay, dead letter |
//! | **tier** | a topic whose records wait a fixed time |
//! | **dead letter** | a delivery given up, with reason and fault |
//! | **settled** | disposition carried out *and* confirmed; only then may an offset pass |
//! | **lane** | the queue of one destination, or of one mapping of it, inside one replica |
//! | **membership** | whether a user is in an audience, or what a computed trait of the user is, since when |
//!
//! # The rooms, in reading order
//!
//! [`event`] (parse, JavaScript's JSON text) · [`audience`] (records, the calls made of them, memberships) · [`route`] (destination, integrations; Segment's languages `trigger`, `filter` and `mapping`; `routes` decides for all destinations at once) · [`outcome`] (classify, disposition,
//! schedule) · [`delivery`] (id, lanes, batches, dispatch; breaker, pause and rate in `flow`) · [`attempt`] (request, signature, client, verdict) · [`settle`] (the only
//! maker of `Settled`) · [`kafka`] (the edge: consumer, producer, offsets, envelope) · [`stage`] (route, diff, deliver, delay:
//! each a core on plain data and a driver) · [`app`] (order of start and stop) · [`cli`]. Beside them [`config`] (raw to resolved),
//! [`admin`], [`shutdown`], [`receiver`] (to try things with) and the leaves [`clock`], [`log`], [`metrics`]. Who may know whom is held by `tests/tidy.rs`.
//!
//! # The invariants, and what holds each
//!
//! 1. Only [`settle`] makes a `Settled`, and only from a 2xx, a confirmed append, a known copy, what a later tenure answers
//!    for, a fact not newer than what is known, or an event nobody wants.
//!    *Held by its private field; only `Settled::pass` calls `Ledger::complete` (`tests/tidy.rs`); the simulation plants
//!    "settled before confirmed" and catches it.*
//! 2. The committed offset is never above an unsettled delivery, across any rebalance, crash or late completion.
//!    *`kafka::offsets::Ledger`; unit and property tests there, the simulation after each step ("offset one too high", "epoch
//!    ignored"), `tests/it/survives_kill_9.rs` on Apache Kafka.*
//! 3. Deciding is plain data: no I/O, no clock, no randomness of its own; time is an argument. *So the cores of the stages run
//!    in `tests/sim` against an in-memory log, a million steps per run, replayable by seed.*
//! 4. Bytes are signed once, as they leave. *`attempt::request` makes body and signature from one buffer.* What differs in url,
//!    method or headers is never one request. *`delivery::queue` keeps it apart, `attempt::request::batch` compares once more
//!    before it sends; the simulation plants "keys ignored".*
//! 5. No poll thread, callback or delivery report ever waits for the runtime, but for the bounded drain on revoke
//!    (`kafka::consumer::Handback`, a standard condition variable with a deadline).
//! 6. Memory is bounded: the poll thread pauses by what is held (`delivery::load`, the consumer's valve), the producer by its
//!    own limits, copies by count, requests by `http.max_in_flight`.
//! 7. Nothing is dropped uncounted; what will be tried again is not counted as dropped.
//! 8. No label, log line or error text holds a secret, a body or a full URL. *Secrets show themselves as `***`.*
//! 9. What holds of a user is what the newest record says, whatever came late, twice or from a slow former owner: in memory,
//!    at the end of the log, and for whoever hears the calls in its order. *`tests/sim/audiences` folds all of them.*
//!
//! [`delivery::defect`] marks the very lines that keep some of them: the simulation breaks each on purpose and must notice.
//!
//! # Where the code chose for itself
//!
//! - A lane takes a request slot only while it holds no more than are still free, and a partition holds only as much memory as
//!   is still free: one rule (the dynamic threshold of shared switch buffers) gives both fairness and room for a newcomer,
//!   without shares to configure.
//! - A copy that arrives while its original is under way joins it and is settled with it; it neither runs beside it nor waits.
//! - The classic protocol commits every half second, not every second: it halves what a crash repeats and costs one small
//!   request.
//! - `settle` also settles what a `Settled` proof cannot be had for otherwise: source records nobody wants.
//! - A delay that a crash left behind does not live on: it is stamped with the assignment and the record it was made from, commits
//!   carry in their metadata where each assignment began, and what a later one read again is dropped when it returns
//!   (`delivery::tenure`). It costs no append. What the delay stage appends says which record of which tier it was, and the
//!   commits carry which came back already, so that a second append of it is known however late it comes
//!   (`delivery::returns`). Copies made by route are known by a memory that is filled again from Kafka: the last settled
//!   records of a partition are read once more when it is assigned. One that comes later than that is delivered once more.
//! - A batch is no thing of its own before it leaves. What waits is kept by what it may go with, and is taken together when it
//!   is full, has waited long enough or is hurried; so a breaker, a pause, a revoked partition or an overflow take single
//!   deliveries out of it as out of any lane, and after a failure each is a delivery like any other. Nobody need remember who was
//!   with whom, and the id of a batch is a hash of its items.
//! - What a delivery is in a batch (its key, its bytes) is asked of `attempt` when it comes into its lane, by plain computation, and
//!   what a mapping makes of it is computed again when it is sent: twice some microseconds, and no second copy in memory.
//! - The lanes of one destination share what it allows: the rate in turn, the deliveries under way so that each lane that has none
//!   finds a place for one (where there are more lanes than places, half of them are for that), and none takes more than
//!   four fifths.
//! - What filters take out is taken out again at each attempt, since Kafka holds the event as it was; whether an event is
//!   dropped is decided once, by route, or a delivery would come to no end of its own.
//! - Triggers are asked of facts that one pass over the event's text finds for all destinations; a tree is made only for who has filters,
//!   once for all of them.
//! - What expires only by the clock of a process too young to have compared it with Kafka's is decided a moment later.
//! - Overflow moves a lane's oldest records, not its youngest: they are what keeps the offset behind.
//! - What overflows is parked by what the lane has to do until then: with what it keeps and with what is due back, each in
//!   its second (`delivery::pace`). A lane keeps what it settles until the first of that could be back, ten seconds' worth at
//!   most and a little for the way, and for so long holds the offset back. Parked by the whole backlog alone, everything would
//!   come back at once, and the lane stand idle until then.
//! - A lane that is at home on a partition counts as idle there before a record of it was seen: it may be behind another's
//!   backlog, which would be read to the limit of memory and no further.
//! - Credit counts returned records that are unsettled, not the group's lag: a lane that holds the offset back for some
//!   seconds must not keep its neighbours' retries from coming back.
//! - Any answer of a receiver that is not retried closes its breaker, also one to an attempt from before it opened; failures
//!   of that time say nothing new. What a failure of our own put off, while its lane came to be held back, goes back to its lane.
//! - A pause that a receiver asked for gives nothing up: what comes into it in its last wait is held in the lane and gets its
//!   last attempt when it is over. That something expires is decided by an attempt, by an open breaker, and for what has
//!   waited as long as anything may (`expire_after`) by whatever would have it wait on.
//! - Whoever has lost all partitions of a destination forgets its breaker, pause and rate: the next owner finds them anew.
//! - A throttled lane's rate climbs by steps that grow while nobody complains, so that one which was slowed from a thousand
//!   requests per second to ten has them back in minutes, not in an hour. Below ten per second nothing is measured.
//! - A replica that stops drains and commits while it is still a member, and only then closes its client: Kafka refuses the
//!   commit librdkafka makes while closing when the group rebalances, and librdkafka does not repeat it.
//! - A key, name or user id of an audience record has at most 1000 bytes, so that what the record becomes is never too large for
//!   topics that allow 64 KiB more than the source's. If one refuses it nevertheless, the partition waits: who is a member must
//!   not be wrong because a topic was made too narrow.
//! - What is known of users is read along for as long as a partition is ours, because nothing fences a former owner: its late
//!   append may be the last of its key, and compaction would keep it. What is true is appended once more; as news only where
//!   somebody was told something else.
//! - A fact that is newer but says the same is appended too, without being news, so that nothing older undoes it later. That
//!   somebody is not a member is forgotten by a restore when it is a week old.
//! - A membership record is made a complete call, with a `messageId` that is a hash of where it came from and with Kafka's time
//!   where it has none; a call that Engage made stays byte for byte what it is.
//! - Who looks on (`dev`) hears of each delivery by a bounded channel (`stage::notice`): a full one drops notices, never
//!   deliveries, and in `run` there is none.
//! - The clock is a leaf of its own, because both the producer (which learns how far we are from Kafka's time) and the
//!   stages (which ask) need it.

pub mod admin;
pub mod app;
pub mod attempt;
pub mod audience;
pub mod cli;
pub mod clock;
pub mod config;
pub mod delivery;
pub mod event;
pub mod kafka;
pub mod log;
pub mod metrics;
pub mod outcome;
pub mod receiver;
pub mod route;
pub mod settle;
pub mod shutdown;
pub mod stage;
