// People of the hub as the walks need them: a shopper who logs in by the demo's inbox, on a screen or without one, and the
// phones of the demo's rider and operations.

import { Api } from '@larder/shared/api.ts';
import type { Page } from 'playwright-core';
import type { Address, Cart, InboxMessage, Order, Payment, SearchPage, Serviceable, Session } from '@larder/shared/types/hub.ts';
import type { SubstitutePreset } from '@larder/shared/types/words.ts';

export const RIDER = { name: 'Imran', phone: '+919800010001' };
export const OPS = { phone: '+919800020001' };
/** A door near the demo's first store, and where its rider starts. */
export const DOOR = { lat: 12.9748, lon: 77.6381 };
export const BAY = { latitude: 12.9719, longitude: 77.6412 };

let phones = 0;
/** A phone that nobody has used before. */
export function freshPhone(): string {
  phones += 1;
  return `+9197${String(Date.now() % 1e6).padStart(6, '0')}${String(phones).padStart(2, '0')}`;
}

/** The newest code that the hub sent to a phone. */
export async function codeFor(hub: string, phone: string): Promise<string> {
  const inbox = await new Api({ base: hub }).get<InboxMessage[]>(`/api/v1/demo/inbox?phone=${encodeURIComponent(phone)}`);
  const code = inbox.map((message) => /\b\d{6}\b/.exec(message.text)?.[0]).find(Boolean);
  if (!code) throw new Error(`no code came to ${phone}`);
  return code;
}

/** Logs in on the screen, as a person does who reads the demo's inbox. */
export async function loginOn(page: Page, phone: string): Promise<void> {
  await page.fill('#phone', phone.replace('+91', ''));
  await page.locator('.login .primary').click();
  await page.waitForSelector('#otp');
  await page.locator('.login .more [aria-expanded]').click();
  await page.locator('.inbox .second').click();
  await page.waitForSelector('#otp', { state: 'detached' });
}

export class Shopper {
  private constructor(readonly api: Api, readonly session: Session) {}

  static async login(hub: string, phone: string): Promise<Shopper> {
    const open = new Api({ base: hub });
    await open.post('/api/v1/auth/otp', { phone });
    const session = await open.post<Session>('/api/v1/auth/verify', { phone, code: await codeFor(hub, phone) });
    return new Shopper(new Api({ base: hub, token: () => session.access }), session);
  }

  orders(): Promise<Order[]> {
    return this.api.get('/api/v1/orders');
  }
  order(id: string): Promise<Order> {
    return this.api.get(`/api/v1/orders/${id}`);
  }
  cart(): Promise<Cart> {
    return this.api.get('/api/v1/cart');
  }
  address(): Promise<Address> {
    return this.api.post('/api/v1/me/addresses', { text: '12, 6th Cross, blue gate', at: DOOR });
  }

  /** Puts goods in that the store has: `pieces[i]` of the i-th product found. */
  async fill(pieces: readonly number[], words = 'milk'): Promise<Cart> {
    const { store } = await this.api.get<Serviceable>(`/api/v1/serviceable?lat=${DOOR.lat}&lon=${DOOR.lon}`);
    const page = await this.api.get<SearchPage>(`/api/v1/search?q=${words}&store=${store}`);
    const goods = page.hits.filter((hit) => hit.available >= 5);
    for (const [i, qty] of pieces.entries()) await this.api.put(`/api/v1/cart/lines/${goods[i]!.sku}`, { qty });
    return this.cart();
  }

  async checkout(payment: Payment, preset: SubstitutePreset = 'ask'): Promise<Order> {
    const address = await this.address();
    return this.api.post('/api/v1/checkout', { address: address.id, payment, preset });
  }
}

/** Puts a session into a page before it opens, for walks that are about something else than logging in. */
export async function seated(page: Page, surface: 'shop' | 'rider' | 'ops', session: Session): Promise<void> {
  await page.addInitScript(([key, value]) => {
    if (localStorage.getItem(key) === null) localStorage.setItem(key, value);
  }, [`larder.${surface}.session`, JSON.stringify(session)] as const);
}
