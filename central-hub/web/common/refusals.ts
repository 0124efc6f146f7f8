// The hub's own refusals in the person's words, before the shared ones: what happened, what was kept, what to do.

import { lang, type Lang } from '@larder/shared/i18n.svelte.ts';
import { ApiError } from '@larder/shared/api.ts';
import { explain } from '@larder/shared/words.ts';
import type { Problem } from '@larder/shared/types/words.ts';

export type Said = { title: string; detail: string; hint: string };

export const REFUSALS: Record<Lang, Record<string, { title: string; hint: string }>> = {
  en: {
    unreachable: { title: 'No connection', hint: 'What you see is kept. Try again in a moment.' },
    out_of_stock: { title: 'Not enough on the shelf', hint: 'Nothing was charged. Take fewer, or leave it out.' },
    store_unreachable: { title: 'The store cannot be reached right now', hint: 'Nothing was charged, your basket is kept. Please try again in a few minutes.' },
    no_serviceable_store: { title: 'No store can bring all of this here', hint: 'Nothing was charged, your basket is kept. Leave something out or choose another address.' },
    payment_declined: { title: 'The payment was declined', hint: 'Nothing was charged and nothing is on its way. Choose another way to pay.' },
    payment_failed: { title: 'The payment did not go through', hint: 'Nothing was charged and nothing is on its way. Choose another way to pay.' },
    wrong_code: { title: 'That code is not right', hint: 'Look again and type it once more.' },
    wrong_otp: { title: 'That code is not right', hint: 'Look at the newest message and type it once more.' },
    otp_expired: { title: 'That code has expired', hint: 'Ask for a new one.' },
    too_many_tries: { title: 'Too many tries', hint: 'Wait ten minutes, then ask for a new code.' },
    rate_limited: { title: 'Too many codes asked for', hint: 'Wait ten minutes, then try again.' },
    empty_cart: { title: 'The basket is empty', hint: 'Put something in first.' },
    bad_phone: { title: 'That is not a phone number', hint: 'Ten digits, like 98000 00001.' },
  },
  hi: {
    unreachable: { title: 'संपर्क नहीं है', hint: 'जो दिख रहा है वह रखा है। थोड़ी देर में फिर कोशिश करें।' },
    out_of_stock: { title: 'शेल्फ़ पर इतना नहीं है', hint: 'पैसे नहीं कटे। कम लें, या छोड़ दें।' },
    store_unreachable: { title: 'स्टोर से अभी संपर्क नहीं हो रहा', hint: 'पैसे नहीं कटे, टोकरी रखी है। कुछ मिनट में फिर कोशिश करें।' },
    no_serviceable_store: { title: 'कोई स्टोर यह सब यहाँ नहीं ला सकता', hint: 'पैसे नहीं कटे, टोकरी रखी है। कुछ छोड़ दें या दूसरा पता चुनें।' },
    payment_declined: { title: 'भुगतान अस्वीकार हुआ', hint: 'पैसे नहीं कटे, कुछ रवाना नहीं हुआ। भुगतान का दूसरा तरीका चुनें।' },
    payment_failed: { title: 'भुगतान नहीं हो पाया', hint: 'पैसे नहीं कटे, कुछ रवाना नहीं हुआ। भुगतान का दूसरा तरीका चुनें।' },
    wrong_code: { title: 'कोड सही नहीं है', hint: 'फिर देखकर दोबारा लिखें।' },
    wrong_otp: { title: 'कोड सही नहीं है', hint: 'सबसे नया संदेश देखकर दोबारा लिखें।' },
    otp_expired: { title: 'कोड की समय-सीमा निकल गई', hint: 'नया कोड मँगाएँ।' },
    too_many_tries: { title: 'बहुत बार कोशिश हुई', hint: 'दस मिनट रुकें, फिर नया कोड मँगाएँ।' },
    rate_limited: { title: 'बहुत से कोड माँगे गए', hint: 'दस मिनट रुककर फिर कोशिश करें।' },
    empty_cart: { title: 'टोकरी खाली है', hint: 'पहले कुछ डालें।' },
    bad_phone: { title: 'यह फ़ोन नंबर नहीं है', hint: 'दस अंक, जैसे 98000 00001।' },
  },
};

/** A problem in the person's language. */
export function sayProblem(problem: Problem): Said {
  const own = REFUSALS[lang()][problem.code];
  return own ? { ...own, detail: problem.detail } : explain(problem);
}

/** Anything that was thrown, in the person's language; what is no problem of the hub's is thrown on. */
export function say(error: unknown): Said {
  if (error instanceof ApiError) return sayProblem(error.problem);
  throw error;
}
