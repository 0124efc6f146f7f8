//! A Toledo scale's answers: the same however they are cut, never beyond what five digits say, and the gate opens only
//! for a weight that was among them.
#![no_main]

use device_drivers::scale::{Answer, Answers, Change, StableGate};
use libfuzzer_sys::fuzz_target;
use model::Grams;

const MOST: Grams = Grams(30_000);

fuzz_target!(|data: &[u8]| {
    let [piece, bytes @ ..] = data else { return };
    let whole = Answers::default().push(bytes);
    let mut answers = Answers::default();
    let pieces: Vec<Answer> =
        bytes.chunks(usize::from(*piece).max(1)).flat_map(|part| answers.push(part)).collect();
    assert_eq!(whole, pieces);
    let mut gate = StableGate::new(2, MOST);
    let mut stands = None;
    for answer in whole {
        for change in gate.push(answer) {
            match change {
                Change::Stands(weight) => {
                    assert_eq!(answer, Answer::Weight(weight));
                    assert!(weight.0 > 0 && weight <= MOST);
                    assert_eq!(stands.replace(weight), None);
                }
                Change::Gone => assert!(stands.take().is_some()),
            }
        }
        // What stands is what the scale says now.
        assert!(stands.is_none_or(|weight| answer == Answer::Weight(weight)));
    }
});
