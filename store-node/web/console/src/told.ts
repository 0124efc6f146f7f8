// What the node tells by word and particulars, in the person's language: an order's history, prints, and what devices say
// about themselves. Alarms are told by the shared package, since the hub tells them, too. No decision, no markup.

import { phrase, said } from '@larder/shared/device-words.ts';
import { lang, pack, translator, type Vars } from '@larder/shared/i18n.svelte.ts';
import { particulars, recount } from '@larder/shared/particulars.ts';
import type { DeviceRow, HistoryRow, Link } from '@larder/shared/types/store.ts';
import { l } from './link-texts.ts';
import { t, word } from './texts.ts';

export const TOLD = pack(
  {
    scan: 'line {line}: {sku}, lot {lot}, from {bin}', undo: 'line {line}: {sku}, lot {lot}', not_found: 'line {line}: {qty} × {sku} not in {bin}', another_bin: 'line {line}: {qty} × {sku} from {bin}',
    short: 'line {line}: {qty} left out, {reason}', reallocated: '{sku}, lot {lot}: {reason}',
    substitute_asked: 'line {line}: {qty} × {name} ({reason})', substituted: 'line {line}: {qty} × {name} ({reason})', substitute_accepted: 'line {line}: {name}', substitute_declined: 'line {line}: {name}, {reason}',
    weighed: 'bag {bag}: {grams} g', weight_mismatch: 'bag {bag}: {grams} g', handheld_changed: '{from} → {to}', reprint: '{bags|# bag|# bags}, {lines|# line|# lines}', rider: '{name}', bag_scanned: '{bag}: {n} of {of}',
    no_printer: '{label}: write its code by hand', label_moved: '{label}: {from} → {to}', label_printed: '{label} · {printer}', label_unconfirmed: '{label} · {printer}', label_in_doubt: '{label} · {printer}', label_rejected: '{label} · {printer}', label_confirmed: '{label}', label_repeated: '{label}',
    print_bag: 'bag {bag}/{of} of {number}', print_delivery: 'delivery label of {delivery}', print_lot: 'label of lot {lot}', print_shelf: 'shelf label of {shelf}', print_pick_list: 'pick list of {pick_list}', print_temperature: 'temperatures of {temperature}, {day}', print_handover: 'handover slip of {handover}',
  },
  {
    scan: 'लाइन {line}: {sku}, लॉट {lot}, {bin} से', undo: 'लाइन {line}: {sku}, लॉट {lot}', not_found: 'लाइन {line}: {sku} के {qty} नग {bin} में नहीं', another_bin: 'लाइन {line}: {sku} के {qty} नग {bin} से',
    short: 'लाइन {line}: {qty} नग छोड़े, {reason}', reallocated: '{sku}, लॉट {lot}: {reason}',
    substitute_asked: 'लाइन {line}: {qty} × {name} ({reason})', substituted: 'लाइन {line}: {qty} × {name} ({reason})', substitute_accepted: 'लाइन {line}: {name}', substitute_declined: 'लाइन {line}: {name}, {reason}',
    weighed: 'बैग {bag}: {grams} ग्रा.', weight_mismatch: 'बैग {bag}: {grams} ग्रा.', handheld_changed: '{from} → {to}', reprint: '{bags|# बैग|# बैग}, {lines|# लाइन|# लाइनें}', rider: '{name}', bag_scanned: '{bag}: {of} में से {n}',
    no_printer: '{label}: कोड हाथ से लिखें', label_moved: '{label}: {from} → {to}', label_printed: '{label} · {printer}', label_unconfirmed: '{label} · {printer}', label_in_doubt: '{label} · {printer}', label_rejected: '{label} · {printer}', label_confirmed: '{label}', label_repeated: '{label}',
    print_bag: 'ऑर्डर {number} का बैग {bag}/{of}', print_delivery: 'ऑर्डर {delivery} का डिलीवरी लेबल', print_lot: 'लॉट {lot} का लेबल', print_shelf: 'शेल्फ {shelf} का लेबल', print_pick_list: 'ऑर्डर {pick_list} की चयन सूची', print_temperature: '{temperature} का तापमान, {day}', print_handover: 'ऑर्डर {handover} की सुपुर्दगी पर्ची',
  },
);
const told = translator(TOLD);

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
  };
}

/** The particulars of something that happened to an order. */
export const happened = (row: HistoryRow): string => recount(TOLD, row.what, row.detail, more);

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
