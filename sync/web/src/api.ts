// HTTP to a node: JSON in and out, problem+json as a typed error, the same Idempotency-Key on every retry of one write.
// Framework-free. Nothing is queued: a write that found no node is an error that says so (the picker's outbox is MQTT's).

import { newId } from './id.ts';
import type { Problem } from './types/words.ts';

/** A refusal or fault of the node, or no node at all (`code` is then `unreachable`). */
export class ApiError extends Error {
  constructor(readonly problem: Problem) {
    super(`${problem.code}: ${problem.title}`);
  }
  get unreachable(): boolean {
    return this.problem.code === 'unreachable';
  }
}

export type ApiOptions = {
  /** In front of every path; empty for the page's own node. */
  base?: string;
  /** Bearer token now, or null. */
  token?: () => string | null;
  /** Called when the node says 401. */
  onUnauthorized?: () => void;
  /** Waits between tries of one request, in ms. */
  retries?: readonly number[];
  fetch?: typeof fetch;
};

export class Api {
  constructor(private readonly options: ApiOptions = {}) {}

  get<T>(path: string): Promise<T> {
    return this.#call<T>('GET', path);
  }
  /** A paper of the node as it is: CSV or PDF. */
  blob(path: string): Promise<Blob> {
    return this.#call<Blob>('GET', path, undefined, undefined, (response) => response.blob());
  }
  /** A write. Pass `key` to repeat an earlier one on purpose. */
  post<T>(path: string, body?: unknown, key: string = newId()): Promise<T> {
    return this.#call<T>('POST', path, body, key);
  }
  put<T>(path: string, body: unknown, key: string = newId()): Promise<T> {
    return this.#call<T>('PUT', path, body, key);
  }

  async #call<T>(method: string, path: string, body?: unknown, key?: string, read: (response: Response) => Promise<T> = json): Promise<T> {
    const waits = this.options.retries ?? [300, 1000];
    for (let attempt = 0; ; attempt += 1) {
      const wait = waits[attempt];
      try {
        return await read(await this.#once(method, path, body, key));
      } catch (error) {
        const again = error instanceof ApiError && (error.unreachable || error.problem.status === 503);
        if (!again || wait === undefined) throw error;
        await new Promise((done) => setTimeout(done, wait));
      }
    }
  }

  async #once(method: string, path: string, body: unknown, key: string | undefined): Promise<Response> {
    const headers: Record<string, string> = { accept: 'application/json' };
    const token = this.options.token?.();
    if (token) headers['authorization'] = `Bearer ${token}`;
    if (key) headers['idempotency-key'] = key;
    if (body !== undefined) headers['content-type'] = 'application/json';
    let response: Response;
    try {
      response = await (this.options.fetch ?? fetch)(`${this.options.base ?? ''}${path}`, {
        method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch {
      throw new ApiError(unreachable);
    }
    if (!response.ok) {
      const problem = await problemOf(response);
      if (response.status === 401) this.options.onUnauthorized?.();
      throw new ApiError(problem);
    }
    return response;
  }
}

const json = async <T>(response: Response): Promise<T> => {
  const text = await response.text();
  return (text === '' ? undefined : JSON.parse(text)) as T;
};

const unreachable: Problem = {
  code: 'unreachable', status: 503, title: 'No connection to the node', detail: '', hint: 'Nothing was done. Try again.',
};

async function problemOf(response: Response): Promise<Problem> {
  const fallback: Problem = {
    code: response.status === 401 ? 'unauthorized' : response.status === 503 ? 'busy' : `http_${response.status}`,
    status: response.status, title: response.statusText || `HTTP ${response.status}`, detail: '', hint: '',
  };
  try {
    return { ...fallback, ...((await response.json()) as Partial<Problem>) };
  } catch {
    return fallback;
  }
}
