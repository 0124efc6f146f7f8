// The basket: on this device until somebody logs in, at the hub from then on. A tap shows at once; the hub's answer is
// the truth, with the fee and the total. Edits of one product are sent in order, only the newest number counts.

import { ApiError } from '@larder/shared/api.ts';
import type { Cart, CartLine, ProductCard } from '@larder/shared/types/hub.ts';
import type { Account } from '../../common/account.svelte.ts';

const KEY = 'larder.shop.basket';
/** The hub takes 0 to 50 of one product. */
export const MOST = 50;

export class Basket {
  lines = $state.raw<CartLine[]>(keptLines());
  /** From the hub; null while nobody is logged in. */
  bill = $state.raw<{ fee: number; total: number } | null>(null);
  failed = $state.raw<ApiError | null>(null);
  readonly count = $derived(this.lines.reduce((sum, line) => sum + line.qty, 0));
  readonly subtotal = $derived(this.lines.reduce((sum, line) => sum + line.total, 0));
  readonly #waiting = new Map<string, number>();
  #sending = false;

  constructor(private readonly account: Account) {}

  qty(sku: string): number {
    return this.lines.find((line) => line.product.sku === sku)?.qty ?? 0;
  }

  set(product: ProductCard, wanted: number): void {
    const qty = Math.max(0, Math.min(wanted, MOST));
    const line: CartLine = { product, qty, total: product.price * qty };
    const known = this.lines.some((each) => each.product.sku === product.sku);
    const lines = known ? this.lines.map((each) => (each.product.sku === product.sku ? line : each)) : [...this.lines, line];
    this.#show(lines.filter((each) => each.qty > 0));
    if (!this.account.session) return;
    this.#waiting.set(product.sku, qty);
    void this.#send();
  }

  /** Brings what was put in before the login to the hub, then shows the hub's basket. */
  async join(): Promise<void> {
    if (this.bill === null) for (const line of this.lines) this.#waiting.set(line.product.sku, line.qty);
    await this.#send();
    await this.refresh();
  }

  async refresh(): Promise<void> {
    if (!this.account.session) return;
    await this.#try(async () => this.#take(await this.account.call((api) => api.get<Cart>('/api/v1/cart'))));
  }

  /** After a checkout or a logout. */
  empty(): void {
    this.#waiting.clear();
    this.bill = null;
    this.#show([]);
  }

  async #send(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    for (let next = first(this.#waiting); next; next = first(this.#waiting)) {
      const [sku, qty] = next;
      this.#waiting.delete(sku);
      const sent = await this.#try(async () => {
        const cart = await this.account.call((api) => api.put<Cart>(`/api/v1/cart/lines/${encodeURIComponent(sku)}`, { qty }));
        if (this.#waiting.size === 0) this.#take(cart);
      });
      if (!sent && this.failed?.unreachable) this.#waiting.set(sku, this.#waiting.get(sku) ?? qty);
      if (!sent) break;
    }
    this.#sending = false;
    if (this.failed && !this.failed.unreachable) {
      this.#waiting.clear();
      const said = this.failed;
      await this.refresh();
      this.failed = said;
    }
  }

  #take(cart: Cart): void {
    this.bill = { fee: cart.delivery_fee, total: cart.total };
    this.#show(cart.lines);
  }

  #show(lines: CartLine[]): void {
    this.lines = lines;
    try {
      localStorage.setItem(KEY, JSON.stringify(lines));
    } catch {
      // The basket then lasts as long as the page.
    }
  }

  async #try(run: () => Promise<void>): Promise<boolean> {
    try {
      await run();
      this.failed = null;
      return true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.failed = error;
      return false;
    }
  }
}

function first<K, V>(map: Map<K, V>): [K, V] | undefined {
  for (const entry of map) return entry;
  return undefined;
}

function keptLines(): CartLine[] {
  try {
    return (JSON.parse(localStorage.getItem(KEY) ?? '[]') as CartLine[]) ?? [];
  } catch {
    return [];
  }
}
