// The handheld's state and its line to the store: what came in, what the person did, what the screen should flash. It
// decides nothing about orders: core/ guesses for the colour, the store's ack and view are the truth.

import { learn, now } from '@larder/shared/clock.svelte.ts';
import { newId } from '@larder/shared/id.ts';
import { Keep } from '@larder/shared/keep.ts';
import { MqttLink, type LinkStatus } from '@larder/shared/mqtt.ts';
import { Outbox, Pump } from '@larder/shared/outbox.ts';
import { signal } from '@larder/shared/signal.ts';
import type { Ack, Action, HandheldEvent, HandheldView, Notice } from '@larder/shared/types/mqtt.ts';
import type { HandheldConfig } from '@larder/shared/types/store.ts';
import type { Problem } from '@larder/shared/types/words.ts';
import { predict, type Guess } from './core/predict.ts';
import { EMPTY, project, withAck, withEvent, withView, type Model, type Now } from './core/progress.ts';
import { birth, enrolment, state, topics, watchBattery, type Device } from './device.ts';
import { Flashes } from './flashes.svelte.ts';

export type Person = { id: string; name: string };
/** Without a touch or scan for this long, the PIN is asked again. */
const IDLE_MS = 5 * 60_000;
/** A "not found" can be taken back this long before it is told to the store. */
const HELD_MS = 4000;
const LOGIN_MS = 6000;

export class Session {
  device = $state.raw<Device | null>(null);
  config = $state.raw<HandheldConfig | null>(null);
  link = $state<LinkStatus>('connecting');
  model = $state.raw<Model>(EMPTY);
  person = $state.raw<Person | null>(null);
  locked = $state(false);
  started = $state(false);
  kept = $state(0);
  battery = $state<number | null>(null);
  held = $state.raw<HandheldEvent | null>(null);
  notice = $state.raw<Notice | null>(null);
  hand = $state<'left' | 'right'>('right');
  readonly flashes = new Flashes();
  readonly now: Now | null = $derived(project(this.#withHeld(), today()));

  #keep!: Keep;
  #pump!: Pump<HandheldEvent>;
  #mqtt: MqttLink | undefined;
  #session = Date.now();
  #logins = new Map<string, (ack: Ack) => void>();
  #guesses = new Map<string, Guess>();
  #pin = '';
  #touched = Date.now();
  #heldTimer: ReturnType<typeof setTimeout> | undefined;
  #asked = false;

  async start(): Promise<void> {
    const fresh = enrolment(location, history);
    this.#keep = await Keep.open('larder-handheld');
    if (fresh) await this.#keep.set('device', fresh);
    this.device = fresh ?? (await this.#keep.get<Device>('device')) ?? null;
    this.hand = (await this.#keep.get<'left' | 'right'>('hand')) ?? 'right';
    this.person = (await this.#keep.get<Person>('person')) ?? null;
    this.config = (await this.#keep.get<HandheldConfig>('config')) ?? null;
    this.#touched = (await this.#keep.get<number>('touched')) ?? Date.now();
    const view = await this.#keep.get<HandheldView>('view');
    if (view) this.model = withView(EMPTY, view, today());
    const outbox = await Outbox.open<HandheldEvent>('larder-outbox');
    this.#pump = new Pump(outbox, (event) => this.#publishEvent(event));
    const held = await this.#keep.get<HandheldEvent>('held');
    if (held) {
      await outbox.add(held);
      await this.#keep.remove('held');
    }
    for (const event of await this.#pump.start()) this.model = withEvent(this.model, event);
    this.kept = this.#pump.waiting;
    this.started = true;
    this.#checkIdle();
    setInterval(() => this.#checkIdle(), 5000);
    void watchBattery((percent) => {
      this.battery = percent;
      this.#publishState();
    });
    addEventListener('online', () => this.#mqtt?.nudge());
    if (this.device) await this.#connect(this.device);
  }

  /** A whole scan came from the wedge. */
  scan(text: string): void {
    if (!this.#ready('locked_scan')) return;
    const task = this.now;
    if (!task || task.packing) {
      this.flashes.plain('no_task_scan');
      return;
    }
    const shown = task.current?.line ?? task.task.lines[0]?.line ?? 0;
    const guess = predict(task.task.lines, text, task.current?.line ?? null, today());
    this.flashes.guess(guess, text, task);
    const event = this.#event({ type: 'scan', order: task.task.order, text, line: shown });
    this.#guesses.set(event.id, guess);
    void this.#act(event);
  }

  /** Keys came that make no scan. */
  broken(text: string, why: 'check_digit' | 'unfinished'): void {
    this.flashes.misread(text, why);
  }

  /** The shown line is not on its shelf. Told to the store after a moment in which it can be taken back. */
  notFound(): void {
    const task = this.now;
    if (!task?.current || !this.#ready('locked_scan')) return;
    this.#flushHeld();
    this.held = this.#event({ type: 'not_found', order: task.task.order, line: task.current.line });
    void this.#keep.set('held', this.held);
    this.flashes.clear();
    this.#heldTimer = setTimeout(() => this.#flushHeld(), HELD_MS);
  }

  /** Takes back a "not found" that is still held, else the last pick (as an event). */
  undo(): void {
    const task = this.now;
    if (!task || !this.#ready('locked_scan')) return;
    this.flashes.clear();
    if (this.held) {
      clearTimeout(this.#heldTimer);
      this.held = null;
      void this.#keep.remove('held');
      return;
    }
    void this.#act(this.#event({ type: 'undo', order: task.task.order }));
  }

  pack(): void {
    if (!this.now || !this.#ready('locked_scan')) return;
    void this.#act(this.#event({ type: 'pack', order: this.now.task.order }));
  }

  ready(): void {
    this.#asked = true;
    void this.#act(this.#event({ type: 'ready' }));
  }

  /** PIN login. Not kept in the outbox: a PIN has no business on a disk. */
  async login(person: Person, pin: string): Promise<Problem | 'offline' | null> {
    if (this.locked && this.link !== 'online' && this.person?.id === person.id && this.#pin !== '') {
      if (pin !== this.#pin) return { code: 'wrong_pin', status: 401, title: 'Wrong PIN', detail: '', hint: '' };
      this.#unlock();
      return null;
    }
    const event: HandheldEvent = { id: newId(), at: Date.now(), person: null, action: { type: 'login', person: person.id, pin } };
    const ack = await this.#ask(event);
    if (!ack) return 'offline';
    if (ack.outcome.type === 'refused') return ack.outcome.problem;
    this.#pin = pin;
    this.person = person;
    await this.#keep.set('person', person);
    this.#unlock();
    if (!this.model.view?.task) this.ready();
    return null;
  }

  logout(): void {
    if (this.person) void this.#act(this.#event({ type: 'logout' }));
    this.#forget();
  }

  lock(): void {
    this.locked = this.person !== null;
  }

  touch(): void {
    this.#touched = Date.now();
    void this.#keep?.set('touched', this.#touched);
  }

  setHand(hand: 'left' | 'right'): void {
    this.hand = hand;
    void this.#keep.set('hand', hand);
  }

  // ---- inside --------------------------------------------------------------------------------------------------------

  #withHeld(): Model {
    return this.held ? withEvent(this.model, this.held) : this.model;
  }

  #event(action: Action): HandheldEvent {
    return { id: newId(), at: Date.now(), person: this.person?.id ?? null, action };
  }

  #ready(otherwise: 'locked_scan'): boolean {
    this.touch();
    if (this.person && !this.locked) return true;
    this.flashes.plain(otherwise);
    return false;
  }

  /** On the screen at once, on the disk next, then on its way. What is held goes first: order is kept. */
  async #act(event: HandheldEvent): Promise<void> {
    this.#flushHeld();
    this.model = withEvent(this.model, event);
    this.kept += 1;
    await this.#pump.add(event);
    this.kept = this.#pump.waiting;
  }

  #flushHeld(): void {
    const event = this.held;
    if (!event) return;
    clearTimeout(this.#heldTimer);
    this.held = null;
    void this.#act(event).then(() => this.#keep.remove('held'));
  }

  #publishEvent(event: HandheldEvent): void {
    if (this.device && this.config) this.#mqtt?.publish(topics(this.config.store, this.device.device).event, event);
  }

  /** Sends until the answer comes or the time is over. */
  #ask(event: HandheldEvent): Promise<Ack | null> {
    return new Promise((done) => {
      const again = setInterval(() => this.#publishEvent(event), 2000);
      const stop = (ack: Ack | null) => {
        clearInterval(again);
        clearTimeout(end);
        this.#logins.delete(event.id);
        done(ack);
      };
      const end = setTimeout(() => stop(null), LOGIN_MS);
      this.#logins.set(event.id, stop);
      this.#publishEvent(event);
    });
  }

  async #connect(device: Device): Promise<void> {
    try {
      const response = await fetch('/api/v1/handheld/config', { signal: AbortSignal.timeout(4000) });
      if (response.ok) {
        this.config = (await response.json()) as HandheldConfig;
        await this.#keep.set('config', this.config);
      }
    } catch {
      // Offline: the kept configuration serves.
    }
    const config = this.config;
    if (!config) {
      this.link = 'offline';
      setTimeout(() => void this.#connect(device), 2000);
      return;
    }
    const topic = topics(config.store, device.device);
    this.#mqtt = new MqttLink({
      url: `${config.ws_tls || location.protocol === 'https:' ? 'wss' : 'ws'}://${location.hostname}:${config.ws_port}/mqtt`,
      clientId: device.device,
      password: device.token,
      subscribe: [topic.cmd, topic.ack],
      will: { topic: topic.state, payload: JSON.stringify(state(this.#session, Date.now(), 'lost', null, 0)) },
      onStatus: (status) => this.#status(status),
      onMessage: (from, payload, retained) => this.#message(from === topic.cmd ? 'cmd' : 'ack', payload, retained),
    });
    await this.#mqtt.start().catch(() => (this.link = 'offline'));
  }

  #status(status: LinkStatus): void {
    this.link = status;
    this.#pump.connected(status === 'online');
    if (status !== 'online' || !this.config || !this.device) return;
    this.#mqtt?.publish(topics(this.config.store, this.device.device).birth, birth(this.#session, Date.now()), true);
    this.#publishState();
  }

  #publishState(): void {
    if (this.link !== 'online' || !this.config || !this.device) return;
    const said = state(this.#session, Date.now(), 'ok', this.battery, this.kept);
    this.#mqtt?.publish(topics(this.config.store, this.device.device).state, said, true);
  }

  #message(leaf: 'cmd' | 'ack', payload: string, retained: boolean): void {
    let message: unknown;
    try {
      message = JSON.parse(payload);
    } catch {
      return;
    }
    if (leaf === 'ack') this.#onAck(message as Ack);
    else this.#onView(message as HandheldView, retained);
  }

  #onView(view: HandheldView, retained: boolean): void {
    const before = this.model.view;
    const next = withView(this.model, view, today());
    if (next === this.model) return;
    if (!retained) learn(view.at);
    this.model = next;
    void this.#keep.set('view', view);
    if (view.task && view.task.order !== before?.task?.order) {
      this.#asked = false;
      this.flashes.clear();
      signal('attention');
    }
    const news = view.notices[0];
    if (news && (before?.notices[0]?.at ?? 0) < news.at) {
      this.notice = news;
      signal('attention');
    }
    if (!retained && before?.person === this.person?.id && view.person !== this.person?.id) this.#personFrom(view);
  }

  /** The store says that somebody else, or nobody, works here now. */
  #personFrom(view: HandheldView): void {
    if (view.person === null) this.#forget();
    else this.person = { id: view.person, name: view.person_name };
  }

  #onAck(ack: Ack): void {
    if (ack.scanner !== undefined) {
      this.flashes.heard(ack.outcome, this.now);
      return;
    }
    const login = this.#logins.get(ack.id);
    if (login) {
      login(ack);
      return;
    }
    const entry = this.model.pending.find((pending) => pending.event.id === ack.id);
    this.model = withAck(this.model, ack);
    void this.#pump.acknowledge(ack.id).then(() => (this.kept = this.#pump.waiting));
    if (entry) this.#answered(entry.event, ack);
  }

  #answered(event: HandheldEvent, ack: Ack): void {
    const guess = this.#guesses.get(event.id);
    this.#guesses.delete(event.id);
    if (ack.outcome.type === 'refused') {
      this.flashes.refused(event, guess, ack.outcome.problem, this.now);
      if (ack.outcome.problem.code === 'not_logged_in') this.#forget();
      return;
    }
    if (event.action.type === 'scan' && guess && guess.kind !== 'right') this.flashes.right(this.now);
    if (event.action.type === 'pack') {
      signal('done');
      if (!this.#asked) this.ready();
    }
  }

  #checkIdle(): void {
    if (this.person && Date.now() - this.#touched > IDLE_MS) this.locked = true;
  }

  #unlock(): void {
    this.locked = false;
    this.flashes.clear();
    this.touch();
  }

  #forget(): void {
    this.person = null;
    this.locked = false;
    this.#pin = '';
    this.#asked = false;
    void this.#keep.remove('person');
  }
}

/** Today at this handheld, `YYYY-MM-DD`. */
function today(): string {
  const date = new Date(now());
  return `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, '0')}-${String(date.getDate()).padStart(2, '0')}`;
}
