// A small durable drawer by name: what a page must still know after a reload without a network (device, last view).
// Never events: those live in the outbox.

import { openDB, type IDBPDatabase } from 'idb';

export class Keep {
  private constructor(private readonly db: IDBPDatabase) {}

  static async open(name: string): Promise<Keep> {
    return new Keep(await openDB(name, 1, { upgrade: (fresh) => void fresh.createObjectStore('things') }));
  }

  async get<T>(key: string): Promise<T | undefined> {
    return (await this.db.get('things', key)) as T | undefined;
  }

  async set(key: string, value: unknown): Promise<void> {
    await this.db.put('things', value, key);
  }

  async remove(key: string): Promise<void> {
    await this.db.delete('things', key);
  }
}
