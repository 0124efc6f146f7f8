// What a scanned text is, as far as a screen may guess before the store's word: check digits, the GTIN inside a GS1
// string or Digital Link, expiry, our own label prefixes. It never decides anything: the store reads the same text again.

export const GS = '\u001d';

/** Whether a GTIN-8/12/13/14 has the right check digit. */
export function checkDigitOk(digits: string): boolean {
  if (!/^(\d{8}|\d{12,14})$/.test(digits)) return false;
  let sum = 0;
  for (let i = 0; i < digits.length - 1; i += 1) {
    sum += Number(digits[digits.length - 2 - i]) * (i % 2 === 0 ? 3 : 1);
  }
  return (10 - (sum % 10)) % 10 === Number(digits[digits.length - 1]);
}

export type Code =
  | { kind: 'gtin'; gtin: string; expiry: string | null; lot: string | null }
  | { kind: 'own'; own: 'bag' | 'badge' | 'rider' | 'lot'; code: string }
  | { kind: 'misread' }
  | { kind: 'other' };

const OWN = { 'LB:': 'bag', 'LP:': 'badge', 'LR:': 'rider', 'LL:': 'lot' } as const;
/** Application identifiers of fixed length that may stand before a lot; value length without the identifier. */
const FIXED: Record<string, number> = { '01': 14, '02': 14, '11': 6, '13': 6, '15': 6, '16': 6, '17': 6, '20': 2 };

/** Reads a scan. `other` means: ask the store. */
export function readCode(text: string): Code {
  const own = OWN[text.slice(0, 3) as keyof typeof OWN];
  if (own && text.length > 3) return { kind: 'own', own, code: text.slice(3) };
  if (/^\d+$/.test(text) && [8, 12, 13, 14].includes(text.length)) {
    return checkDigitOk(text) ? gtin(text) : { kind: 'misread' };
  }
  const link = /^https?:\/\/[^/]+\/(?:.*\/)?01\/(\d{8,14})(?:\/|\?|$)/.exec(text);
  if (link) return checkDigitOk(link[1]!) ? gtin(link[1]!) : { kind: 'misread' };
  if (/^01\d{14}/.test(text)) return elements(text);
  return { kind: 'other' };
}

function gtin(digits: string, expiry: string | null = null, lot: string | null = null): Code {
  return { kind: 'gtin', gtin: digits.padStart(14, '0'), expiry, lot };
}

/** A GS1 element string that begins with a GTIN. Stops at the first thing it does not know. */
function elements(text: string): Code {
  const found: Record<string, string> = {};
  let rest = text;
  while (rest.length > 2) {
    const ai = rest.slice(0, 2);
    const length = FIXED[ai];
    if (length !== undefined) {
      if (rest.length < 2 + length) return { kind: 'misread' };
      found[ai] = rest.slice(2, 2 + length);
      rest = rest.slice(2 + length);
    } else if (ai === '10' || ai === '21') {
      const end = rest.indexOf(GS);
      found[ai] = rest.slice(2, end < 0 ? undefined : end);
      rest = end < 0 ? '' : rest.slice(end);
    } else break;
    if (rest.startsWith(GS)) rest = rest.slice(1);
  }
  const code = found['01'] ?? '';
  if (!checkDigitOk(code)) return { kind: 'misread' };
  return gtin(code, date(found['17']), found['10'] ?? null);
}

/** `YYMMDD` as `YYYY-MM-DD`; day 00 is the month's last day. */
function date(yymmdd: string | undefined): string | null {
  if (!yymmdd || !/^\d{6}$/.test(yymmdd)) return null;
  const year = 2000 + Number(yymmdd.slice(0, 2));
  const month = Number(yymmdd.slice(2, 4));
  const day = Number(yymmdd.slice(4)) || new Date(Date.UTC(year, month, 0)).getUTCDate();
  return `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}

/** A GTIN as the catalogue may write it (8 to 14 digits), padded to 14 for comparison. */
export const gtin14 = (digits: string): string => digits.padStart(14, '0');
