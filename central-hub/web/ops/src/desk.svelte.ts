// What operations see: asked every two and a half seconds. While no answer comes, the last one stays and says its age.

import { ApiError } from '@larder/shared/api.ts';
import { learn } from '@larder/shared/clock.svelte.ts';
import type { OpsNow, OpsOrder, OpsShelf, OpsSync } from '@larder/shared/types/hub.ts';
import type { Account } from '../../common/account.svelte.ts';

const EVERY_MS = 2500;

export class Desk {
  now = $state.raw<OpsNow | null>(null);
  /** By this page's clock. */
  heardAt = $state(0);
  live = $state(true);
  forbidden = $state(false);
  order = $state.raw<OpsOrder | null>(null);
  orderFailed = $state.raw<ApiError | null>(null);
  /** Links and rights; asked for while their page is open. */
  sync = $state.raw<OpsSync | null>(null);
  #watching = false;
  #wanted = '';

  constructor(readonly account: Account) {}

  async start(): Promise<void> {
    for (;;) {
      await this.load();
      await new Promise((done) => setTimeout(done, document.hidden ? EVERY_MS * 4 : EVERY_MS));
    }
  }

  async load(): Promise<void> {
    if (!this.account.session) return;
    try {
      this.now = await this.account.call((api) => api.get<OpsNow>('/api/v1/ops/now'));
      learn(this.now.at);
      this.heardAt = Date.now();
      this.live = true;
      this.forbidden = false;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.forbidden = error.problem.status === 403;
      this.live = this.forbidden;
    }
    await this.#loadOrder();
    if (this.#watching) await this.#loadSync();
  }

  /** Use in `$effect`: keeps links and rights fresh; returns the way to stop. */
  watchSync(): () => void {
    this.#watching = true;
    void this.#loadSync();
    return () => (this.#watching = false);
  }

  /** After something was done about them. */
  reloadSync(): Promise<void> {
    return this.#loadSync();
  }

  async #loadSync(): Promise<void> {
    if (!this.account.session) return;
    try {
      this.sync = await this.account.call((api) => api.get<OpsSync>('/api/v1/ops/sync'));
    } catch (error) {
      // What is shown stays; `load` says that nothing is heard.
      if (!(error instanceof ApiError)) throw error;
    }
  }

  /** What a store has on its shelf, as it last said. */
  shelf(store: string, find: string): Promise<OpsShelf> {
    const path = `/api/v1/ops/stores/${encodeURIComponent(store)}/shelf?q=${encodeURIComponent(find)}`;
    return this.account.call((api) => api.get<OpsShelf>(path));
  }

  /** Which order's history is open; empty: none. */
  async open(id: string): Promise<void> {
    if (id === this.#wanted) return;
    this.#wanted = id;
    this.order = null;
    this.orderFailed = null;
    await this.#loadOrder();
  }

  async #loadOrder(): Promise<void> {
    const id = this.#wanted;
    if (id === '' || !this.account.session) return;
    try {
      const order = await this.account.call((api) => api.get<OpsOrder>(`/api/v1/ops/orders/${id}`));
      if (id !== this.#wanted) return;
      this.order = order;
      this.orderFailed = null;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (id === this.#wanted) this.orderFailed = error;
    }
  }
}
