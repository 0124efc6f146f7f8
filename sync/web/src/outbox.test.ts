// The outbox against a real (in-memory) IndexedDB: order, durability over a reload, and nothing lost or doubled in a
// thousand random cuts between a page, a lossy line and a store that counts each id once.
import 'fake-indexeddb/auto';
import { expect, test, vi } from 'vitest';
import { Outbox, Pump } from './outbox.ts';

type E = { id: string; n: number };

test('what is kept survives a reload in its order, and only its own ack removes it', async () => {
  const first = await Outbox.open<E>('reload');
  for (let n = 0; n < 5; n += 1) await first.add({ id: `e${n}`, n });
  await first.add({ id: 'e2', n: 2 });
  first.close();
  const second = await Outbox.open<E>('reload');
  expect((await second.all()).map((e) => e.n)).toEqual([0, 1, 2, 3, 4]);
  expect(await second.acknowledge('stranger')).toBe(false);
  expect(await second.acknowledge('e2')).toBe(true);
  expect((await second.all()).map((e) => e.n)).toEqual([0, 1, 3, 4]);
});

test('one event is on its way at a time, and the head is repeated until it is acknowledged', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const sent: string[] = [];
  const pump = new Pump(await Outbox.open<E>('turns'), (e) => sent.push(e.id), 1000);
  await pump.start();
  pump.connected(true);
  await pump.add({ id: 'a', n: 1 });
  await pump.add({ id: 'b', n: 2 });
  vi.advanceTimersByTime(1000);
  expect(sent).toEqual(['a', 'a']);
  await pump.acknowledge('a');
  expect(sent).toEqual(['a', 'a', 'b']);
  pump.connected(false);
  vi.advanceTimersByTime(9000);
  expect(sent).toHaveLength(3);
  pump.stop();
  vi.useRealTimers();
});

test('a thousand cuts lose nothing, double nothing and keep the order', async () => {
  let seed = 20261121;
  const random = () => ((seed = (seed * 1664525 + 1013904223) >>> 0) / 2 ** 32);
  const effects: string[] = [];
  const done: string[] = [];
  let pump: Pump<E>;
  let line: { drop: () => boolean } = { drop: () => false };
  /** A store that applies an id once and answers every time; the line loses either way. */
  const store = (e: E) => {
    if (line.drop()) return;
    if (!effects.includes(e.id)) effects.push(e.id);
    if (line.drop()) return;
    void pump.acknowledge(e.id);
  };
  const open = async () => {
    pump = new Pump(await Outbox.open<E>('cuts'), store, 1);
    await pump.start();
    pump.connected(true);
  };
  await open();
  line = { drop: () => random() < 0.4 };
  for (let n = 0; n < 1000; n += 1) {
    const id = `c${n}`;
    await pump!.add({ id, n });
    done.push(id);
    const dice = random();
    if (dice < 0.3) pump!.connected(false);
    else if (dice < 0.7) pump!.connected(true);
    else if (dice < 0.75) {
      pump!.stop();
      await open();
    }
  }
  line = { drop: () => false };
  pump!.connected(true);
  await vi.waitFor(() => expect(pump!.waiting).toBe(0), { timeout: 30_000, interval: 20 });
  expect(effects).toEqual(done);
}, 60_000);
