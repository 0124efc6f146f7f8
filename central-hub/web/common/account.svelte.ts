// Who is logged in on this device: keeps the session over reloads, renews it before it ends, and gives an Api that carries
// it. Two tabs share one session: only one of them spends the refresh token. No screen stands here.

import { Api, ApiError } from '@larder/shared/api.ts';
import type { Session } from '@larder/shared/types/hub.ts';

/** Renew this long before the end. */
const EARLY_MS = 30_000;

export class Account {
  session = $state.raw<Session | null>(null);
  /** The Api of somebody who is not logged in. */
  readonly open = new Api();
  readonly #bearer = new Api({ token: () => this.token() });

  /** `key`: the name in this device's storage, one per surface. */
  constructor(private readonly key: string) {
    this.session = this.#read();
    if (typeof addEventListener === 'function') {
      addEventListener('storage', (event) => {
        if (event.key === this.key) this.session = this.#read();
      });
    }
  }

  token(): string | null {
    return this.session?.access ?? null;
  }

  /** Runs a request with the session; renews it once when the hub says that it has ended. */
  async call<T>(run: (api: Api) => Promise<T>): Promise<T> {
    const used = this.session;
    if (used && used.until - EARLY_MS < Date.now()) await this.renew(used);
    const sent = this.session;
    try {
      return await run(this.#bearer);
    } catch (error) {
      if (!(error instanceof ApiError) || error.problem.status !== 401 || !sent || !(await this.renew(sent))) throw error;
      return run(this.#bearer);
    }
  }

  /** Sends a code to a phone. */
  ask(phone: string): Promise<void> {
    return this.open.post('/api/v1/auth/otp', { phone });
  }

  async verify(phone: string, code: string): Promise<Session> {
    const session = await this.open.post<Session>('/api/v1/auth/verify', { phone, code });
    this.#set(session);
    return session;
  }

  logout(): void {
    this.#set(null);
  }

  /** Trades the refresh token, unless somebody else has done so since `used`. False: the person must log in again. */
  async renew(used: Session): Promise<boolean> {
    return this.#alone(async () => {
      const kept = this.#read();
      if (kept && kept.access !== used.access) {
        this.session = kept;
        return true;
      }
      try {
        this.#set(await this.open.post<Session>('/api/v1/auth/refresh', { refresh: used.refresh }));
        return true;
      } catch (error) {
        if (error instanceof ApiError && error.problem.status < 500) {
          this.#set(null);
          return false;
        }
        throw error;
      }
    });
  }

  #alone<T>(run: () => Promise<T>): Promise<T> {
    return typeof navigator !== 'undefined' && navigator.locks ? navigator.locks.request(this.key, run) : run();
  }

  #read(): Session | null {
    try {
      return JSON.parse(localStorage.getItem(this.key) ?? 'null') as Session | null;
    } catch {
      return this.session;
    }
  }

  #set(session: Session | null): void {
    this.session = session;
    try {
      if (session) localStorage.setItem(this.key, JSON.stringify(session));
      else localStorage.removeItem(this.key);
    } catch {
      // Without storage the session lasts as long as the page.
    }
  }
}
