// Checking out exactly once: the key and the request are kept until the hub has given a definite answer, also over a reload.
// As long as the outcome is unknown, only the very same request is repeated.

import { ApiError } from '@larder/shared/api.ts';
import { newId } from '@larder/shared/id.ts';
import type { CheckoutRequest, Order, SplitOffer, SplitRequest } from '@larder/shared/types/hub.ts';
import type { Problem } from '@larder/shared/types/words.ts';
import type { Account } from '../../common/account.svelte.ts';

const KEY = 'larder.shop.checkout';
/** One delivery, or the several ones that were offered. */
export type Request = CheckoutRequest | SplitRequest;
export type Attempt = { key: string; request: Request };
type Drawer = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/** No definite answer: the hub may or may not have done it. */
export function undecided(error: ApiError): boolean {
  return error.unreachable || error.problem.status >= 500;
}

export class Till {
  /** An attempt without an answer. */
  open = $state.raw<Attempt | null>(null);
  busy = $state(false);
  refused = $state.raw<Problem | null>(null);

  constructor(private readonly account: Pick<Account, 'call'>, private readonly drawer: Drawer = localStorage) {
    this.open = this.#read();
  }

  /** What is offered instead, while the refusal stands. */
  readonly offer = $derived(this.refused?.code === 'split_offered' ? (this.refused.offer as SplitOffer) : null);

  /** Orders; an order for each delivery. Null: refused or undecided, see `refused` and `open`. */
  async order(request: Request): Promise<Order[] | null> {
    if (this.busy) return null;
    const attempt = this.open ?? { key: newId(), request };
    this.#keep(attempt);
    this.busy = true;
    this.refused = null;
    try {
      const orders = await this.#send(attempt);
      this.#keep(null);
      return orders;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // 503 with a word of its own (the store is unreachable) is an answer; a bare 503 or no connection is none.
      const definite = !undecided(error) || isAnswer(error.problem);
      if (definite) this.#keep(null);
      this.refused = error.problem;
      return null;
    } finally {
      this.busy = false;
    }
  }

  async #send({ key, request }: Attempt): Promise<Order[]> {
    if ('stores' in request) return this.account.call((api) => api.post<Order[]>('/api/v1/checkout/split', request, key));
    return [await this.account.call((api) => api.post<Order>('/api/v1/checkout', request, key))];
  }

  #keep(attempt: Attempt | null): void {
    this.open = attempt;
    try {
      if (attempt) this.drawer.setItem(KEY, JSON.stringify(attempt));
      else this.drawer.removeItem(KEY);
    } catch {
      // Without storage the attempt lasts as long as the page.
    }
  }

  #read(): Attempt | null {
    try {
      return JSON.parse(this.drawer.getItem(KEY) ?? 'null') as Attempt | null;
    } catch {
      return null;
    }
  }
}

const ANSWERS: ReadonlySet<string> = new Set(['store_unreachable', 'payment_unavailable']);
function isAnswer(problem: Problem): boolean {
  return ANSWERS.has(problem.code);
}
