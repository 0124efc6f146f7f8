// Alarms of a store in the person's language: the name of each kind, and its particulars as a sentence. The store's console
// says them to those who can mend it, the hub's operations to those who look at the whole city.

import { said } from './device-words.ts';
import { num, pack, translator, type Pack, type Vars } from './i18n.svelte.ts';
import { recount } from './particulars.ts';

/** By kind, as the node raises them. */
export const ALARMS = pack(
  {
    too_warm: 'Too warm', too_cold: 'Too cold', sensor_silent: 'Sensor silent', sensor_suspect: 'Sensor suspect', sensor_crc: 'Sensor: readings arrive broken',
    sensor_implausible: 'Sensor: impossible value', sensor_jump: 'Sensor: value jumps', sensor_flat: 'Sensor: value never moves', device_lost: 'Device lost', device_down: 'Device does not work',
    device_battery: 'Battery low', near_warm: 'Nearly too warm', near_cold: 'Nearly too cold', door_ajar: 'Door open: shut it', door_open: 'Door still open',
    unknown_order: 'An order waits for a decision', store_fenced: 'Store fenced', old_generation_rights: 'Rights of an earlier hub are blocked', rights_overdrawn: 'The hub sold more than the store granted', emergency_selling: 'Selling in an emergency',
    clock_wrong: 'The store computer’s clock is wrong', disk_filling: 'The disk is filling up',
  },
  {
    too_warm: 'ज़्यादा गरम', too_cold: 'ज़्यादा ठंडा', sensor_silent: 'सेंसर चुप', sensor_suspect: 'सेंसर पर शक', sensor_crc: 'सेंसर: रीडिंग टूटी आती है',
    sensor_implausible: 'सेंसर: नामुमकिन तापमान', sensor_jump: 'सेंसर: तापमान अचानक बदलता है', sensor_flat: 'सेंसर: तापमान हिलता ही नहीं', device_lost: 'उपकरण गुम', device_down: 'उपकरण काम नहीं करता',
    device_battery: 'बैटरी कम', near_warm: 'गरम होने के क़रीब', near_cold: 'ज़्यादा ठंडा होने के क़रीब', door_ajar: 'दरवाज़ा खुला है: बंद करें', door_open: 'दरवाज़ा अब भी खुला है',
    unknown_order: 'एक ऑर्डर फ़ैसले के इंतज़ार में', store_fenced: 'स्टोर बंद घेरे में', old_generation_rights: 'पिछले हब के हक़ रोके हुए', rights_overdrawn: 'हब ने स्टोर की दी हुई मात्रा से ज़्यादा बेचा', emergency_selling: 'आपात में बिक्री',
    clock_wrong: 'स्टोर के कंप्यूटर की घड़ी ग़लत है', disk_filling: 'डिस्क भर रही है',
  },
);

/** What is particular about an alarm, by its kind; those that say all by their name have none. */
export const ALARM_TOLD = pack(
  {
    too_warm: 'at most {degrees}; {units|# unit|# units} of {lots|# lot|# lots} blocked', too_cold: 'at least {degrees}; {units|# unit|# units} of {lots|# lot|# lots} blocked',
    disk_filling: '{mb} MB. Nothing is dropped; have a larger disk put in.', clock_wrong: 'off by {minutes} min. Set it. Until then the store counts the time itself, and sells on by that.',
    near_warm: 'up to {degrees}', near_cold: 'down to {degrees}',
    device_down: '{says}', device_battery: '{percent} % left',
    store_fenced: '{reason}', old_generation_rights: '{units|# unit|# units}',
    rights_overdrawn: '{sku}: {units|# unit|# units} more', emergency_selling: 'opened by {person}',
    unknown_order: '{number}; {orders|# order is|# orders are} overdue',
  },
  {
    too_warm: 'सबसे ज़्यादा {degrees}; {lots} लॉट के {units} नग रोके गए', too_cold: 'सबसे कम {degrees}; {lots} लॉट के {units} नग रोके गए',
    disk_filling: '{mb} MB। कुछ हटाया नहीं जाता; बड़ी डिस्क लगवाएँ।', clock_wrong: '{minutes} मिनट का फ़र्क़। उसे ठीक करें। तब तक स्टोर समय खुद गिनता है और उसी से बेचता है।',
    near_warm: '{degrees} तक', near_cold: '{degrees} तक',
    device_down: '{says}', device_battery: '{percent} % बची',
    store_fenced: '{reason}', old_generation_rights: '{units|# नग|# नग}',
    rights_overdrawn: '{sku}: {units|# नग|# नग} ज़्यादा', emergency_selling: '{person} ने खोला',
    unknown_order: '{number}; {orders|# ऑर्डर|# ऑर्डर} की समय-सीमा निकल गई',
  },
);

/** Why a store is fenced. */
export const FENCED = pack(
  {
    restored: 'its data came from a backup', replaced: 'it is a new machine', rolled_back: 'the hub knew more of it than it did itself', superseded: 'another machine has taken its place', by_hand: 'somebody asked for it',
  },
  {
    restored: 'डेटा बैकअप से आया', replaced: 'मशीन नई है', rolled_back: 'हब इसके बारे में इससे ज़्यादा जानता था', superseded: 'दूसरी मशीन ने जगह ले ली', by_hand: 'किसी ने कहा',
  },
);

/** The text of a word where there is one; the word itself, readable, where there is none yet: a node may be newer than this. */
function spoken<K extends string>(texts: Pack<K>): (code: string) => string {
  const say = translator(texts);
  return (code) => (Object.hasOwn(texts.en, code) ? say(code as K) : code.replaceAll('_', ' '));
}

/** The name of a kind of alarm. */
export const alarmName = spoken(ALARMS);
/** Why a store is fenced, by the node's word. */
export const whyFenced = spoken(FENCED);

const degrees = (milli: string) => `${num(Math.round(Number(milli) / 100) / 10)} °C`;

/** Values that are words of their own, or made of others. */
function more(named: Record<string, string>): Vars {
  return {
    ...(named['worst_milli_c'] === undefined ? {} : { degrees: degrees(named['worst_milli_c']) }),
    ...(named['says'] === undefined ? {} : { says: said(named['says']) }),
    ...(named['why'] === undefined ? {} : { reason: whyFenced(named['why']) }),
  };
}

/** The particulars of an alarm; empty where its name says all. */
export const alarmed = (alarm: { kind: string; detail: string }): string => recount(ALARM_TOLD, alarm.kind, alarm.detail, more);
