//! What printers answer: ESC/POS in real time and by themselves, ZPL's host status. Every answer takes at least one byte
//! and no more than came, more bytes behind it change nothing, and what is disturbed is never a printer that prints.
#![no_main]

use device_drivers::printer::status::{
    Answer, escpos_answer, escpos_status, is_escpos_answer, is_escpos_confirmation, zpl_status,
};
use libfuzzer_sys::fuzz_target;

/// A head with everything open at once waits for so many labels at most: two numbers of the answer.
const MOST_UNFINISHED: u64 = 2 * u32::MAX as u64;

fn escpos(received: &[u8]) {
    let mut rest = received;
    while let Ok(Some((answer, taken))) = escpos_answer(rest) {
        assert!((1..=rest.len()).contains(&taken));
        assert_eq!(escpos_answer(&rest[..taken]), Ok(Some((answer, taken))));
        match answer {
            Answer::RealTime(byte) => assert!(is_escpos_answer(byte)),
            Answer::Confirmed => assert!(is_escpos_confirmation(rest[0])),
            Answer::Changed(_) => assert_eq!(taken, 4),
        }
        rest = &rest[taken..];
    }
    if let Some(four) = received.first_chunk::<4>() {
        let sound = four.iter().all(|byte| is_escpos_answer(*byte));
        assert_eq!(escpos_status(*four).is_ok(), sound);
    }
}

fn zpl(received: &[u8]) {
    let Ok(Some((status, taken))) = zpl_status(received) else { return };
    assert!((6..=received.len()).contains(&taken));
    assert_eq!(zpl_status(&received[..taken]), Ok(Some((status, taken))));
    assert!(u64::from(status.unfinished) <= MOST_UNFINISHED);
    for cut in 0..taken {
        assert!(!matches!(zpl_status(&received[..cut]), Ok(Some(_))), "half an answer is none");
    }
}

fuzz_target!(|data: &[u8]| {
    escpos(data);
    zpl(data);
});
