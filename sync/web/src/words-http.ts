// Problems that only surfaces meet which speak HTTP with their node: not the picker, whose shell must stay small.
import type { PROBLEMS } from './words.ts';

export const HTTP_PROBLEMS: typeof PROBLEMS = {
  en: {
    unauthorized: { title: 'Please log in again', hint: 'Your session has ended.' },
    bad_input: { title: 'A value is not right', hint: 'Correct it and try again.' },
    busy: { title: 'The node is busy', hint: 'Wait a moment and try again. Nothing was done twice.' },
  },
  hi: {
    unauthorized: { title: 'फिर से लॉगिन करें', hint: 'आपका सत्र समाप्त हो गया।' },
    bad_input: { title: 'कोई मान सही नहीं', detail: '{field}', hint: 'ठीक करके फिर कोशिश करें।' },
    busy: { title: 'नोड व्यस्त है', hint: 'थोड़ा रुककर फिर कोशिश करें। कुछ दो बार नहीं हुआ।' },
  },
};
