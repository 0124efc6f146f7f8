// What a person did and the store has not yet acknowledged: durable, in order, deleted only by an ack that carries its id.
// Framework-free. One event is on its way at a time, so the store hears them in the order of the hands; a repeat carries
// the same id and has no second effect.

import { openDB, type DBSchema, type IDBPDatabase } from 'idb';

export type Item<E> = { seq: number; event: E };
interface Shape<E> extends DBSchema {
  events: { key: number; value: { id: string; event: E }; indexes: { id: string } };
}

/** The durable part: an IndexedDB store with a counter as key. */
export class Outbox<E extends { id: string }> {
  private constructor(private readonly db: IDBPDatabase<Shape<E>>) {}

  static async open<E extends { id: string }>(name: string): Promise<Outbox<E>> {
    const db = await openDB<Shape<E>>(name, 1, {
      upgrade(fresh) {
        fresh.createObjectStore('events', { autoIncrement: true }).createIndex('id', 'id', { unique: true });
      },
    });
    return new Outbox(db);
  }

  /** Keeps an event. Resolves when the disk has it; only then may it be sent. The same id twice is kept once. */
  async add(event: E): Promise<void> {
    const tx = this.db.transaction('events', 'readwrite', { durability: 'strict' });
    if ((await tx.store.index('id').getKey(event.id)) === undefined) await tx.store.add({ id: event.id, event });
    await tx.done;
  }

  /** Everything kept, oldest first. */
  async all(): Promise<E[]> {
    return (await this.db.getAll('events')).map((row) => row.event);
  }

  /** Forgets the event with this id; says whether it was there. */
  async acknowledge(id: string): Promise<boolean> {
    const tx = this.db.transaction('events', 'readwrite', { durability: 'strict' });
    const key = await tx.store.index('id').getKey(id);
    if (key !== undefined) await tx.store.delete(key);
    await tx.done;
    return key !== undefined;
  }

  close(): void {
    this.db.close();
  }
}

/** Sends the oldest kept event until its ack comes, then the next. */
export class Pump<E extends { id: string }> {
  #queue: E[] = [];
  #connected = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly outbox: Outbox<E>,
    private readonly send: (event: E) => void,
    private readonly againMs: number = 2000,
  ) {}

  /** Reads what an earlier page left. Call once, before `add`. */
  async start(): Promise<E[]> {
    this.#queue = await this.outbox.all();
    this.#kick();
    return [...this.#queue];
  }

  /** Keeps durably, then sends in turn. */
  async add(event: E): Promise<void> {
    await this.outbox.add(event);
    this.#queue.push(event);
    if (this.#queue.length === 1) this.#kick();
  }

  /** The link came or went. When it comes, the oldest is sent again: the broker may have lost it. */
  connected(yes: boolean): void {
    this.#connected = yes;
    this.#kick();
  }

  /** The store's durable answer. */
  async acknowledge(id: string): Promise<boolean> {
    const known = await this.outbox.acknowledge(id);
    const was = this.#queue.length;
    const head = this.#queue[0]?.id;
    this.#queue = this.#queue.filter((event) => event.id !== id);
    if (head === id || was === 0) this.#kick();
    return known;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  stop(): void {
    this.#connected = false;
    clearTimeout(this.#timer);
  }

  #kick(): void {
    clearTimeout(this.#timer);
    const head = this.#queue[0];
    if (!head || !this.#connected) return;
    this.send(head);
    this.#timer = setTimeout(() => this.#kick(), this.againMs);
  }
}
