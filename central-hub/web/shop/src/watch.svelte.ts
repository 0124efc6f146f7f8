// One order as it goes: the newest thing the hub said, by stream, and how old that is. Polls nothing while the stream lives.

import { ApiError } from '@larder/shared/api.ts';
import { learn } from '@larder/shared/clock.svelte.ts';
import { listen } from '@larder/shared/sse.ts';
import type { Order, Tracking } from '@larder/shared/types/hub.ts';
import type { OrderState } from '@larder/shared/types/words.ts';
import type { Account } from '../../common/account.svelte.ts';

const DONE: ReadonlySet<OrderState> = new Set(['delivered', 'completed', 'cancelled', 'returned', 'payment_failed']);
export const over = (state: OrderState): boolean => DONE.has(state);

export class Watch {
  order = $state.raw<Order | null>(null);
  tracking = $state.raw<Tracking | null>(null);
  live = $state(false);
  heardAt = $state(0);
  failed = $state.raw<ApiError | null>(null);
  #stop: (() => void) | undefined;
  #closed = false;

  constructor(private readonly account: Account, private readonly id: string) {}

  async start(): Promise<void> {
    await this.load();
    if (!this.#closed && (!this.order || !over(this.order.state))) this.#listen();
  }

  async load(): Promise<void> {
    try {
      this.#take(await this.account.call((api) => api.get<Order>(`/api/v1/orders/${this.id}`)));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.failed = error;
    }
  }

  /** A write on this order; the answer is shown at once. */
  async tell(what: 'cancel' | 'substitute', body?: unknown): Promise<void> {
    this.#take(await this.account.call((api) => api.post<Order>(`/api/v1/orders/${this.id}/${what}`, body)));
  }

  close(): void {
    this.#closed = true;
    this.#stop?.();
  }

  #take(order: Order): void {
    this.order = order;
    this.heardAt = Date.now();
    this.failed = null;
  }

  #listen(): void {
    this.#stop?.();
    this.#stop = listen({
      url: `/api/v1/orders/${this.id}/stream`,
      token: () => this.account.token(),
      onLive: (live) => (this.live = live),
      onRefused: () => void this.#again(),
      onEvent: (name, data) => {
        if (name !== 'order') return;
        const tracking = JSON.parse(data) as Tracking;
        learn(tracking.updated_at);
        this.tracking = tracking;
        this.#take(tracking.order);
        if (over(tracking.order.state)) this.#stop?.();
      },
    });
  }

  async #again(): Promise<void> {
    this.live = false;
    const session = this.account.session;
    if (session && (await this.account.renew(session)) && !this.#closed) this.#listen();
  }
}
