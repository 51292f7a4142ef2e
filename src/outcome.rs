//! What an attempt came to, and what follows from it: a closed list of outcomes, the schedule, the decision.
//! Plain data: no I/O, no clock, no randomness; time is an argument. How an answer was had is the business
//! of `attempt`, carrying a decision out that of `settle`.

pub mod classify;
pub mod disposition;
pub mod retry_after;
pub mod schedule;
pub mod time;

/// What one attempt came to (contract section 6); the label is the same in metrics, headers and logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The receiver answered 2xx.
    Delivered,
    /// The receiver said no in a way that another try would not change.
    Rejected,
    /// The receiver asked for patience: 429, or 503 with Retry-After.
    Throttled,
    /// The receiver failed: 5xx, 408, 423.
    ServerError,
    /// Nothing complete came back within the timeout.
    TimedOut,
    /// No connection, or it ended before an answer.
    Unreachable,
    /// No trustworthy TLS connection.
    TlsFailed,
    /// The name did not resolve.
    DnsFailed,
    /// What came back is no HTTP answer, or its status is outside 200–599.
    InvalidResponse,
    /// The address rule refused every address; no connection was made.
    Blocked,
    /// No token was to be had; the receiver was not called.
    AuthFailed,
    /// The configuration gave no valid request for this event.
    InvalidRequest,
}

/// Whose fault a failure is; a field of dead letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The receiver's.
    Receiver,
    /// The record's.
    Record,
    /// Ours or the operator's.
    Us,
}

impl Fault {
    /// The word in headers and logs.
    pub fn label(self) -> &'static str {
        match self {
            Self::Receiver => "receiver",
            Self::Record => "record",
            Self::Us => "us",
        }
    }
}

impl Outcome {
    /// Every outcome, for metrics that exist from the start.
    pub const ALL: [Self; 12] = [
        Self::Delivered,
        Self::Rejected,
        Self::Throttled,
        Self::ServerError,
        Self::TimedOut,
        Self::Unreachable,
        Self::TlsFailed,
        Self::DnsFailed,
        Self::InvalidResponse,
        Self::Blocked,
        Self::AuthFailed,
        Self::InvalidRequest,
    ];

    /// The word in metrics, headers and logs.
    pub fn label(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Rejected => "rejected",
            Self::Throttled => "throttled",
            Self::ServerError => "server_error",
            Self::TimedOut => "timed_out",
            Self::Unreachable => "unreachable",
            Self::TlsFailed => "tls_failed",
            Self::DnsFailed => "dns_failed",
            Self::InvalidResponse => "invalid_response",
            Self::Blocked => "blocked",
            Self::AuthFailed => "auth_failed",
            Self::InvalidRequest => "invalid_request",
        }
    }

    /// Whether another attempt may follow.
    pub fn is_retried(self) -> bool {
        match self {
            Self::Delivered | Self::Rejected | Self::InvalidRequest => false,
            Self::Throttled
            | Self::ServerError
            | Self::TimedOut
            | Self::Unreachable
            | Self::TlsFailed
            | Self::DnsFailed
            | Self::InvalidResponse
            | Self::Blocked
            | Self::AuthFailed => true,
        }
    }

    /// Whether the attempt counts as one; a throttled one costs time only (contract section 6).
    pub fn costs_an_attempt(self) -> bool {
        self != Self::Throttled
    }

    /// Whose fault it is when a delivery is given up after this outcome.
    pub fn fault(self) -> Fault {
        match self {
            Self::Blocked | Self::AuthFailed => Fault::Us,
            Self::InvalidRequest => Fault::Record,
            Self::Delivered
            | Self::Rejected
            | Self::Throttled
            | Self::ServerError
            | Self::TimedOut
            | Self::Unreachable
            | Self::TlsFailed
            | Self::DnsFailed
            | Self::InvalidResponse => Fault::Receiver,
        }
    }
}
