//! Delivery ids: a hash of what makes a delivery the one it is, so that reading the source again after a crash
//! gives the same id. Receivers see it as `webhook-id` and can drop repeats by it; of a batch they see an id made of those
//! in it.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::outcome::time::KafkaTime;

const PREFIX: &str = "dlv_";
const BATCH_PREFIX: &str = "bat_";
/// Lower-case letters and digits without `i`, `l`, `o` and `u`, as Douglas Crockford proposes for base 32.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const TEXT: usize = 26;

/// 128 bits, printed as `dlv_` and 26 characters.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeliveryId(u128);

/// What a delivery id is made of.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// The source topic.
    pub topic: &'a str,
    /// The source partition.
    pub partition: i32,
    /// The source offset.
    pub offset: i64,
    /// The time of the source record; tells a topic from a later one of the same name.
    pub time: KafkaTime,
    /// The event's `messageId`.
    pub message_id: Option<&'a str>,
    /// The destination.
    pub destination: &'a [u8],
    /// The mapping.
    pub mapping: Option<&'a str>,
}

impl DeliveryId {
    /// The id of a delivery with this origin.
    pub fn of(origin: &Origin<'_>) -> Self {
        let mut hash = Sha256::new();
        let mut field = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        };
        field(origin.topic.as_bytes());
        field(&origin.partition.to_be_bytes());
        field(&origin.offset.to_be_bytes());
        field(&origin.time.as_millis().to_be_bytes());
        // An absent text differs from an empty one by the tag before it.
        field(&[u8::from(origin.message_id.is_some()), u8::from(origin.mapping.is_some())]);
        field(origin.message_id.unwrap_or_default().as_bytes());
        field(origin.destination);
        field(origin.mapping.unwrap_or_default().as_bytes());
        Self(half(hash))
    }

    /// Reads the printed form; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(PREFIX)?.as_bytes();
        if digits.len() != TEXT || digits[0] > b'7' {
            return None;
        }
        let value = digits.iter().try_fold(0u128, |value, digit| {
            let position = ALPHABET.iter().position(|letter| letter == digit)?;
            Some(value << 5 | position as u128)
        });
        value.map(Self)
    }

    /// The 128 bits.
    pub fn bits(self) -> u128 {
        self.0
    }
}

impl fmt::Display for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PREFIX)?;
        write(self.0, f)
    }
}

impl fmt::Debug for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What a request with several deliveries is known by: 128 bits, printed as `bat_` and 26 characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchId(u128);

impl BatchId {
    /// The id of a batch with these deliveries, in this order.
    pub fn of(deliveries: impl IntoIterator<Item = DeliveryId>) -> Self {
        let mut hash = Sha256::new();
        deliveries.into_iter().for_each(|id| hash.update(id.0.to_be_bytes()));
        Self(half(hash))
    }
}

impl fmt::Display for BatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(BATCH_PREFIX)?;
        write(self.0, f)
    }
}

/// Half of a hash is enough to tell things apart.
fn half(hash: Sha256) -> u128 {
    let digest: [u8; 32] = hash.finalize().into();
    let (half, _) = digest.split_first_chunk::<16>().expect("32 bytes have a first half");
    u128::from_be_bytes(*half)
}

fn write(bits: u128, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut text = [0u8; TEXT];
    for (index, letter) in text.iter_mut().enumerate() {
        let shift = 5 * (TEXT - 1 - index);
        *letter = ALPHABET[(bits >> shift) as usize & 31];
    }
    f.write_str(std::str::from_utf8(&text).expect("the alphabet is ASCII"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin() -> Origin<'static> {
        Origin {
            topic: "events",
            partition: 3,
            offset: 4217,
            time: KafkaTime::from_millis(1_354_406_408_276),
            message_id: Some("m-1"),
            destination: b"crm",
            mapping: None,
        }
    }

    #[test]
    fn the_same_origin_has_the_same_id_for_ever() {
        let id = DeliveryId::of(&origin());
        assert_eq!(id, DeliveryId::of(&origin()));
        // A known answer: changing the recipe would make every receiver see strangers after an upgrade.
        assert_eq!(id.to_string(), "dlv_3dfczbawfqtyn5k3kxawrybhgb");
        assert_eq!(id.to_string().len(), 30);
        assert_eq!(DeliveryId::parse(&id.to_string()), Some(id));
    }

    #[test]
    fn every_part_of_the_origin_counts() {
        let base = origin();
        let others = [
            Origin { topic: "event", ..base },
            Origin { partition: 4, ..base },
            Origin { offset: 4218, ..base },
            Origin { time: KafkaTime::from_millis(0), ..base },
            Origin { message_id: None, ..base },
            Origin { message_id: Some(""), ..base },
            Origin { destination: b"crm2", ..base },
            Origin { mapping: Some(""), ..base },
            Origin { mapping: Some("a"), ..base },
        ];
        let mut ids: Vec<_> = others.iter().map(DeliveryId::of).collect();
        ids.push(DeliveryId::of(&base));
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), others.len() + 1);
    }

    #[test]
    fn what_is_no_id_is_not_read() {
        for text in ["", "dlv_", "dlv_0", "xyz_00000000000000000000000000", "dlv_80000000000000000000000000"] {
            assert_eq!(DeliveryId::parse(text), None, "{text}");
        }
        let zero = "dlv_00000000000000000000000000";
        assert_eq!(DeliveryId::parse(zero).map(|id| id.to_string()).as_deref(), Some(zero));
        assert_eq!(DeliveryId::parse("dlv_0000000000000000000000000u"), None);
    }
    #[test]
    fn a_batch_is_known_by_its_deliveries_and_their_order() {
        let one = DeliveryId::of(&origin());
        let two = DeliveryId::of(&Origin { offset: 4218, ..origin() });
        let id = BatchId::of([one, two]);
        assert_eq!(id, BatchId::of([one, two]));
        let others = [BatchId::of([two, one]), BatchId::of([one]), BatchId::of([one, two, two])];
        assert!(others.iter().all(|other| *other != id), "{others:?}");
        // A known answer, for the same reason as above.
        assert_eq!(id.to_string(), "bat_3p1rbs6yvath3e2vj6b2j68gkz");
        assert_eq!(DeliveryId::parse(&id.to_string()), None);
    }
}
