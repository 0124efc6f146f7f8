//! An NCI scale's answers: the same however they are cut, and what is read as a weight can be written and read again.
#![no_main]

use device_drivers::scale::Answer;
use device_drivers::scale::nci::{NciAnswers, NciStatus, write};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let [piece, bytes @ ..] = data else { return };
    let whole = NciAnswers::default().push(bytes);
    let mut answers = NciAnswers::default();
    let pieces: Vec<Answer> =
        bytes.chunks(usize::from(*piece).max(1)).flat_map(|part| answers.push(part)).collect();
    assert_eq!(whole, pieces);
    for answer in whole {
        if let Answer::Weight(grams) = answer {
            let again = write(grams, NciStatus::default());
            assert_eq!(NciAnswers::default().push(&again), [answer]);
        }
    }
});
