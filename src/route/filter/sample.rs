//! A part of the events, always the same: a hash decides, so that a repetition is decided alike, and everything of one
//! user where the hash is of the user's id. Owns the only use of MD5, which here protects nothing.

use md5::{Digest, Md5};

use super::Refused;
use super::fields::keys;
use crate::event::json::Tree;

/// Which part of the events passes.
#[derive(Clone, Debug)]
pub struct Sample {
    share: f64,
    /// The keys on the way to the value that decides; without any the whole event does.
    path: Option<Box<[Box<str>]>>,
}

impl Sample {
    /// The share that passes, 0 being none and 1 all, and the path of the value that decides; an empty one is none.
    ///
    /// What is below 0 counts as 0, what is above 1 as 1, as in Segment; but what can only have been meant in hundredths
    /// is refused.
    pub fn new(percent: f64, path: Option<&str>) -> Result<Self, Refused> {
        if !percent.is_finite() || percent > 2.0 {
            let problem = format!("a share of {percent} is none from 0 to 1");
            return Err(Refused { problem, hint: "write 0.05 for five in a hundred" });
        }
        let path = path.filter(|path| !path.is_empty()).map(keys).transpose()?;
        Ok(Self { share: percent, path })
    }

    /// Whether an event is in it.
    pub(super) fn has(&self, event: &Tree) -> bool {
        if self.share <= 0.0 || self.share >= 1.0 {
            return self.share >= 1.0;
        }
        let deciding = match &self.path {
            None => event.text(),
            // What is missing counts as null, as everywhere in filters.
            Some(keys) => {
                let value = keys.iter().try_fold(event, |value, key| value.member(key));
                value.map_or_else(|| "null".to_owned(), Tree::text)
            }
        };
        position(&deciding) < self.share
    }
}

/// Where a text falls between 0 and 1.
fn position(text: &str) -> f64 {
    let digest = Md5::digest(text.as_bytes());
    let first = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    first as f64 / 2_f64.powi(64)
}
