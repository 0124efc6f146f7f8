// The words of operations, English and Hindi.
import { money, pack, translator } from '@larder/shared/i18n.svelte.ts';
import { particulars, recount } from '@larder/shared/particulars.ts';

export const TEXTS = pack(
  {
    title: 'City', who: 'Operations', who_hint: 'For the city office. Log in with your phone number.', not_ops: 'This number may not see operations', not_ops_hint: 'Ask an administrator, or use another number.', logout: 'Log out',
    stale: 'No answer from the hub. Everything here is as of {age}; it comes back by itself.', loading: 'Asking the hub…',
    open_orders: 'Open orders', late_orders: 'Late', placed_hour: 'Placed, last hour', delivered_hour: 'Delivered, last hour', riders_on: 'Riders on shift', riders_free: '{n} free',
    stores: 'Stores', orders: 'Orders by urgency', riders: 'Riders', map: 'Map of stores, riders and doors',
    c_store: 'Store', c_state: 'State', c_open: 'Open', c_late: 'Late', c_quota: 'Units to sell', c_waiting: 'Waiting for it',
    c_order: 'Order', c_stage: 'Stage', c_promise: 'Promised', c_slack: 'Slack', c_eta: 'ETA', c_rider: 'Rider', c_has: 'Has', c_place: 'Place',
    t_go: 'on time', t_info: 'tight', t_warn: 'slipping', t_stop: 'late', t_alarm: 'alarm', t_old: 'last known',
    legend_go: 'more than 2 min in hand', legend_info: 'less than 2 min in hand', legend_warn: 'up to 2 min late', legend_stop: 'later', legend_alarm: 'an alarm stands there', legend_old: 'link down: last known',
    selling: 'selling', not_selling: 'not selling', why_unreachable: 'not heard of for too long', why_closed: 'closed', why_never_connected: 'never connected', never: 'never', online: 'link up', offline: 'link down', alarms: '{n|# alarm|# alarms}',
    none_orders: 'No open orders', none_orders_hint: 'New ones appear here by themselves.', none_riders: 'Nobody is on shift', none_stores: 'No stores yet', no_rider: 'none yet', free: 'free', filter: 'Find an order, store or rider', no_match: 'Nothing matches “{query}”',
    s_placed: 'placed', s_payment_failed: 'payment failed', s_confirmed: 'confirmed', s_picking: 'picking', s_packed: 'packed', s_dispatched: 'on the road', s_cancelled: 'cancelled', s_delivered: 'delivered', s_completed: 'completed', s_returned: 'returned',
    s_cancel_requested: 'cancel asked', s_accepted: 'accepted by the store', s_payment_asked: 'asked of the bank', s_payment_done: 'bank said yes', s_payment_declined: 'bank declined', s_payment_unclear: 'bank did not answer', s_payment_waits: 'bank said yes, the store is silent', s_payment_misfit: 'payment does not fit', s_substitute_asked: 'customer asked', s_substitute_answered: 'customer answered', s_short: 'left out', s_weighs_less: 'weighs less', s_costs_less: 'substitute costs less', s_cash_by_label: 'cash by the label', s_cash_to_return: 'cash to give back', s_cash_missing: 'cash missing', s_rider_assigned: 'rider chosen', s_rider_gone: 'rider gone', s_rider_moved: 'another rider chosen', s_rider_has_it: 'the bags went to', w_shift_over: 'shift over', w_silent: 'phone silent', w_better: 'much better placed', w_away: 'left with other bags', s_hold_ended: 'hold ended', s_cancel_before_payment: 'cancelled before payment', s_code_wrong: 'wrong code at the door', s_recovered: 'known again from the store', s_cancelled_in_vain: 'cancelled by a store that had forgotten that it has left',
    p_authorise: 'authorise', p_debit: 'debit', p_capture: 'capture', p_void: 'void', p_refund: 'refund', a_yes: 'yes', a_no: 'no', m_cod: 'cash', m_upi: 'UPI', m_card: 'card', y_pending: 'not yet paid', y_authorised: 'authorised', y_paid: 'paid', y_failed: 'failed', y_refunded: 'refunded',
    order: 'Order {number}', history: 'What happened', scores: 'Why this rider', scores_none: 'No rider has been scored yet.', lines: '{n|# line|# lines}', total: 'Total', why_store: 'Why this store', address: 'Address', system: 'system',
  },
  {
    title: 'शहर', who: 'संचालन', who_hint: 'शहर दफ़्तर के लिए। अपने फ़ोन नंबर से लॉगिन करें।', not_ops: 'यह नंबर संचालन नहीं देख सकता', not_ops_hint: 'प्रशासक से पूछें, या दूसरा नंबर लगाएँ।', logout: 'लॉग आउट',
    stale: 'हब से जवाब नहीं। यहाँ सब {age} का है; खुद लौटेगा।', loading: 'हब से पूछ रहे हैं…',
    open_orders: 'चालू ऑर्डर', late_orders: 'देर से', placed_hour: 'पिछले घंटे आए', delivered_hour: 'पिछले घंटे पहुँचे', riders_on: 'शिफ़्ट पर राइडर', riders_free: '{n} ख़ाली',
    stores: 'स्टोर', orders: 'ऑर्डर, ज़रूरी पहले', riders: 'राइडर', map: 'स्टोर, राइडर और दरवाज़ों का नक्शा',
    c_store: 'स्टोर', c_state: 'हाल', c_open: 'चालू', c_late: 'देर', c_quota: 'बेचने को', c_waiting: 'इसके लिए रुके',
    c_order: 'ऑर्डर', c_stage: 'चरण', c_promise: 'वादा', c_slack: 'बचा समय', c_eta: 'ETA', c_rider: 'राइडर', c_has: 'हाथ में', c_place: 'जगह',
    t_go: 'समय पर', t_info: 'तंग', t_warn: 'फिसल रहा', t_stop: 'देर', t_alarm: 'चेतावनी', t_old: 'पिछली जानकारी',
    legend_go: '2 मिनट से ज़्यादा बाकी', legend_info: '2 मिनट से कम बाकी', legend_warn: '2 मिनट तक देर', legend_stop: 'और देर', legend_alarm: 'वहाँ चेतावनी चालू', legend_old: 'लिंक बंद: पिछली जानकारी',
    selling: 'बिक रहा', not_selling: 'बिक्री बंद', why_unreachable: 'बहुत देर से ख़बर नहीं', why_closed: 'बंद है', why_never_connected: 'कभी जुड़ा नहीं', never: 'कभी नहीं', online: 'लिंक चालू', offline: 'लिंक बंद', alarms: '{n|# चेतावनी|# चेतावनियाँ}',
    none_orders: 'कोई चालू ऑर्डर नहीं', none_orders_hint: 'नए ऑर्डर यहाँ खुद दिखेंगे।', none_riders: 'शिफ़्ट पर कोई नहीं', none_stores: 'अभी कोई स्टोर नहीं', no_rider: 'अभी नहीं', free: 'ख़ाली', filter: 'ऑर्डर, स्टोर या राइडर खोजें', no_match: '“{query}” से कुछ नहीं मिला',
    s_placed: 'आया', s_payment_failed: 'भुगतान नहीं हुआ', s_confirmed: 'पक्का', s_picking: 'उठ रहा', s_packed: 'पैक', s_dispatched: 'रास्ते में', s_cancelled: 'रद्द', s_delivered: 'पहुँचा', s_completed: 'पूरा', s_returned: 'लौटा',
    s_cancel_requested: 'रद्द करने को कहा', s_accepted: 'स्टोर ने लिया', s_payment_asked: 'बैंक से पूछा', s_payment_done: 'बैंक ने हाँ कहा', s_payment_declined: 'बैंक ने मना किया', s_payment_unclear: 'बैंक का जवाब नहीं', s_payment_waits: 'बैंक ने हाँ कहा, स्टोर चुप है', s_payment_misfit: 'भुगतान मेल नहीं खाता', s_substitute_asked: 'ग्राहक से पूछा', s_substitute_answered: 'ग्राहक का जवाब', s_short: 'छोड़ा गया', s_weighs_less: 'वज़न कम निकला', s_costs_less: 'बदले का सामान सस्ता', s_cash_by_label: 'लेबल के हिसाब से नकद', s_cash_to_return: 'नकद लौटाना है', s_cash_missing: 'नकद कम है', s_rider_assigned: 'राइडर चुना', s_rider_gone: 'राइडर चला गया', s_rider_moved: 'दूसरा राइडर चुना', s_rider_has_it: 'बैग इसे मिले', w_shift_over: 'शिफ़्ट ख़त्म', w_silent: 'फ़ोन चुप', w_better: 'बहुत बेहतर जगह पर', w_away: 'दूसरे बैग लेकर निकला', s_hold_ended: 'रोक ख़त्म', s_cancel_before_payment: 'भुगतान से पहले रद्द', s_code_wrong: 'दरवाज़े पर गलत कोड', s_recovered: 'स्टोर से फिर मिला', s_cancelled_in_vain: 'स्टोर ने रद्द किया, जो भूल गया था कि ऑर्डर जा चुका है',
    p_authorise: 'रोकना', p_debit: 'काटना', p_capture: 'लेना', p_void: 'छोड़ना', p_refund: 'लौटाना', a_yes: 'हाँ', a_no: 'नहीं', m_cod: 'नकद', m_upi: 'UPI', m_card: 'कार्ड', y_pending: 'अभी देना है', y_authorised: 'रोका गया', y_paid: 'दिया', y_failed: 'नहीं हुआ', y_refunded: 'लौटाया',
    order: 'ऑर्डर {number}', history: 'क्या-क्या हुआ', scores: 'यही राइडर क्यों', scores_none: 'अभी किसी राइडर को अंक नहीं मिले।', lines: '{n|# लाइन|# लाइनें}', total: 'कुल', why_store: 'यही स्टोर क्यों', address: 'पता', system: 'सिस्टम',
  },
);
export const t = translator(TEXTS);

/** What is particular about a line of an order's history, by its word. */
export const TOLD = pack(
  {
    placed: '{store}, {metres} m away, room for {room}', payment_asked: '{step} {money}', payment_done: '{step} {money}', payment_declined: '{step} {money}', payment_unclear: '{step} {money}, try {try}', payment_waits: '{step} {money}, try {try}',
    substitute_asked: 'line {line}: {qty} × {sku}', substitute_answered: 'line {line}: {answered}', short: 'line {line}: {qty} × {sku}', weighs_less: 'line {line}: {sku}, {money}', costs_less: 'line {line}: {sku}, {money}', cash_by_label: '{money}', cash_to_return: '{money}', cash_missing: '{money}', rider_assigned: '{name}, score {score}', rider_gone: '{name}', rider_moved: '{name} instead of {from}: {reason}, score {score}', rider_has_it: '{name}', code_wrong: 'try {try}', payment_misfit: '{why}',
    value: 'near {travel}, batch {batch}, rating {rating}, shift {shift}, load {load}', nearest: 'nearest: way {distance}, load {load}', simple: 'simple: {base}, way {distance}, rating {rating}, batch {batch}',
  },
  {
    placed: '{store}, {metres} मी. दूर, {room} की जगह', payment_asked: '{step} {money}', payment_done: '{step} {money}', payment_declined: '{step} {money}', payment_unclear: '{step} {money}, कोशिश {try}', payment_waits: '{step} {money}, कोशिश {try}',
    substitute_asked: 'लाइन {line}: {qty} × {sku}', substitute_answered: 'लाइन {line}: {answered}', short: 'लाइन {line}: {qty} × {sku}', weighs_less: 'लाइन {line}: {sku}, {money}', costs_less: 'लाइन {line}: {sku}, {money}', cash_by_label: '{money}', cash_to_return: '{money}', cash_missing: '{money}', rider_assigned: '{name}, अंक {score}', rider_gone: '{name}', rider_moved: '{from} की जगह {name}: {reason}, अंक {score}', rider_has_it: '{name}', code_wrong: 'कोशिश {try}', payment_misfit: '',
    value: 'दूरी {travel}, साथ {batch}, रेटिंग {rating}, शिफ़्ट {shift}, काम {load}', nearest: 'सबसे पास: रास्ता {distance}, काम {load}', simple: 'सरल: {base}, रास्ता {distance}, रेटिंग {rating}, साथ {batch}',
  },
);

/** Particulars in the person's words. */
export function told(key: string, detail: string): string {
  return recount(TOLD, key, detail, (named) => ({
    step: named['step'] ? word(`p_${named['step']}`) : '',
    money: named['paise'] ? money(Number(named['paise'])) : '',
    answered: named['answer'] ? word(`a_${named['answer']}`) : '',
    reason: named['why'] ? word(`w_${named['why']}`) : '',
  }));
}

/** A score's parts, in the words of the formula that made them. */
export const parts = (detail: string): string => told(particulars(detail)?.['by'] ?? 'value', detail);

/** The text of a stable word; the word itself where there is none. */
export const word = (key: string): string => (key in TEXTS.en ? t(key as 's_placed') : key.replace(/^[a-z]_/, '').replaceAll('_', ' '));
