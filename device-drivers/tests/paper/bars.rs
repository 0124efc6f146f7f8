//! Code 128 as a printer draws it from the data of `GS k 73`: code sets and FNC1 by the words that begin with `{`.

/// Bars and gaps of every symbol, in modules; the last is the stop.
const SYMBOLS: &str = "\
    212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 \
    122231 113222 123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 \
    322112 322211 212123 212321 232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 \
    112133 112331 132131 113123 113321 133121 313121 211331 231131 213113 213311 213131 311123 311321 \
    331121 312113 312311 332111 314111 221411 431111 111224 111422 121124 121421 141122 141221 112214 \
    112412 122114 122411 142112 142211 241211 221114 413111 241112 134111 111242 121142 121241 114212 \
    124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113 114311 411113 \
    411311 113141 114131 311141 411131 211412 211214 211232 2331112";

const START: [(u8, usize); 3] = [(b'A', 103), (b'B', 104), (b'C', 105)];
const CHANGE: [(u8, usize); 3] = [(b'A', 101), (b'B', 100), (b'C', 99)];
const FNC1: usize = 102;
const STOP: usize = 106;

/// What it says (FNC1 as GS, but not the first) and its modules, without quiet zones.
///
/// # Errors
/// What a printer could not print.
pub fn code128(data: &[u8]) -> Result<(String, Vec<bool>), String> {
    let (mut said, mut symbols) = (String::new(), Vec::new());
    let (mut set, mut at) = (None, 0);
    while let Some(byte) = data.get(at) {
        at += 1;
        if *byte == b'{' {
            let word = data.get(at).ok_or("a word of the command is cut off")?;
            at += 1;
            match (word, set) {
                (b'A' | b'B' | b'C', before) => {
                    let table = if before.is_none() { START } else { CHANGE };
                    symbols.extend(table.iter().find(|(name, _)| name == word).map(|(_, symbol)| *symbol));
                    set = Some(*word);
                }
                (b'1', Some(_)) => {
                    if symbols.len() > 1 {
                        said.push('\u{1d}');
                    }
                    symbols.push(FNC1);
                }
                (b'{', Some(b'B')) => {
                    said.push('{');
                    symbols.push(usize::from(b'{' - 32));
                }
                other => return Err(format!("word {other:?} of a bar code")),
            }
            continue;
        }
        match set {
            // Capitals and figures first, then the control characters.
            Some(b'A') if *byte < 96 => {
                said.push(char::from(*byte));
                symbols.push(usize::from((*byte + 96 - 32) % 96));
            }
            Some(b'C') if *byte < 100 => {
                said.push_str(&format!("{byte:02}"));
                symbols.push(usize::from(*byte));
            }
            Some(b'B') if (32..127).contains(byte) => {
                said.push(char::from(*byte));
                symbols.push(usize::from(*byte - 32));
            }
            _ => return Err(format!("{byte:#04x} in code set {set:?}")),
        }
    }
    let weighted = symbols.iter().enumerate().map(|(place, symbol)| place.max(1) * symbol);
    let check = weighted.sum::<usize>() % 103;
    symbols.extend([check, STOP]);
    let shapes: Vec<&str> = SYMBOLS.split_whitespace().collect();
    let mut modules = Vec::new();
    for symbol in symbols {
        for (place, width) in shapes[symbol].bytes().enumerate() {
            modules.extend(vec![place % 2 == 0; usize::from(width - b'0')]);
        }
    }
    Ok((said, modules))
}
