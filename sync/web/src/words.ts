// Texts that every surface needs: age, link, problems by code. Each surface has a pack of its own beside this one.

import { fill, lang, pack, translator, type Lang } from './i18n.svelte.ts';
import { age } from './time.ts';
import type { Problem } from './types/words.ts';

export const COMMON = pack(
  {
    live: 'live', never: 'never', age_s: '{n} s ago', age_min: '{n} min ago', age_h: '{n} h ago', age_d: '{n|# day|# days} ago',
    for_s: '{n} s', for_min: '{n} min', for_h: '{n} h', for_d: '{n|# day|# days}', as_of: 'as of {age}', late: 'late',
    language: 'Language', loading: 'Loading…', retry: 'Try again', cancel: 'Cancel', close: 'Close', back: 'Back',
    unreachable: 'No connection to the node', unreachable_hint: 'Nothing was lost. What you see is kept; this page tries again by itself.',
  },
  {
    live: 'अभी', never: 'कभी नहीं', age_s: '{n} सेकंड पहले', age_min: '{n} मिनट पहले', age_h: '{n} घंटे पहले', age_d: '{n} दिन पहले',
    for_s: '{n} सेकंड', for_min: '{n} मिनट', for_h: '{n} घंटे', for_d: '{n} दिन', as_of: '{age} तक की जानकारी', late: 'देर',
    language: 'भाषा', loading: 'खुल रहा है…', retry: 'फिर कोशिश करें', cancel: 'रद्द करें', close: 'बंद करें', back: 'वापस',
    unreachable: 'नोड से संपर्क नहीं', unreachable_hint: 'कुछ खोया नहीं। जो दिख रहा है वह रखा है; पेज खुद फिर कोशिश करता है।',
  },
);
export const c = translator(COMMON);

/** `14 min ago`, `live`. */
export function ago(at: number, now: number): string {
  if (at <= 0) return c('never');
  const { unit, n } = age(at, now);
  return unit === 'live' ? c('live') : c(`age_${unit}`, { n });
}

/** `14 min`, for a state that lasts. */
export function lasting(since: number, now: number): string {
  const { unit, n } = age(since, now);
  return unit === 'live' ? c('for_s', { n: Math.max(0, Math.floor((now - since) / 1000)) }) : c(`for_${unit}`, { n });
}

/** What is said of a problem. `detail` is filled with the problem's `vars`; without one the node's own stands in English. */
export type Words = { title: string; hint: string; detail?: string };

/** By problem code. English shows a code that is not here in the node's own words; other languages say that it failed. */
export const PROBLEMS: Record<Lang, Record<string, Words>> = {
  en: {
    wrong_item: { title: 'Wrong product', hint: 'Nothing was counted. Put it back, scan again.' },
    wrong_lot: { title: 'Wrong lot', hint: 'Nothing was counted. Take the lot that is shown.' },
    expired_lot: { title: 'Expired', hint: 'Nothing was counted. Put it aside and tell the manager.' },
    over_pick: { title: 'Already enough', hint: 'Nothing was counted. Put this one back.' },
    unknown_code: { title: 'Unknown code', hint: 'Nothing was counted. Scan the product’s own barcode.' },
    ambiguous_code: { title: 'This code can be read in two ways', hint: 'Nothing was counted. Scan the lot’s own label or the plain barcode.' },
    bad_code: { title: 'A fault in this code', hint: 'Nothing was counted. Scan it again; if it stays, scan another code of it.' },
    not_your_order: { title: 'Not your order', hint: 'Somebody else picks it. The next job comes by itself.' },
    not_logged_in: { title: 'Not logged in', hint: 'Nothing was counted. Log in with your PIN.' },
    wrong_pin: { title: 'Wrong PIN', hint: 'Try again, or ask the manager.' },
    nothing_to_undo: { title: 'Nothing to undo', hint: 'No pick of yours is left in this order.' },
    lines_open: { title: 'Lines are still open', hint: 'Pick them or say that they are not found, then pack.' },
    illegal_move: { title: 'Too late', hint: 'The order has moved on. Look at the screen again.' },
    wrong_role: { title: 'Not for your role', hint: 'Ask the manager.' },
    pin_locked: { title: 'Too many wrong PINs', hint: 'Wait a moment, or ask the manager.' },
    order_cancelled: { title: 'This order was cancelled', hint: 'Put its goods back on their shelves.' },
    already_done: { title: 'That is decided already', hint: 'Look at it again.' },
    weight_mismatch: { title: 'The bag does not weigh what its goods weigh', hint: 'Look into the bag, put it right and weigh it again.' },
    no_weight: { title: 'Nothing was weighed', hint: 'Put it on the scale first and wait until the weight stands still; for a handover scan the rider’s badge first.' },
    withdrawn: { title: 'This product is not sold any more', hint: 'Offer another one; open orders go on.' },
    hub_owns: { title: 'These products are the hub’s', hint: 'Change them in the hub’s catalogue; the store takes them over by itself.' },
    scale_stamp: { title: 'This scale may not price goods', hint: 'Weigh it on another scale, and have this one verified.' },
    too_heavy: { title: 'Too heavy for one order', hint: 'Nothing was ordered. Take some of it out, then order the rest by itself.' },
    wrong_rider: { title: 'Another rider was chosen', hint: 'Give it to that rider, or let the hub choose anew.' },
    unknown: { title: 'Not known here', hint: 'Check the code: it may have been mistyped.' },
    other: { title: 'That did not work ({code})', hint: 'Try again, or ask the manager.' },
    unavailable: { title: 'The node could not do this now', hint: 'Try again; nothing was done twice.' },
    broken: { title: 'The node cannot do this', hint: 'Nothing was counted. Go on with something else and tell the manager.' },
    unreadable: { title: 'The node cannot read this', hint: 'Nothing was counted. Do it again; if that fails, too, load the page anew.' },
  },
  hi: {
    wrong_item: { title: 'गलत सामान', detail: '{scanned} किसी खुली लाइन का नहीं।', hint: 'कुछ गिना नहीं गया। वापस रखें, फिर स्कैन करें।' },
    wrong_lot: { title: 'गलत लॉट', detail: 'पहले लॉट {wanted} लें।', hint: 'कुछ गिना नहीं गया। दिखाया गया लॉट लें।' },
    expired_lot: { title: 'तारीख़ निकल गई', detail: 'लॉट {lot} अब नहीं बिक सकता।', hint: 'कुछ गिना नहीं गया। अलग रखें, मैनेजर को बताएँ।' },
    over_pick: { title: 'पूरा हो चुका है', hint: 'कुछ गिना नहीं गया। इसे वापस रखें।' },
    unknown_code: { title: 'अनजान कोड', detail: '{scanned}', hint: 'कुछ गिना नहीं गया। सामान का अपना बारकोड स्कैन करें।' },
    ambiguous_code: { title: 'यह कोड दो तरह से पढ़ा जा सकता है', detail: 'अक्षर {place} पर: {scanned}', hint: 'कुछ गिना नहीं गया। लॉट का अपना लेबल या सादा बारकोड स्कैन करें।' },
    bad_code: { title: 'इस कोड में गलती है', detail: 'अक्षर {place} पर: {name}', hint: 'कुछ गिना नहीं गया। फिर स्कैन करें; तब भी न हो तो इसका दूसरा कोड स्कैन करें।' },
    not_your_order: { title: 'आपका ऑर्डर नहीं', hint: 'इसे कोई और उठा रहा है। अगला काम खुद आएगा।' },
    not_logged_in: { title: 'लॉगिन नहीं है', hint: 'कुछ गिना नहीं गया। अपने PIN से लॉगिन करें।' },
    wrong_pin: { title: 'गलत PIN', detail: '{tries_left} कोशिशें बाकी।', hint: 'फिर कोशिश करें, या मैनेजर से पूछें।' },
    nothing_to_undo: { title: 'वापस लेने को कुछ नहीं', hint: 'इस ऑर्डर में आपका कोई उठाया सामान नहीं बचा।' },
    lines_open: { title: 'लाइनें बाकी हैं', detail: '{lines} लाइनें बाकी।', hint: 'उन्हें उठाएँ या “नहीं मिला” कहें, फिर पैक करें।' },
    illegal_move: { title: 'देर हो गई', hint: 'ऑर्डर आगे बढ़ चुका है। स्क्रीन फिर देखें।' },
    wrong_role: { title: 'आपकी भूमिका के लिए नहीं', hint: 'मैनेजर से पूछें।' },
    pin_locked: { title: 'बहुत बार गलत PIN', hint: 'थोड़ा रुकें, या मैनेजर से पूछें।' },
    order_cancelled: { title: 'यह ऑर्डर रद्द हो गया', detail: 'ऑर्डर {number}', hint: 'सामान वापस शेल्फ़ पर रखें।' },
    already_done: { title: 'यह पहले ही तय हो चुका है', hint: 'फिर देखें।' },
    weight_mismatch: { title: 'बैग का वज़न नहीं मिलता', detail: 'बैग {bag}: {expected_g} ग्रा. के बदले {weighed_g} ग्रा.', hint: 'बैग में देखें, ठीक करें, फिर तौलें।' },
    no_weight: { title: 'कुछ तौला नहीं गया', hint: 'पहले तराज़ू पर रखें और वज़न रुकने दें; सौंपने के लिए पहले राइडर का बैज स्कैन करें।' },
    withdrawn: { title: 'यह सामान अब नहीं बिकता', hint: 'कोई दूसरा सामान दें; खुले ऑर्डर चलते रहेंगे।' },
    hub_owns: { title: 'ये सामान हब के हैं', hint: 'हब की सूची में बदलें; स्टोर उन्हें अपने आप ले लेगा।' },
    scale_stamp: { title: 'यह तराज़ू दाम नहीं लगा सकती', hint: 'दूसरी तराज़ू पर तौलें, और इसकी जाँच करवाएँ।' },
    too_heavy: { title: 'एक ऑर्डर के लिए बहुत भारी', detail: 'सामान {kg} किलो का है; ज़्यादा से ज़्यादा {most_kg} किलो।', hint: 'ऑर्डर नहीं हुआ। कुछ सामान निकालें, बाकी का अलग ऑर्डर करें।' },
    wrong_rider: { title: 'दूसरा राइडर चुना गया है', detail: '{wanted}', hint: 'उसी राइडर को दें, या हब को फिर चुनने दें।' },
    unknown: { title: 'यहाँ ऐसा कुछ नहीं', detail: '{name}', hint: 'कोड जाँच लें: शायद गलत लिखा गया हो।' },
    other: { title: 'यह नहीं हो सका ({code})', hint: 'फिर कोशिश करें, या मैनेजर से पूछें।' },
    unavailable: { title: 'नोड अभी यह नहीं कर सका', hint: 'फिर कोशिश करें; कुछ दो बार नहीं हुआ।' },
    broken: { title: 'नोड यह नहीं कर सकता', hint: 'कुछ गिना नहीं गया। दूसरा काम करें और मैनेजर को बताएँ।' },
    unreadable: { title: 'नोड इसे पढ़ नहीं सका', hint: 'कुछ गिना नहीं गया। फिर करें; तब भी न हो तो पेज दोबारा लोड करें।' },
  },
};

/** A surface that meets more problems than these brings their words along. */
export function knowProblems(more: typeof PROBLEMS): void {
  Object.assign(PROBLEMS.en, more.en);
  Object.assign(PROBLEMS.hi, more.hi);
}

/** A problem in the person's language: what happened, the particulars, what to do. */
export function explain(problem: Problem): { title: string; detail: string; hint: string } {
  const all = PROBLEMS[lang()];
  const own = all[problem.code] ?? (problem.code.startsWith('unknown_') ? all['unknown'] : undefined);
  if (lang() === 'en') return { title: own?.title ?? problem.title, detail: problem.detail, hint: own?.hint ?? problem.hint };
  return inWords(own ?? all['other']!, problem);
}

/** Words filled with a problem's particulars; a detail of which one is missing is left out. */
export function inWords(words: Words, problem: Problem): { title: string; detail: string; hint: string } {
  const vars = { ...problem.vars, code: problem.code };
  const detail = fill(words.detail ?? '', vars, lang());
  return { title: fill(words.title, vars, lang()), detail: /\{\w/.test(detail) ? '' : detail, hint: words.hint };
}
