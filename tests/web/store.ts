// A member of staff as the walks need one: an API session at the store for making orders and for looking at what is true
// afterwards, and the goods of an order as they lie on the shelf.

import { Api } from '@larder/shared/api.ts';
import type { Page } from 'playwright-core';
import type { HandheldView, PickLine } from '@larder/shared/types/mqtt.ts';
import type { Board, CounterOrderAnswer, EnrolAnswer, HandheldConfig, LoginAnswer, OrderDetail, StockPage } from '@larder/shared/types/store.ts';

/** People of the demo's first store. */
export const MANAGER = { id: 'meena', name: 'Meena', pin: '8080' };
/** Of the second. */
export const SECOND_MANAGER = { id: 'farah', name: 'Farah', pin: '8082' };
export const PICKERS = [{ id: 'asha', name: 'Asha', pin: '4711' }, { id: 'ravi', name: 'Ravi', pin: '4712' }, { id: 'sunil', name: 'Sunil', pin: '4713' }] as const;
export type Person = { id: string; name: string; pin: string };

/** Signs somebody in at a store's console, as a person does. */
export async function signIn(page: Page, base: string, who: Person = MANAGER): Promise<void> {
  await page.goto(`${base}/`);
  await page.getByLabel(who.name, { exact: true }).check();
  await page.fill('#pin', who.pin);
  await page.keyboard.press('Enter');
  await page.waitForSelector('nav');
}

/** Twenty of these would be too heavy for one order. */
const HEAVY = /\b([2-9]|\d\d+) (kg|L)\b/;

export class Staff {
  private constructor(readonly base: string, readonly api: Api) {}

  static async login(base: string, who: Person): Promise<Staff> {
    let token: string | null = null;
    const api = new Api({ base, token: () => token });
    token = (await api.post<LoginAnswer>('/api/v1/login', { person: who.id, pin: who.pin })).token;
    return new Staff(base, api);
  }

  board(): Promise<Board> {
    return this.api.get('/api/v1/board');
  }
  order(id: string): Promise<OrderDetail> {
    return this.api.get(`/api/v1/orders/${id}`);
  }
  enrol(device: string): Promise<EnrolAnswer> {
    return this.api.post('/api/v1/handhelds', { device });
  }
  config(): Promise<HandheldConfig> {
    return this.api.get('/api/v1/handheld/config');
  }

  /** Places a counter order of goods that lie on the shelf: `pieces[i]` of the i-th product found. */
  async counterOrder(pieces: readonly number[]): Promise<CounterOrderAnswer> {
    const goods = await this.onTheShelf(pieces.length);
    const lines = pieces.map((qty, i) => ({ sku: goods[i]!, qty }));
    return this.api.post('/api/v1/counter-orders', { lines, first_name: 'Walk' });
  }
  /** Products that one can carry, with enough free units: a walk before may have emptied a shelf or warmed a zone, so several are asked for. */
  private async onTheShelf(wanted: number): Promise<string[]> {
    const found = new Set<string>();
    for (const words of ['a', 'biscuit', 'soap', 'tea', 'rice', 'juice', 'chips']) {
      const page = await this.api.get<StockPage>(`/api/v1/stock?q=${words}`);
      for (const row of page.rows) if (row.free >= 5 && !HEAVY.test(row.name)) found.add(row.sku);
      if (found.size >= wanted) return [...found];
    }
    throw new Error(`only ${found.size} products have five free units`);
  }
}

/** What the handheld's page has kept of the store's view: the goods of the order in hand. */
export async function shelf(page: Page): Promise<PickLine[]> {
  const view = await page.evaluate(
    () =>
      new Promise<unknown>((done, fail) => {
        const open = indexedDB.open('larder-handheld');
        open.onerror = () => fail(open.error);
        open.onsuccess = () => {
          const get = open.result.transaction('things').objectStore('things').get('view');
          get.onsuccess = () => {
            open.result.close();
            done(get.result);
          };
        };
      }),
  );
  return (view as HandheldView | undefined)?.task?.lines ?? [];
}

/** What stands on a good of this line: its lot label where several lots lie together, else its barcode. */
export const label = (line: PickLine): string => (line.lot.scan_label ? `LL:${line.lot.lot}` : line.gtins[0]!);

/** Scans the store has in the order's history. */
export const scansOf = (order: OrderDetail): number => order.history.filter((row) => row.what === 'scan').length;
export const pickedOf = (order: OrderDetail): number => order.lines.reduce((sum, line) => sum + line.picked, 0);
