//! Which partition a key belongs to: murmur2 as the Java client has it (Kafka's `Utils.murmur2`), so that our records
//! lie where those of any other well-behaved producer of the same key would. A key may be spread over several partitions,
//! of which that one is the first.

/// The partition of a key among so many; at least one partition is assumed.
pub fn partition_of(key: &[u8], partitions: i32) -> i32 {
    nth_partition_of(key, 0, partitions)
}

/// The partition of one record of a key that is spread over several: which of them is drawn by the record.
pub fn partition_of_spread(key: &[u8], (draw, spread): (u64, u32), partitions: i32) -> i32 {
    let n = draw % u64::from(spread.max(1));
    nth_partition_of(key, u32::try_from(n).expect("less than the spread"), partitions)
}

/// The partitions a key is spread over, each once: as many as its spread says, or all there are.
pub fn partitions_of(key: &[u8], spread: u32, partitions: i32) -> impl Iterator<Item = i32> {
    let distinct = spread.clamp(1, partitions.max(1).unsigned_abs());
    (0..distinct).map(move |n| nth_partition_of(key, n, partitions))
}

fn nth_partition_of(key: &[u8], n: u32, partitions: i32) -> i32 {
    let positive = u64::from(murmur2(key) & 0x7fff_ffff) + u64::from(n);
    let index = positive % u64::from(partitions.max(1).unsigned_abs());
    i32::try_from(index).expect("less than the number of partitions")
}

/// MurmurHash 2, 32 bits, with the seed of the Java client.
fn murmur2(data: &[u8]) -> u32 {
    const M: u32 = 0x5bd1_e995;
    const SEED: u32 = 0x9747_b28c;
    let (words, rest) = data.as_chunks::<4>();
    // The hash is defined over the length modulo 2^32.
    let mut hash = SEED ^ (data.len() as u32);
    for word in words {
        let mut k = u32::from_le_bytes(*word).wrapping_mul(M);
        k = (k ^ (k >> 24)).wrapping_mul(M);
        hash = hash.wrapping_mul(M) ^ k;
    }
    if !rest.is_empty() {
        for (index, byte) in rest.iter().enumerate() {
            hash ^= u32::from(*byte) << (8 * index);
        }
        hash = hash.wrapping_mul(M);
    }
    hash = (hash ^ (hash >> 13)).wrapping_mul(M);
    hash ^ (hash >> 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_javas() {
        // Known answers of the Java client's own tests (signed there).
        for (text, expected) in [
            ("21", -973_932_308_i32),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            ("abc", 479_470_107),
        ] {
            assert_eq!(murmur2(text.as_bytes()).cast_signed(), expected, "{text}");
        }
    }

    #[test]
    fn every_key_has_a_partition() {
        for partitions in [1, 3, 24] {
            for key in 0..200u32 {
                assert!((0..partitions).contains(&partition_of(&key.to_be_bytes(), partitions)));
            }
        }
    }

    #[test]
    fn a_spread_key_has_neighbouring_partitions_and_begins_at_its_own() {
        for (spread, partitions) in [(1, 24), (3, 24), (4, 4), (9, 4), (0, 5), (3, 1)] {
            let all: Vec<i32> = partitions_of(b"crm", spread, partitions).collect();
            assert_eq!(all[0], partition_of(b"crm", partitions));
            let mut drawn: Vec<i32> =
                (0..100).map(|draw| partition_of_spread(b"crm", (draw, spread), partitions)).collect();
            drawn.sort_unstable();
            drawn.dedup();
            let mut sorted = all.clone();
            sorted.sort_unstable();
            assert_eq!(drawn, sorted, "{spread} of {partitions}");
        }
    }
}
