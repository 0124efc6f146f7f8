// What the node tells by word and particulars, in the person's language: an order's history, alarms, prints, and what
// devices say about themselves. No decision, no markup.

import { lang, num, pack, translator, type Vars } from '@larder/shared/i18n.svelte.ts';
import { particulars, recount } from '@larder/shared/particulars.ts';
import type { AlarmRow, DeviceRow, HistoryRow, Link } from '@larder/shared/types/store.ts';
import { l } from './link-texts.ts';
import { t, word } from './texts.ts';

export const TOLD = pack(
  {
    scan: 'line {line}: {sku}, lot {lot}, from {bin}', undo: 'line {line}: {sku}, lot {lot}', not_found: 'line {line}: {qty} × {sku} not in {bin}', another_bin: 'line {line}: {qty} × {sku} from {bin}',
    short: 'line {line}: {qty} left out, {reason}', reallocated: '{sku}, lot {lot}: {reason}',
    substitute_asked: 'line {line}: {qty} × {name} ({reason})', substituted: 'line {line}: {qty} × {name} ({reason})', substitute_accepted: 'line {line}: {name}', substitute_declined: 'line {line}: {name}, {reason}',
    weighed: 'bag {bag}: {grams} g', weight_mismatch: 'bag {bag}: {grams} g', handheld_changed: '{from} → {to}', reprint: '{bags|# bag|# bags}, {lines|# line|# lines}', rider: '{name}', bag_scanned: '{bag}: {n} of {of}',
    no_printer: '{label}: write its code by hand', label_moved: '{label}: {from} → {to}', label_printed: '{label} · {printer}', label_unconfirmed: '{label} · {printer}', label_in_doubt: '{label} · {printer}', label_rejected: '{label} · {printer}', label_confirmed: '{label}', label_repeated: '{label}',
    too_warm: 'at most {degrees}; {units|# unit|# units} of {lots|# lot|# lots} blocked', too_cold: 'at least {degrees}; {units|# unit|# units} of {lots|# lot|# lots} blocked',
    disk_filling: '{mb} MB. Nothing is dropped; have a larger disk put in.',
    clock_wrong: 'off by {minutes} min. Set it. Until then the store counts the time itself, and sells on by that.',
    near_warm: 'up to {degrees}', near_cold: 'down to {degrees}', device_down: '{says}', device_battery: '{percent} % left',
    print_bag: 'bag {bag}/{of} of {number}', print_delivery: 'delivery label of {delivery}', print_lot: 'label of lot {lot}', print_shelf: 'shelf label of {shelf}', print_pick_list: 'pick list of {pick_list}', print_temperature: 'temperatures of {temperature}, {day}', print_handover: 'handover slip of {handover}',
  },
  {
    scan: 'लाइन {line}: {sku}, लॉट {lot}, {bin} से', undo: 'लाइन {line}: {sku}, लॉट {lot}', not_found: 'लाइन {line}: {sku} के {qty} नग {bin} में नहीं', another_bin: 'लाइन {line}: {sku} के {qty} नग {bin} से',
    short: 'लाइन {line}: {qty} नग छोड़े, {reason}', reallocated: '{sku}, लॉट {lot}: {reason}',
    substitute_asked: 'लाइन {line}: {qty} × {name} ({reason})', substituted: 'लाइन {line}: {qty} × {name} ({reason})', substitute_accepted: 'लाइन {line}: {name}', substitute_declined: 'लाइन {line}: {name}, {reason}',
    weighed: 'बैग {bag}: {grams} ग्रा.', weight_mismatch: 'बैग {bag}: {grams} ग्रा.', handheld_changed: '{from} → {to}', reprint: '{bags|# बैग|# बैग}, {lines|# लाइन|# लाइनें}', rider: '{name}', bag_scanned: '{bag}: {of} में से {n}',
    no_printer: '{label}: कोड हाथ से लिखें', label_moved: '{label}: {from} → {to}', label_printed: '{label} · {printer}', label_unconfirmed: '{label} · {printer}', label_in_doubt: '{label} · {printer}', label_rejected: '{label} · {printer}', label_confirmed: '{label}', label_repeated: '{label}',
    too_warm: 'सबसे ज़्यादा {degrees}; {lots} लॉट के {units} नग रोके गए', too_cold: 'सबसे कम {degrees}; {lots} लॉट के {units} नग रोके गए',
    disk_filling: '{mb} MB। कुछ हटाया नहीं जाता; बड़ी डिस्क लगवाएँ।',
    clock_wrong: '{minutes} मिनट का फ़र्क़। उसे ठीक करें। तब तक स्टोर समय खुद गिनता है और उसी से बेचता है।',
    near_warm: '{degrees} तक', near_cold: '{degrees} तक', device_down: '{says}', device_battery: '{percent} % बची',
    print_bag: 'ऑर्डर {number} का बैग {bag}/{of}', print_delivery: 'ऑर्डर {delivery} का डिलीवरी लेबल', print_lot: 'लॉट {lot} का लेबल', print_shelf: 'शेल्फ {shelf} का लेबल', print_pick_list: 'ऑर्डर {pick_list} की चयन सूची', print_temperature: '{temperature} का तापमान, {day}', print_handover: 'ऑर्डर {handover} की सुपुर्दगी पर्ची',
  },
);
const told = translator(TOLD);
const degrees = (milli: string) => `${num(Math.round(Number(milli) / 100) / 10)} °C`;

/** A label by its particulars. */
function label(named: Record<string, string>): string {
  for (const kind of ['delivery', 'lot', 'shelf', 'pick_list', 'temperature', 'handover'] as const) if (named[kind] !== undefined && named['line'] === undefined) return told(`print_${kind}`, named);
  return named['bag'] !== undefined && named['of'] !== undefined ? told('print_bag', named) : '';
}

/** Values that are words of their own, or made of several. */
function more(named: Record<string, string>): Vars {
  return {
    label: label(named),
    ...(named['why'] === undefined ? {} : { reason: word('why_', named['why']) }),
    ...(named['worst_milli_c'] === undefined ? {} : { degrees: degrees(named['worst_milli_c']) }),
    ...(named['says'] === undefined ? {} : { says: said(named['says']) }),
  };
}

/** The particulars of something that happened to an order. */
export const happened = (row: HistoryRow): string => recount(TOLD, row.what, row.detail, more);

/** The particulars of an alarm. */
export const alarmed = (alarm: AlarmRow): string => recount(TOLD, alarm.kind, alarm.detail, more);

/** The safest action now, by the node's word, and why. */
export function advised(link: Link): { action: string; why: string } {
  switch (link.advice) {
    case 'finish_promised':
      return { action: l('do_finish_promised', { n: link.orders_promised }), why: l('finish_promised_why') };
    case 'counter_only':
      return { action: l('do_counter_only'), why: l('counter_only_why') };
    case 'count_shelves':
      return { action: l('do_count_shelves'), why: l('count_shelves_why') };
    case 'switch_off':
      return { action: l('do_switch_off'), why: l('switch_off_why') };
    default:
      return { action: l('do_all_well'), why: link.facts_waiting > 0 ? l('all_well_sending', { n: link.facts_waiting }) : l('all_well_why') };
  }
}

/** Which label a print is. */
export function printed(what: string): string {
  const named = particulars(what);
  return (named && label(named)) || what;
}

/** What a device says of itself and what to do; agents speak English in set phrases. */
export function deviceSays(device: DeviceRow): { detail: string; hint: string } {
  return { detail: said(device.detail) || t(`health_${device.health}`), hint: lang() === 'en' ? device.hint : phrase(device.hint) };
}

/** A device's words about its fault; empty where they are not known in the person's language. */
function said(detail: string): string {
  // The system's own number of a fault helps nobody at the store; the node's log has it.
  return lang() === 'en' ? detail.replace(/: [^:]*\(os error \d+\)$/, '') : phrase(detail);
}

/** The Hindi of a phrase; empty where it is not known. */
function phrase(said: string): string {
  const known = PHRASES[said];
  if (known !== undefined) return known;
  for (const [pattern, words] of PATTERNS) if (pattern.test(said)) return said.replace(pattern, words);
  return '';
}

/** What agents, handhelds and the node say of a device, and what they advise. */
export const PHRASES: Record<string, string> = {
  starting: 'शुरू हो रहा है', 'never heard': 'कभी सुना नहीं गया', 'Plug it in, or take it out of store.toml.': 'इसे लगाएँ, या store.toml से हटाएँ।',
  'Make a code for it on this page and open that with it, or take it out of store.toml.': 'इसी पेज पर इसका कोड बनाकर इस पर खोलें, या store.toml से हटाएँ।',
  'the connection broke off': 'संपर्क टूट गया', 'check power and network of the agent': 'एजेंट की बिजली और नेटवर्क देखें', 'the agent was stopped': 'एजेंट रोका गया', 'start it again': 'उसे फिर चलाएँ',
  'paper is low': 'कागज़ कम है', 'have a roll at hand': 'नया रोल पास रखें', 'paper is out': 'कागज़ ख़त्म', 'put in a roll; what waits is printed once': 'रोल लगाएँ; जो रुका है वह एक बार छपेगा', 'the cover is open': 'ढक्कन खुला है', 'close it': 'उसे बंद करें',
  paused: 'रुका हुआ है', 'press the feed or pause button': 'फ़ीड या पॉज़ बटन दबाएँ', 'cutter or head error': 'कटर या हेड में ख़राबी', 'open, clear the paper, close, switch off and on': 'खोलें, कागज़ निकालें, बंद करें, फिर बंद-चालू करें', offline: 'ऑफ़लाइन', 'look at the printer\'s own light': 'प्रिंटर की बत्ती देखें',
  'check power and cable of the printer': 'प्रिंटर की बिजली और तार देखें', 'check cable and power of the scale': 'तराज़ू का तार और बिजली देखें', 'plug it in; it is found by itself': 'इसे लगाएँ; यह खुद मिल जाएगा', 'scan again; check cable and settings': 'फिर स्कैन करें; तार और सेटिंग देखें', 'scans are not kept through an outage': 'संपर्क टूटने पर स्कैन नहीं बचेंगे',
  'CRC error': 'CRC ग़लत', 'CRC error on the 1-wire line': '1-wire लाइन पर CRC ग़लत', 'CRC error on the I2C answer': 'I2C जवाब का CRC ग़लत', '0x80000 power-on value: the sensor lost power': 'सेंसर की बिजली गई थी', 'two readings after a disturbance disagree': 'गड़बड़ी के बाद दो माप आपस में नहीं मिलते', 'the bus hangs': 'बस अटकी है', 'the conversion does not end': 'माप पूरा नहीं होता', 'the register holds no number': 'रजिस्टर में संख्या नहीं है', 'check cable and plugs': 'तार और प्लग देखें', 'implausible value': 'माप संभव नहीं', '85 degC power-on value: the sensor lost power': '85 °C: सेंसर की बिजली गई थी', 'check the sensor\'s power': 'सेंसर की बिजली देखें',
  'jumped faster than air can': 'माप अचानक बदला', 'was the probe moved?': 'क्या प्रोब हिलाया गया?', 'the same value for too long': 'बहुत देर से एक ही माप', 'warm the probe by hand; change it if it stays': 'प्रोब को हाथ से गरम करें; न बदले तो नया लगाएँ',
  'does not answer': 'जवाब नहीं देता', 'not a w1_slave text': 'सेंसर का जवाब पढ़ा नहीं गया', 'check the sensor\'s cable; read the zone by hand': 'सेंसर का तार देखें; ज़ोन का तापमान हाथ से नापें', 'have it calibrated; until then compare by hand': 'कैलिब्रेट कराएँ; तब तक हाथ से नापकर मिलाएँ', 'put it into its cradle': 'इसे क्रेडल में रखें', 'Put it on the charger after this order.': 'इस ऑर्डर के बाद चार्जर पर लगाएँ।',
};

/** The same for phrases that name something. */
const PATTERNS: readonly [RegExp, string][] = [
  [/^battery (\d+) %$/, 'बैटरी $1 %'],
  [/^disturbed scan: .*$/, 'स्कैन में गड़बड़ी'],
  [/^(\S+) was unplugged or closed the line$/, '$1 निकाला गया या लाइन बंद हुई'],
  [/^(\S+) did not answer in time$/, '$1 ने समय पर जवाब नहीं दिया'],
  [/^cannot open (\S+): .*$/, '$1 नहीं खुलता'],
  [/^its calibration was due on (\S+)$/, 'कैलिब्रेशन की तारीख़ $1 निकल गई'],
  [/^slave (\d+) did not answer in time$/, 'स्लेव $1 ने समय पर जवाब नहीं दिया'],
  [/^slave (\d+) refuses: .*$/, 'स्लेव $1 ने मना किया: रजिस्टर देखें'],
  [/^disturbed answer: .*$/, 'जवाब में गड़बड़ी'],
  [/^chip id (\S+) is not this driver's$/, 'यहाँ दूसरी चिप है ($1)'],
  [/^(I2C|SPI): .*$/, '$1 पर कोई जवाब नहीं'],
  [/^(resistance|REFIN|RTDIN|over- or).*$/, 'प्रोब या उसका तार ख़राब'],
  [/^(\S+) failed: .*$/, '$1 में गड़बड़ी'],
];
