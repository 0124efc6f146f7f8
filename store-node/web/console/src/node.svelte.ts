// The console's line to its node: who is logged in, the live stream, and resources that keep what they last heard and say
// how old it is. Nothing of orders or stock is decided here.

import { Api, ApiError } from '@larder/shared/api.ts';
import { learn } from '@larder/shared/clock.svelte.ts';
import { listen } from '@larder/shared/sse.ts';
import type { LoginAnswer } from '@larder/shared/types/store.ts';

export type What = 'board' | 'stock' | 'cold' | 'devices' | 'link';
const KEY = 'larder.console';
/** Also without a word from the stream, a shown resource is asked for again after this long. */
const AGAIN_MS = 15_000;
/** Changes that come faster are gathered. */
const GATHER_MS = 200;

function kept(): LoginAnswer | null {
  try {
    const session = JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as LoginAnswer | null;
    return session && session.until > Date.now() ? session : null;
  } catch {
    return null;
  }
}

class Node {
  session = $state.raw<LoginAnswer | null>(kept());
  /** The stream is open: what is shown is live. */
  live = $state(false);
  readonly api = new Api({ token: () => this.session?.token ?? null, onUnauthorized: () => this.logout() });
  #resources = new Set<Resource<unknown>>();
  #stop: (() => void) | undefined;

  async login(person: string, pin: string): Promise<void> {
    const session = await this.api.post<LoginAnswer>('/api/v1/login', { person, pin });
    this.session = session;
    sessionStorage.setItem(KEY, JSON.stringify(session));
  }

  logout(): void {
    this.session = null;
    sessionStorage.removeItem(KEY);
    this.stop();
  }

  /** Opens the stream; returns the way to close it. */
  start(): () => void {
    this.stop();
    this.#stop = listen({
      url: '/api/v1/stream',
      token: () => this.session?.token ?? null,
      onRefused: () => this.logout(),
      onLive: (live) => {
        this.live = live;
        if (live) for (const resource of this.#resources) resource.changed();
      },
      onEvent: (name, data) => {
        if (name === 'changed') this.#changed(data);
      },
    });
    return () => this.stop();
  }

  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
    this.live = false;
  }

  /** May the person do what a manager does? The node decides; the screen only leaves out what would be refused. */
  get manager(): boolean {
    return this.session?.role === 'manager' || this.session?.role === 'admin';
  }

  shown(resource: Resource<unknown>): () => void {
    this.#resources.add(resource);
    return () => this.#resources.delete(resource);
  }

  #changed(data: string): void {
    let what: unknown;
    try {
      what = (JSON.parse(data) as { what?: unknown }).what;
    } catch {
      what = data;
    }
    for (const resource of this.#resources) if (resource.on.includes(what as What)) resource.changed();
  }
}

export const node = new Node();

/** One GET that a screen shows. Old content stays when the link breaks. */
export class Resource<T> {
  data = $state.raw<T | null>(null);
  error = $state.raw<ApiError | null>(null);
  loading = $state(false);
  /** When the data came, by this page's clock. */
  heard = $state(0);
  #path: () => string | null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked = 0;

  constructor(path: () => string | null, readonly on: readonly What[]) {
    this.#path = path;
  }

  /** Use in `$effect`: loads now, again when the path or the node's facts change; returns the way to stop. */
  watch(): () => void {
    this.#path();
    void this.load();
    const leave = node.shown(this as Resource<unknown>);
    const again = setInterval(() => void this.load(), AGAIN_MS);
    return () => {
      leave();
      clearInterval(again);
      clearTimeout(this.#timer);
      this.#timer = undefined;
    };
  }

  changed(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.load();
    }, GATHER_MS);
  }

  async load(): Promise<void> {
    const path = this.#path();
    if (path === null) return;
    const mine = (this.#asked += 1);
    this.loading = true;
    try {
      const data = await node.api.get<T>(path);
      if (mine !== this.#asked) return;
      this.data = data;
      this.error = null;
      this.heard = Date.now();
      const at = (data as { at?: unknown } | null)?.at;
      if (typeof at === 'number') learn(at);
    } catch (error) {
      if (mine === this.#asked && error instanceof ApiError) this.error = error;
    } finally {
      if (mine === this.#asked) this.loading = false;
    }
  }
}
