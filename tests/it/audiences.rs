//! The consumer sends what changes in audiences, and only that: entering and leaving, whoever writes it and in whatever order,
//! across restarts, crashes and compaction.

mod changes;
mod commands;
mod compaction;
mod forms;
mod kills;
mod partitions;
