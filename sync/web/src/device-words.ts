// What devices, their agents and the node say of a device, in the person's language. They speak English in set phrases; what is
// not known in another language is left out. The store's console says it of devices, and everybody of alarms.

import { lang } from './i18n.svelte.ts';

/** A device's words about its fault; empty where they are not known in the person's language. */
export function said(detail: string): string {
  // The system's own number of a fault helps nobody at the store; the node's log has it.
  return lang() === 'en' ? detail.replace(/: [^:]*\(os error \d+\)$/, '') : phrase(detail);
}

/** The Hindi of a phrase; empty where it is not known. */
export function phrase(said: string): string {
  const known = Object.hasOwn(PHRASES, said) ? PHRASES[said] : undefined;
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
