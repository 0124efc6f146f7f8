// Hands without a screen: picks and packs one order over MQTT as a handheld does, for walks that need a packed order but
// look at another surface.

import mqtt from 'mqtt';
import { newId } from '@larder/shared/id.ts';
import type { Ack, Action, HandheldView } from '@larder/shared/types/mqtt.ts';
import { label, type Person, type Staff } from './store.ts';

/** Logs in on a handheld of its own, takes orders until `order` is packed. */
export async function pickByHand(manager: Staff, who: Person, order: string): Promise<void> {
  const { device, token } = await manager.enrol(`hand-${process.pid}-${Date.now() % 100_000}`);
  const { store, ws_port } = await manager.config();
  const topic = (leaf: string) => `ds/v1/${store}/handheld/${device}/${leaf}`;
  const client = await mqtt.connectAsync(`ws://127.0.0.1:${ws_port}/mqtt`, { clientId: device, username: device, password: token, clean: true });
  let view: HandheldView | null = null;
  const answers = new Map<string, (ack: Ack) => void>();
  client.on('message', (from, payload) => {
    if (from === topic('cmd')) view = JSON.parse(payload.toString()) as HandheldView;
    else {
      const ack = JSON.parse(payload.toString()) as Ack;
      answers.get(ack.id)?.(ack);
    }
  });
  await client.subscribeAsync([topic('cmd'), topic('ack')], { qos: 1 });
  const say = async (action: Action): Promise<Ack> => {
    const id = newId();
    const answer = new Promise<Ack>((done) => answers.set(id, done));
    await client.publishAsync(topic('event'), JSON.stringify({ id, at: Date.now(), person: action.type === 'login' ? null : who.id, action }), { qos: 1 });
    return answer;
  };
  const ack = await say({ type: 'login', person: who.id, pin: who.pin });
  if (ack.outcome.type !== 'applied') throw new Error(`login: ${JSON.stringify(ack)}`);
  const end = Date.now() + 30_000;
  for (let packed = ''; packed !== order && Date.now() < end; ) {
    await say({ type: 'ready' });
    const task = await fresh(() => view?.task ?? null);
    for (const line of task.lines) {
      for (let n = line.picked + line.short; n < line.qty; n += 1) await say({ type: 'scan', order: task.order, text: label(line), line: line.line });
    }
    const done = await say({ type: 'pack', order: task.order });
    if (done.outcome.type !== 'applied') throw new Error(`pack: ${JSON.stringify(done)}`);
    packed = task.order;
  }
  await say({ type: 'logout' });
  await client.endAsync();
}

async function fresh<T>(look: () => T | null): Promise<T> {
  for (let tries = 0; tries < 100; tries += 1) {
    const value = look();
    if (value !== null) return value;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error('no task came');
}
