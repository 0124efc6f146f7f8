// The handheld's line to the store's broker over WebSocket. Framework-free; mqtt.js is loaded when first needed. Durable
// delivery is the outbox's work, not the broker session's: nothing is queued here while the line is down.

import type { MqttClient } from 'mqtt';

export type LinkStatus = 'connecting' | 'online' | 'offline' | 'refused';
export type LinkOptions = {
  /** For example `ws://192.168.1.4:9001/mqtt`. */
  url: string;
  /** Also the user name, as the broker's ACL demands. */
  clientId: string;
  password: string;
  /** Topics to hear, QoS 1; subscribed again after every connect. */
  subscribe: string[];
  /** Said by the broker when this page falls silent. */
  will?: { topic: string; payload: string };
  onMessage: (topic: string, payload: string, retained: boolean) => void;
  onStatus: (status: LinkStatus) => void;
};

/** CONNACK reasons that a retry does not heal: bad credentials, not authorised. */
const REFUSED = new Set([4, 5, 134, 135]);

export class MqttLink {
  #client: MqttClient | undefined;
  #stopped = false;

  constructor(private readonly options: LinkOptions) {}

  async start(): Promise<void> {
    const { onStatus, onMessage } = this.options;
    onStatus('connecting');
    const { connect } = (await import('mqtt')).default;
    if (this.#stopped) return;
    const client = connect(this.options.url, {
      clientId: this.options.clientId,
      username: this.options.clientId,
      password: this.options.password,
      clean: false,
      resubscribe: false,
      keepalive: 15,
      reconnectPeriod: 1000,
      connectTimeout: 5000,
      queueQoSZero: false,
      ...(this.options.will ? { will: { topic: this.options.will.topic, payload: asBytes(this.options.will.payload), qos: 1 as const, retain: true } } : {}),
    });
    this.#client = client;
    client.on('connect', () => {
      // Online only once the answers can be heard: an ack to an event sent earlier would be lost.
      client.subscribe(this.options.subscribe, { qos: 1 }, (error) => {
        if (!error && client.connected) onStatus('online');
        else if (error) client.reconnect();
      });
    });
    client.on('message', (topic, payload, packet) => onMessage(topic, payload.toString(), packet.retain));
    client.on('close', () => onStatus('offline'));
    client.on('offline', () => onStatus('offline'));
    client.on('error', (error) => onStatus(REFUSED.has((error as { code?: number }).code ?? 0) ? 'refused' : 'offline'));
  }

  /** Sends if the line is up; says whether it was handed over. */
  publish(topic: string, payload: unknown, retain = false): boolean {
    const client = this.#client;
    if (!client?.connected) return false;
    client.publish(topic, JSON.stringify(payload), { qos: 1, retain }, () => undefined);
    return true;
  }

  /** Tries now instead of at the next turn: the device says it is back on the network. */
  nudge(): void {
    if (this.#client && !this.#client.connected && !this.#client.reconnecting) this.#client.reconnect();
  }

  stop(): void {
    this.#stopped = true;
    this.#client?.end(true);
  }
}

function asBytes(text: string): never {
  // mqtt.js types the will's payload as a Buffer but takes any byte array in a browser.
  return new TextEncoder().encode(text) as never;
}
