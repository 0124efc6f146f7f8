// Hands without a screen: pick and pack over MQTT as a handheld does, for walks that need packed orders (or none waiting)
// but look at another surface.

import mqtt from 'mqtt';
import { newId } from '@larder/shared/id.ts';
import type { Ack, Action, HandheldView, PickLine, PickTask } from '@larder/shared/types/mqtt.ts';
import { label, type Person, type Staff } from './store.ts';

/** Takes and packs whatever waits, until `order` is packed; without `order`, until nothing waits. The `absent` line of that
 *  order, if one is named, is on no shelf. */
export async function pickByHand(manager: Staff, who: Person, order: string | null = null, absent: number | null = null): Promise<void> {
  const hand = await Hand.take(manager, who);
  try {
    for (let n = 0; n < 100; n += 1) {
      await hand.say({ type: 'ready' });
      const task = await hand.task(order === null ? 600 : 5000);
      if (!task) {
        if (order === null) return;
        throw new Error('no order came');
      }
      await hand.pick(task, task.order === order ? absent : null);
      if (task.order === order) return;
    }
  } finally {
    await hand.away();
  }
}

/** A handheld's line to the store without its screen. */
export class Hand {
  #view: HandheldView | null = null;
  #changed: (() => void)[] = [];
  #answers = new Map<string, (ack: Ack) => void>();

  private constructor(private readonly client: mqtt.MqttClient, private readonly topic: (leaf: string) => string, private readonly who: Person) {
    client.on('message', (from, payload) => {
      const message: unknown = JSON.parse(payload.toString());
      if (from === topic('cmd')) {
        this.#view = message as HandheldView;
        for (const tell of this.#changed.splice(0)) tell();
      } else this.#answers.get((message as Ack).id)?.(message as Ack);
    });
  }

  static async take(manager: Staff, who: Person): Promise<Hand> {
    const { device, token } = await manager.enrol(`hand-${who.id}`);
    const { store, ws_port } = await manager.config();
    const topic = (leaf: string) => `ds/v1/${store}/handheld/${device}/${leaf}`;
    const client = await mqtt.connectAsync(`ws://127.0.0.1:${ws_port}/mqtt`, { clientId: device, username: device, password: token, clean: true });
    const hand = new Hand(client, topic, who);
    await client.subscribeAsync([topic('cmd'), topic('ack')], { qos: 1 });
    await client.publishAsync(topic('state'), JSON.stringify({ session: Date.now(), at: Date.now(), health: 'ok', detail: '', hint: '', battery_pct: 80, queued: 0 }), { qos: 1, retain: true });
    const ack = await hand.say({ type: 'login', person: who.id, pin: who.pin });
    if (ack.outcome.type !== 'applied') throw new Error(`login: ${JSON.stringify(ack)}`);
    return hand;
  }

  async say(action: Action): Promise<Ack> {
    const id = newId();
    const answer = new Promise<Ack>((done) => this.#answers.set(id, done));
    const person = action.type === 'login' ? null : this.who.id;
    await this.client.publishAsync(this.topic('event'), JSON.stringify({ id, at: Date.now(), person, action }), { qos: 1 });
    return answer;
  }

  /** The order in hand, once a view shows one; null when none comes in time. */
  async task(patience: number): Promise<PickTask | null> {
    const end = Date.now() + patience;
    while (!this.#view?.task && Date.now() < end) await this.#next(100);
    return this.#view?.task ?? null;
  }

  async pick(task: PickTask, absent: number | null = null): Promise<void> {
    for (let n = 0; n < 400; n += 1) {
      const open = this.#view?.task?.lines.find((line) => line.picked + line.short < line.qty);
      if (!open) break;
      const ack = await this.say(open.line === absent
        ? { type: 'not_found', order: task.order, line: open.line }
        : { type: 'scan', order: task.order, text: label(open), line: open.line });
      if (ack.outcome.type === 'refused' && ack.outcome.problem.code !== 'over_pick') throw new Error(`scan: ${JSON.stringify([ack, open])}`);
      await this.#next(300);
    }
    const done = await this.say({ type: 'pack', order: task.order });
    if (done.outcome.type !== 'applied') throw new Error(`pack: ${JSON.stringify(done)}`);
    const end = Date.now() + 5000;
    while (this.#view?.task?.order === task.order && Date.now() < end) await this.#next(100);
  }

  async away(): Promise<void> {
    await this.say({ type: 'logout' });
    await this.client.endAsync();
  }

  /** The goods that are still open in the task in hand. */
  open(): PickLine[] {
    return this.#view?.task?.lines.filter((line) => line.picked + line.short < line.qty) ?? [];
  }

  /** The next view, or the end of patience. */
  #next(patience: number): Promise<void> {
    return new Promise((done) => {
      const late = setTimeout(done, patience);
      this.#changed.push(() => {
        clearTimeout(late);
        done();
      });
    });
  }
}
