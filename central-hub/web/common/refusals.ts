// The hub's own refusals in the person's words, before the shared ones: what happened, what was kept, what to do.

import { lang, type Lang } from '@larder/shared/i18n.svelte.ts';
import { ApiError } from '@larder/shared/api.ts';
import { HTTP_PROBLEMS } from '@larder/shared/words-http.ts';
import { explain, inWords, type Words } from '@larder/shared/words.ts';
import type { Problem } from '@larder/shared/types/words.ts';

export type Said = { title: string; detail: string; hint: string };

export const REFUSALS: Record<Lang, Record<string, Words>> = {
  en: {
    ...HTTP_PROBLEMS.en,
    unreachable: { title: 'No connection', hint: 'What you see is kept. Try again in a moment.' },
    out_of_stock: { title: 'Not enough on the shelf', hint: 'Nothing was charged. Take fewer, or leave it out.' },
    split_offered: { title: 'No single store has all of it', hint: 'Nothing was charged. Take the deliveries that are offered, or change the basket.' },
    store_unreachable: { title: 'The store cannot be reached right now', hint: 'Nothing was charged, your basket is kept. Please try again in a few minutes.' },
    no_serviceable_store: { title: 'We do not deliver there yet', hint: 'Nothing was charged, your basket is kept. Choose another address.' },
    store_closed: { title: 'The store is closed right now', hint: 'Nothing was charged, your basket is kept. Please try again later.' },
    checkout_open: { title: 'Another order waits for its payment', hint: 'Wait until it is confirmed, or cancel it under your orders.' },
    unknown_instrument: { title: 'That way to pay is not kept', hint: 'Nothing was charged. Choose another way to pay.' },
    order_under_way: { title: 'An order of yours is under way', detail: 'Order {number}', hint: 'Wait until it has come, or cancel it; then try again.' },
    payment_unavailable: { title: 'Cards and UPI cannot be taken now', hint: 'Nothing was charged. Pay cash at the door.' },
    too_late: { title: 'Too late for that', hint: 'The order has moved on. Look at the screen again.' },
    no_question: { title: 'That question is closed', hint: 'It was answered, or its minute is over.' },
    session_over: { title: 'Please log in again', hint: 'Your basket is kept.' },
    wrong_cash: { title: 'That is not the amount due', hint: 'Take exactly the amount shown, or the label’s where the screen asks for it, then type the code again.' },
    code_dead: { title: 'Too many wrong codes', hint: 'Call operations: they can see the order and the customer.' },
    order_in_hand: { title: 'You still have an order in hand', hint: 'Deliver it first, or call operations.' },
    not_your_order: { title: 'That order is not yours', hint: 'Look at your next action; another rider may have been chosen.' },
    cart_full: { title: 'The basket is full', hint: 'Check out, then order the rest.' },
    unknown_address: { title: 'That is not one of your addresses', hint: 'Choose one of yours, or add it first.' },
    payment_declined: { title: 'The payment was declined', hint: 'Nothing was charged and nothing is on its way. Choose another way to pay.' },
    payment_failed: { title: 'The payment did not go through', hint: 'Nothing was charged and nothing is on its way. Choose another way to pay.' },
    wrong_code: { title: 'That code is not right', hint: 'Look again and type it once more.' },
    wrong_otp: { title: 'That code is not right', hint: 'Look at the newest message and type it once more.' },
    otp_expired: { title: 'That code has expired', hint: 'Ask for a new one.' },
    too_many_tries: { title: 'Too many tries', hint: 'Wait ten minutes, then ask for a new code.' },
    rate_limited: { title: 'Too many codes asked for', hint: 'Wait ten minutes, then try again.' },
    empty_cart: { title: 'The basket is empty', hint: 'Put something in first.' },
    bad_phone: { title: 'That is not a phone number', hint: 'Ten digits, like 98000 00001.' },
    id_reused: { title: 'This was sent before with another content', hint: 'Load the page again and repeat it.' },
    no_messenger: { title: 'No code can be sent now', hint: 'Try again later.' },
    bad_input: { title: 'A value is out of its range', hint: 'Correct it and send again.' },
    unknown_product: { title: 'There is no such product', hint: 'Search for it by name.' },
    unknown_order: { title: 'There is no such order of yours', hint: 'Look at your list of orders.' },
    unknown_step: { title: 'There is no such payment step', hint: 'Look at your list of orders.' },
    terms_taken: { title: 'Somebody else took it already', hint: 'Look who took it; to take the next one, ask again with the new number.' },
    payment_misfit: { title: 'The payment cannot take that now', hint: 'Nothing to do: the city office sees it.' },
  },
  hi: {
    ...HTTP_PROBLEMS.hi,
    unreachable: { title: 'संपर्क नहीं है', hint: 'जो दिख रहा है वह रखा है। थोड़ी देर में फिर कोशिश करें।' },
    out_of_stock: { title: 'शेल्फ़ पर इतना नहीं है', hint: 'पैसे नहीं कटे। कम लें, या छोड़ दें।' },
    split_offered: { title: 'किसी एक स्टोर में सब नहीं है', hint: 'पैसे नहीं कटे। दी गई डिलीवरी लें, या टोकरी बदलें।' },
    store_unreachable: { title: 'स्टोर से अभी संपर्क नहीं हो रहा', detail: 'वहाँ नया ऑर्डर समय पर कोई नहीं देख पाएगा। जो ऑर्डर हो चुके हैं वे चलते रहेंगे।', hint: 'पैसे नहीं कटे, टोकरी रखी है। कुछ मिनट में फिर कोशिश करें।' },
    no_serviceable_store: { title: 'वहाँ अभी डिलीवरी नहीं है', detail: 'सबसे नज़दीकी स्टोर {nearest_m} मी. दूर है।', hint: 'पैसे नहीं कटे, टोकरी रखी है। दूसरा पता चुनें।' },
    store_closed: { title: 'स्टोर अभी बंद है', hint: 'पैसे नहीं कटे, टोकरी रखी है। बाद में फिर कोशिश करें।' },
    checkout_open: { title: 'एक और ऑर्डर भुगतान के इंतज़ार में है', detail: 'ऑर्डर {number}', hint: 'उसके पक्का होने तक रुकें, या “आपके ऑर्डर” में रद्द करें।' },
    payment_unavailable: { title: 'कार्ड और UPI अभी नहीं चल रहे', hint: 'पैसे नहीं कटे। दरवाज़े पर नकद दें।' },
    too_late: { title: 'अब देर हो चुकी', hint: 'ऑर्डर आगे बढ़ चुका है। स्क्रीन फिर देखें।' },
    no_question: { title: 'वह सवाल बंद हो चुका', hint: 'जवाब मिल गया, या उसका मिनट पूरा हुआ।' },
    session_over: { title: 'फिर से लॉगिन करें', hint: 'आपकी टोकरी रखी है।' },
    wrong_cash: { title: 'रकम सही नहीं है', hint: 'दिखाई गई पूरी रकम लें, या जहाँ स्क्रीन पूछे वहाँ लेबल की, फिर कोड दोबारा लिखें।' },
    code_dead: { title: 'बहुत से गलत कोड', hint: 'संचालन को फ़ोन करें: वे ऑर्डर और ग्राहक देख सकते हैं।' },
    unknown_instrument: { title: 'यह भुगतान का तरीका रखा हुआ नहीं है', hint: 'कुछ नहीं कटा। भुगतान का दूसरा तरीका चुनें।' },
    order_under_way: { title: 'आपका एक ऑर्डर अभी चल रहा है', detail: 'ऑर्डर {number}', hint: 'उसके आने तक रुकें या उसे रद्द करें; फिर कोशिश करें।' },
    order_in_hand: { title: 'एक ऑर्डर अभी आपके हाथ में है', detail: 'ऑर्डर {number}', hint: 'पहले उसे पहुँचाएँ, या संचालन को फ़ोन करें।' },
    not_your_order: { title: 'वह ऑर्डर आपका नहीं', hint: 'अपना अगला काम देखें; शायद दूसरा राइडर चुना गया।' },
    cart_full: { title: 'टोकरी भर गई', hint: 'पहले ऑर्डर करें, फिर बाकी मँगाएँ।' },
    unknown_address: { title: 'यह आपका पता नहीं है', hint: 'अपना कोई पता चुनें, या पहले जोड़ें।' },
    payment_declined: { title: 'भुगतान अस्वीकार हुआ', hint: 'पैसे नहीं कटे, कुछ रवाना नहीं हुआ। भुगतान का दूसरा तरीका चुनें।' },
    payment_failed: { title: 'भुगतान नहीं हो पाया', hint: 'पैसे नहीं कटे, कुछ रवाना नहीं हुआ। भुगतान का दूसरा तरीका चुनें।' },
    wrong_code: { title: 'कोड सही नहीं है', detail: '{left} कोशिशें बाकी।', hint: 'फिर देखकर दोबारा लिखें।' },
    wrong_otp: { title: 'कोड सही नहीं है', detail: '{left} कोशिशें बाकी।', hint: 'सबसे नया संदेश देखकर दोबारा लिखें।' },
    otp_expired: { title: 'कोड की समय-सीमा निकल गई', hint: 'नया कोड मँगाएँ।' },
    too_many_tries: { title: 'बहुत बार कोशिश हुई', hint: 'दस मिनट रुकें, फिर नया कोड मँगाएँ।' },
    rate_limited: { title: 'बहुत से कोड माँगे गए', hint: 'दस मिनट रुककर फिर कोशिश करें।' },
    empty_cart: { title: 'टोकरी खाली है', hint: 'पहले कुछ डालें।' },
    bad_phone: { title: 'यह फ़ोन नंबर नहीं है', hint: 'दस अंक, जैसे 98000 00001।' },
    id_reused: { title: 'यह पहले दूसरी सामग्री के साथ आया था', hint: 'पेज फिर खोलें और दोबारा करें।' },
    no_messenger: { title: 'अभी कोड नहीं भेजा जा सकता', hint: 'थोड़ी देर बाद फिर कोशिश करें।' },
    bad_input: { title: 'कोई मान सीमा से बाहर है', detail: '{field}', hint: 'ठीक करके फिर भेजें।' },
    unknown_product: { title: 'ऐसा कोई सामान नहीं है', detail: '{sku}', hint: 'नाम से खोजें।' },
    unknown_order: { title: 'आपका ऐसा कोई ऑर्डर नहीं है', hint: 'अपने ऑर्डर की सूची देखें।' },
    unknown_step: { title: 'भुगतान का ऐसा कोई चरण नहीं है', hint: 'अपने ऑर्डर की सूची देखें।' },
    terms_taken: { title: 'इसे कोई और पहले ले चुका है', hint: 'देखें किसने लिया; अगला लेने के लिए नए नंबर के साथ फिर माँगें।' },
    payment_misfit: { title: 'भुगतान में अभी यह नहीं हो सकता', hint: 'आपको कुछ नहीं करना: शहर दफ़्तर इसे देख रहा है।' },
  },
};

/** A problem in the person's language. */
export function sayProblem(problem: Problem): Said {
  const own = REFUSALS[lang()][problem.code];
  if (!own) return explain(problem);
  return lang() === 'en' ? { title: own.title, detail: problem.detail, hint: own.hint } : inWords(own, problem);
}

/** Anything that was thrown, in the person's language; what is no problem of the hub's is thrown on. */
export function say(error: unknown): Said {
  if (error instanceof ApiError) return sayProblem(error.problem);
  throw error;
}
