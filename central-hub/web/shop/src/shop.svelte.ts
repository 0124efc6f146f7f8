// The shop as a whole: who, what is looked at, what is in the basket, and the till. Screens get this one thing.

import { ApiError } from '@larder/shared/api.ts';
import type { Address, AddressIn, Me } from '@larder/shared/types/hub.ts';
import type { Account } from '../../common/account.svelte.ts';
import { Basket } from './basket.svelte.ts';
import { Market } from './market.svelte.ts';
import { Till } from './till.svelte.ts';

export class Shop {
  readonly market: Market;
  readonly basket: Basket;
  readonly till: Till;
  me = $state.raw<Me | null>(null);
  choosing = $state(false);
  basketOpen = $state(false);

  constructor(readonly account: Account) {
    this.market = new Market(account.open);
    this.basket = new Basket(account);
    this.till = new Till(account);
  }

  async start(): Promise<void> {
    await Promise.all([this.market.start(), this.arrived()]);
  }

  /** Somebody is logged in, now or since earlier. */
  async arrived(): Promise<void> {
    if (!this.account.session) return;
    await Promise.all([this.loadMe(), this.basket.join()]);
  }

  async loadMe(): Promise<void> {
    try {
      this.me = await this.account.call((api) => api.get<Me>('/api/v1/me'));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    }
  }

  async rename(name: string): Promise<void> {
    if (name === this.me?.name) return;
    this.me = await this.account.call((api) => api.put<Me>('/api/v1/me', { name }));
  }

  async addAddress(address: AddressIn): Promise<Address> {
    const made = await this.account.call((api) => api.post<Address>('/api/v1/me/addresses', address));
    await this.loadMe();
    return made;
  }

  logout(): void {
    this.account.logout();
    this.me = null;
    this.basket.empty();
  }
}
