// Words of logging in and of maps, the same in shop, rider and ops.

import { pack, translator } from '@larder/shared/i18n.svelte.ts';
import { recount } from '@larder/shared/particulars.ts';
import { age } from '@larder/shared/time.ts';
import { ago, c } from '@larder/shared/words.ts';

export const LOGIN = pack(
  {
    phone: 'Phone number', phone_hint: 'Ten digits. We send a code by SMS.', send: 'Send me a code', sending: 'Sending…',
    code: 'Code from the SMS', code_hint: 'Six digits, sent to {phone}', enter: 'Log in', checking: 'Checking…', other_phone: 'Other number', again: 'Send again',
    inbox: 'Demo inbox', inbox_hint: 'This is a demo: no SMS leaves this machine. Here is what it would say.', inbox_empty: 'Nothing has come yet.', use: 'Use {code}',
    km: '{n} km', m: '{n} m', map_failed: 'The map could not be drawn. Everything else works.',
    chosen: '{store}: {metres} m away, all of it there, room for {room|# more order|# more orders}',
    chosen_part: '{store}: delivery {part} of {parts}, {metres} m away, room for {room|# more order|# more orders}',
  },
  {
    phone: 'फ़ोन नंबर', phone_hint: 'दस अंक। हम SMS से कोड भेजेंगे।', send: 'कोड भेजें', sending: 'भेज रहे हैं…',
    code: 'SMS वाला कोड', code_hint: '{phone} पर भेजे छह अंक', enter: 'लॉगिन करें', checking: 'जाँच रहे हैं…', other_phone: 'दूसरा नंबर', again: 'फिर भेजें',
    inbox: 'डेमो इनबॉक्स', inbox_hint: 'यह डेमो है: कोई SMS इस मशीन से बाहर नहीं जाता। उसमें यह लिखा होता।', inbox_empty: 'अभी कुछ नहीं आया।', use: '{code} लगाएँ',
    km: '{n} कि.मी.', m: '{n} मी.', map_failed: 'नक्शा नहीं बन पाया। बाकी सब चल रहा है।',
    chosen: '{store}: {metres} मी. दूर, सब सामान वहाँ है, और {room|# ऑर्डर|# ऑर्डर} की जगह',
    chosen_part: '{store}: डिलीवरी {part}/{parts}, {metres} मी. दूर, और {room|# ऑर्डर|# ऑर्डर} की जगह',
  },
);
export const l = translator(LOGIN);

/** Why this store delivers, in the person's words. */
export const whyStore = (why: string): string => recount(LOGIN, / parts=/.test(why) ? 'chosen_part' : 'chosen', why);

/** How old something is: `live`, or `as of 12 s ago`. */
export function asOf(at: number, now: number): string {
  return age(at, now).unit === 'live' ? c('live') : c('as_of', { age: ago(at, now) });
}
