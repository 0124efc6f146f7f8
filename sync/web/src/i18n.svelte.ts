// The language of the person, and texts by typed key. A pack is an English and a Hindi dictionary with the same keys (the
// type demands it, a test looks again). Numbers, money and dates go through Intl. No text of a screen stands here.

export type Lang = 'en' | 'hi';
export const LANGS: readonly Lang[] = ['en', 'hi'];
export const LANG_NAMES: Record<Lang, string> = { en: 'English', hi: 'हिन्दी' };
const KEY = 'larder.lang';

function initial(): Lang {
  try {
    const kept = localStorage.getItem(KEY);
    if (kept === 'en' || kept === 'hi') return kept;
  } catch {
    // No storage (private mode, Node): fall through to the browser's wish.
  }
  return typeof navigator !== 'undefined' && navigator.language?.startsWith('hi') ? 'hi' : 'en';
}

const state = $state<{ lang: Lang }>({ lang: initial() });

/** The language now; reactive. */
export function lang(): Lang {
  return state.lang;
}

/** Switches, and keeps the choice on this device. */
export function setLang(next: Lang): void {
  state.lang = next;
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // The choice then lasts as long as the page.
  }
  if (typeof document !== 'undefined') document.documentElement.lang = next;
}

const LOCALE: Record<Lang, string> = { en: 'en-IN', hi: 'hi-IN-u-nu-latn' };
export type Vars = Record<string, string | number>;

/** Fills `{name}` and `{n|one|other}`; the plural form is chosen by the language's own rules. */
export function fill(text: string, vars: Vars | undefined, language: Lang): string {
  if (!vars) return text;
  return text.replace(/\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g, (whole, name: string, one?: string, other?: string) => {
    const value = vars[name];
    if (value === undefined) return whole;
    const shown = typeof value === 'number' ? num(value, language) : value;
    if (one === undefined || other === undefined) return shown;
    const form = new Intl.PluralRules(LOCALE[language]).select(Number(value)) === 'one' ? one : other;
    return form.replace('#', shown);
  });
}

export type Pack<K extends string> = Record<Lang, Record<K, string>>;

/** Checks that both dictionaries have the same keys, and gives the pack. */
export function pack<const E extends Record<string, string>>(en: E, hi: Record<keyof E, string>): Pack<keyof E & string> {
  return { en, hi } as Pack<keyof E & string>;
}

/** The `t` of a pack: reactive to the language. */
export function translator<K extends string>(texts: Pack<K>): (key: K, vars?: Vars) => string {
  return (key, vars) => fill(texts[state.lang][key], vars, state.lang);
}

/** A number with the grouping of India. */
export function num(value: number, language: Lang = state.lang): string {
  return new Intl.NumberFormat(LOCALE[language]).format(value);
}

/** Paise as rupees: `₹1,234.50`, without paise where there are none. */
export function money(paise: number, language: Lang = state.lang): string {
  const digits = paise % 100 === 0 ? 0 : 2;
  return new Intl.NumberFormat(LOCALE[language], {
    style: 'currency', currency: 'INR', minimumFractionDigits: digits, maximumFractionDigits: digits,
  }).format(paise / 100);
}

/** Grams as `850 g` or `6.2 kg`. */
export function weight(grams: number, language: Lang = state.lang): string {
  const [value, unit] = grams < 1000 ? [grams, 'gram'] : [Math.round(grams / 100) / 10, 'kilogram'];
  return new Intl.NumberFormat(LOCALE[language], { style: 'unit', unit, unitDisplay: 'short' }).format(value);
}

/** A moment as `19:42`. */
export function timeOfDay(ms: number, language: Lang = state.lang): string {
  return new Intl.DateTimeFormat(LOCALE[language], { hour: '2-digit', minute: '2-digit', hour12: false }).format(ms);
}

/** A calendar date `2026-11-24` as `24 Nov`. */
export function shortDate(date: string, language: Lang = state.lang): string {
  const [year, month, day] = date.split('-').map(Number);
  return new Intl.DateTimeFormat(LOCALE[language], { day: 'numeric', month: 'short', timeZone: 'UTC' })
    .format(Date.UTC(year ?? 1970, (month ?? 1) - 1, day ?? 1));
}

/** The English or Hindi of a pair; falls back to English where there is no Hindi name. */
export function named(thing: { name: string; name_hi: string }, language: Lang = state.lang): string {
  return language === 'hi' && thing.name_hi !== '' ? thing.name_hi : thing.name;
}
