//! Ids that a flow makes: from its command's id and a purpose, so that flows need no randomness and a replay makes the
//! same ids (ARCHITECTURE, invariants).

use model::{CommandId, LotId, OrderId, PrintJobId, Timestamp};
use sha2::{Digest, Sha256};

/// Letters of short codes: no I, L, O, U, so that people can read them aloud.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

fn digest(seed: &[u8], purpose: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update((seed.len() as u64).to_be_bytes());
    hash.update(seed);
    hash.update(purpose.as_bytes());
    hash.finalize().into()
}

fn sixteen(seed: &[u8], purpose: &str) -> [u8; 16] {
    let full = digest(seed, purpose);
    std::array::from_fn(|i| full[i])
}

/// A command that follows from something known, for example an order and a moment.
pub fn command(seed: &[u8], purpose: &str) -> CommandId {
    CommandId::from_bytes(sixteen(seed, purpose))
}

/// An order made by a command.
pub fn order(id: &CommandId, now: Timestamp) -> OrderId {
    OrderId::new(now, u128::from_be_bytes(sixteen(id.as_bytes(), "order")))
}

/// A print job made by a command; `purpose` tells its jobs apart.
pub fn print_job(id: &CommandId, now: Timestamp, purpose: &str) -> PrintJobId {
    PrintJobId::new(now, u128::from_be_bytes(sixteen(id.as_bytes(), purpose)))
}

/// Letters and digits that follow from a command, for codes on labels.
pub fn letters(id: &CommandId, purpose: &str, count: usize) -> String {
    let full = digest(id.as_bytes(), purpose);
    full.iter().take(count).map(|byte| char::from(LETTERS[usize::from(byte & 31)])).collect()
}

/// A lot received by a command: `L` and ten letters (50 bits, so that a store's lots never meet).
pub fn lot(id: &CommandId, purpose: &str) -> Result<LotId, model::id::IdError> {
    LotId::new(format!("L{}", letters(id, purpose, 10)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replay_makes_the_same_ids_and_purposes_differ() {
        let id = CommandId::new(Timestamp::from_ms(5), 7);
        let now = Timestamp::from_ms(1_000);
        assert_eq!(order(&id, now), order(&id, now));
        assert_ne!(lot(&id, "1").unwrap(), lot(&id, "2").unwrap());
        assert_eq!(lot(&id, "1").unwrap().as_str().len(), 11);
    }
}
