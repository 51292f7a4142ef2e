//! Tests that stand in the configuration: an event, and what is to become of it.
//!
//! ```yaml
//! tests:
//!   - name: an order goes to the shop       # may be absent
//!     event: { type: track, event: Order }  # or the text of it, which then keeps every byte
//!     topic: events                         # the default; or audiences
//!     destination: crm
//!     mapping: orders                       # may be absent: then the destination as a whole is meant
//!     expect:
//!       request: { method: POST, url: https://…, headers: { X-Team: growth }, body: { … } }
//!       # or `reason: no_matching_mapping`
//! ```
//!
//! Only what `request` names is compared. What these tests say is here; `check` runs them.

use crate::event::json::Tree;
use crate::route::destination::DestinationId;

/// A test of what becomes of an event.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfigTest {
    /// What people call it.
    pub name: Option<String>,
    /// Where it stands, as in `webhooks.yaml:12`.
    pub at: String,
    /// The event, as it would come from Kafka.
    pub event: Vec<u8>,
    /// From which topic.
    pub topic: TestTopic,
    /// To which destination; it exists.
    pub destination: DestinationId,
    /// To which of its mappings; it exists. None where the destination as a whole is meant.
    pub mapping: Option<String>,
    /// What is to become of it.
    pub expect: Expect,
}

/// The source an event of a test comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum TestTopic {
    /// The topic of events.
    #[default]
    Events,
    /// The topic of audiences.
    Audiences,
}

/// What is to become of an event.
#[derive(Clone, Debug, PartialEq)]
pub enum Expect {
    /// Nothing is sent, and this is the `reason` of `explain`.
    Reason(String),
    /// This is sent.
    Request(ExpectedRequest),
}

/// A request; what is not given may be anything.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ExpectedRequest {
    /// The method.
    pub method: Option<String>,
    /// The address.
    pub url: Option<String>,
    /// Headers that must be there with this value; the case of names makes no difference.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Option<ExpectedBody>,
}

/// The body of an expected request.
#[derive(Clone, Debug, PartialEq)]
pub enum ExpectedBody {
    /// There is none.
    None,
    /// Exactly this text.
    Text(String),
    /// JSON of this meaning; members may stand in any order.
    Json(Tree),
}
