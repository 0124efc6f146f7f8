// The rider's phone: the hub's last word, the proofs it has not heard, and where the phone is. It decides nothing: a proof
// is a command with an id, kept on disk until the hub has answered it.

import { ApiError } from '@larder/shared/api.ts';
import { newId } from '@larder/shared/id.ts';
import { Keep } from '@larder/shared/keep.ts';
import { Outbox, Pump } from '@larder/shared/outbox.ts';
import { signal } from '@larder/shared/signal.ts';
import type { Fix, LostWhy, Point, RiderNow, RiderTask } from '@larder/shared/types/hub.ts';
import type { Problem } from '@larder/shared/types/words.ts';
import type { Account } from '../../common/account.svelte.ts';
import { cash, nextTask, others, pace, withFix, type Proof } from './task.ts';

export type News = { kind: 'done' | 'refused' | 'kept' | 'gone'; number: string; problem?: Problem; why?: LostWhy };
const AGAIN_MS = 3000;
/** A phone that lies still says so all the same: who is silent for minutes is taken for gone. */
const STILL_MS = 30_000;

export class Phone {
  now = $state.raw<RiderNow | null>(null);
  heardAt = $state(0);
  live = $state(false);
  kept = $state.raw<Proof[]>([]);
  place = $state.raw<Point | null>(null);
  /** The orders whose bags the rider has said are taken. */
  inHand = $state.raw<string[]>([]);
  news = $state.raw<News | null>(null);
  started = $state(false);
  readonly task: RiderTask = $derived(this.now ? nextTask(this.now, this.kept, this.inHand) : { type: 'wait' });
  /** The numbers of the other orders of this way. */
  readonly others: string[] = $derived(this.now ? others(this.now, this.kept, this.task) : []);
  readonly cash: number = $derived(this.now ? cash(this.now, this.kept) : 0);

  #keep!: Keep;
  #pump!: Pump<Proof>;
  #sending = '';
  #fixes: Fix[] = [];
  #sentAt = 0;
  #askedAt = 0;
  /** The lost order that was said already. */
  #gone = '';
  #watching: number | undefined;

  constructor(readonly account: Account) {}

  async start(): Promise<void> {
    this.#keep = await Keep.open('larder-rider');
    this.now = (await this.#keep.get<RiderNow>('now')) ?? null;
    this.heardAt = (await this.#keep.get<number>('heard')) ?? 0;
    this.place = (await this.#keep.get<Point>('place')) ?? null;
    this.inHand = [(await this.#keep.get<string | string[]>('inHand')) ?? []].flat();
    this.#gone = (await this.#keep.get<string>('gone')) ?? '';
    this.#pump = new Pump(await Outbox.open<Proof>('larder-rider-outbox'), (proof) => void this.#send(proof), AGAIN_MS);
    this.kept = await this.#pump.start();
    this.#pump.connected(true);
    this.started = true;
    void this.#loop();
    this.#watch();
    addEventListener('online', () => void this.load());
  }

  /** Asks the hub what to do. */
  async load(): Promise<void> {
    if (!this.account.session) return;
    try {
      await this.#take(await this.account.call((api) => api.get<RiderNow>('/api/v1/rider/now')));
    } catch (error) {
      this.#missed(error);
    }
  }

  /** Starts or ends the shift; throws the hub's refusal. */
  async shift(on: boolean, hours: number): Promise<void> {
    const at = this.place;
    if (!at) return;
    const until = Date.now() + hours * 3_600_000;
    await this.#take(await this.account.call((api) => api.post<RiderNow>('/api/v1/rider/shift', { on, until, at })));
  }

  /** The bags are in the rider's hands: kept over a reload, since the hub may hear of it much later. */
  async take(order: string): Promise<void> {
    // What is not on the screen any more needs no memory.
    const known = new Set(this.now?.stops?.map((stop) => stop.order));
    this.inHand = [...this.inHand.filter((each) => known.has(each)), order];
    await this.#keep.set('inHand', this.inHand);
  }

  /** Keeps the proof of a delivery, then sends it, now or whenever there is a signal. */
  async deliver(task: RiderTask & { type: 'deliver' }, code: string, cash: number): Promise<void> {
    const request = { code, cash, at: this.place ?? task.at, delivered_at: Date.now() };
    const proof: Proof = { id: newId(), order: task.order, number: task.number, request };
    this.kept = [...this.kept, proof];
    await this.#pump.add(proof);
  }

  logout(): void {
    this.account.logout();
    this.now = null;
    void this.#keep.remove('now');
  }

  /** Asks the phone where it is; false: it does not say. */
  locate(): Promise<boolean> {
    if (!navigator.geolocation) return Promise.resolve(false);
    return new Promise((done) =>
      navigator.geolocation.getCurrentPosition((fix) => { this.#moved(fix); done(true); }, () => done(false), { timeout: 8000, maximumAge: 10_000 }));
  }

  async #loop(): Promise<void> {
    for (;;) {
      await this.load();
      if (this.now?.on_shift && Date.now() - this.#askedAt > STILL_MS) {
        this.#askedAt = Date.now();
        void this.locate();
      }
      await this.#post();
      await new Promise((done) => setTimeout(done, document.hidden ? 10_000 : AGAIN_MS));
    }
  }

  async #send(proof: Proof): Promise<void> {
    if (this.#sending !== '') return;
    this.#sending = proof.id;
    try {
      await this.#take(await this.account.call((api) => api.post<RiderNow>(`/api/v1/rider/orders/${proof.order}/deliver`, proof.request, proof.id)), proof.id);
      await this.#heard(proof, { kind: 'done', number: proof.number });
      signal('done');
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const answered = !error.unreachable && error.problem.status < 500 && error.problem.status !== 401;
      if (answered) {
        await this.#heard(proof, { kind: 'refused', number: proof.number, problem: error.problem });
        signal('wrong');
        await this.load();
      } else {
        this.live = false;
        if (this.news?.kind !== 'refused') this.news = { kind: 'kept', number: proof.number };
      }
    } finally {
      this.#sending = '';
    }
  }

  async #heard(proof: Proof, news: News): Promise<void> {
    this.kept = this.kept.filter((each) => each.id !== proof.id);
    this.news = news;
    this.#sending = '';
    await this.#pump.acknowledge(proof.id);
  }

  async #take(now: RiderNow, heard = ''): Promise<void> {
    const fresh = this.now && now.next.type !== 'wait' && JSON.stringify([now.next.type, now.next.order]) !== JSON.stringify(this.now.next.type === 'wait' ? [] : [this.now.next.type, this.now.next.order]);
    if (heard) this.kept = this.kept.filter((proof) => proof.id !== heard);
    this.now = now;
    this.heardAt = Date.now();
    this.live = true;
    if (fresh) signal('attention');
    await this.#lost(now);
    await this.#keep.set('now', now);
    await this.#keep.set('heard', this.heardAt);
  }

  /** An order that is gone is said once, until it is read. */
  async #lost({ lost }: RiderNow): Promise<void> {
    if (!lost || this.#gone === `${lost.order} ${lost.at}`) return;
    this.#gone = `${lost.order} ${lost.at}`;
    this.news = { kind: 'gone', number: lost.number, why: lost.why };
    signal('attention');
    await this.#keep.set('gone', this.#gone);
  }

  #missed(error: unknown): void {
    if (!(error instanceof ApiError)) throw error;
    if (error.unreachable || error.problem.status >= 500) this.live = false;
  }

  #watch(): void {
    if (!navigator.geolocation || this.#watching !== undefined) return;
    this.#watching = navigator.geolocation.watchPosition((fix) => this.#moved(fix), () => undefined, { enableHighAccuracy: true });
  }

  #moved({ coords, timestamp }: GeolocationPosition): void {
    this.place = { lat: coords.latitude, lon: coords.longitude };
    this.#askedAt = Date.now();
    void this.#keep.set('place', this.place);
    if (this.now?.on_shift) this.#fixes = withFix(this.#fixes, { at: Math.round(timestamp), point: this.place });
    void this.#post();
  }

  /** Sends what has gathered; what did not arrive stays for the next time. */
  async #post(): Promise<void> {
    if (this.#fixes.length === 0 || !this.account.session || Date.now() - this.#sentAt < pace(this.now)) return;
    const fixes = this.#fixes;
    this.#sentAt = Date.now();
    this.#fixes = [];
    try {
      await this.account.call((api) => api.post<void>('/api/v1/rider/positions', { fixes }));
    } catch (error) {
      this.#fixes = [...this.#fixes, ...fixes].slice(0, 600);
      this.#missed(error);
    }
  }
}
