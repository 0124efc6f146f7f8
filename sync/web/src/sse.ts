// Server-sent events with an Authorization header (EventSource cannot send one): reads the stream by fetch, comes back by
// itself, and says whether it is live. Framework-free.

export type SseOptions = {
  url: string;
  token?: () => string | null;
  onEvent: (name: string, data: string) => void;
  /** True from the first byte of an open stream, false when it broke. */
  onLive: (live: boolean) => void;
  /** Called with 401 or 403: no reconnecting until the caller starts anew. */
  onRefused?: () => void;
  fetch?: typeof fetch;
};

/** Listens until the returned function is called. */
export function listen(options: SseOptions): () => void {
  const abort = new AbortController();
  void run(options, abort.signal);
  return () => abort.abort();
}

async function run(options: SseOptions, signal: AbortSignal): Promise<void> {
  let wait = 500;
  while (!signal.aborted) {
    try {
      const token = options.token?.();
      const response = await (options.fetch ?? fetch)(options.url, {
        headers: { accept: 'text/event-stream', ...(token ? { authorization: `Bearer ${token}` } : {}) }, signal,
      });
      if (response.status === 401 || response.status === 403) {
        options.onRefused?.();
        return;
      }
      if (response.ok && response.body) {
        wait = 500;
        options.onLive(true);
        await read(response.body, options.onEvent);
      }
    } catch {
      // The link broke or the page is going: the loop's condition tells which.
    }
    if (signal.aborted) return;
    options.onLive(false);
    await new Promise((done) => setTimeout(done, wait));
    wait = Math.min(wait * 2, 5000);
  }
}

async function read(body: ReadableStream<Uint8Array>, onEvent: SseOptions['onEvent']): Promise<void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const parser = new SseParser(onEvent);
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    parser.push(decoder.decode(value, { stream: true }));
  }
}

/** Cuts a text stream into events; lines may arrive in pieces. */
export class SseParser {
  #rest = '';
  #name = '';
  #data: string[] = [];

  constructor(private readonly onEvent: SseOptions['onEvent']) {}

  push(text: string): void {
    const lines = (this.#rest + text).split(/\r\n|\n|\r/);
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#line(line);
  }

  #line(line: string): void {
    if (line === '') {
      if (this.#data.length > 0) this.onEvent(this.#name || 'message', this.#data.join('\n'));
      this.#name = '';
      this.#data = [];
    } else if (line.startsWith('event:')) this.#name = line.slice(6).trimStart();
    else if (line.startsWith('data:')) this.#data.push(line.slice(5).replace(/^ /, ''));
  }
}
