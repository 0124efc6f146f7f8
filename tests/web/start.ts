// Starts the demo once for all walks (vitest's global set-up) and stops it: a hub, two stores with brokers and simulated
// devices, nobody shopping. Addresses that are already in the environment are used as they are.

import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestProject } from 'vitest/node';

/** What the walks need to know. */
export type Demo = {
  /** The hub's address, `http://127.0.0.1:port`. */
  hub: string;
  /** The first store's address. */
  store: string;
  /** The second store's address; its uplink is cut from the start. Empty where no demo was started. */
  cutStore: string;
  /** The demo's folder, where its simulated hardware lies; empty where no demo was started. */
  data: string;
  /** Phones that the demo knows: the operations lead and one rider. */
  opsPhone: string;
  riderPhone: string;
};

declare module 'vitest' {
  export interface ProvidedContext {
    demo: Demo;
  }
}

/** The demo may have to be built first. */
const PATIENCE_MS = 15 * 60_000;

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = {
    hub: process.env['LARDER_DEMO_HUB'] ?? '',
    store: process.env['LARDER_DEMO_STORE'] ?? '',
    cutStore: process.env['LARDER_DEMO_CUT_STORE'] ?? '',
    data: '',
    opsPhone: process.env['LARDER_DEMO_OPS_PHONE'] ?? '+919800020001',
    riderPhone: process.env['LARDER_DEMO_RIDER_PHONE'] ?? '+919800010001',
  };
  if (given.store !== '') {
    project.provide('demo', given);
    return async () => undefined;
  }
  const { demo, stop } = await launch(['--cut', 's2@0..86400']);
  project.provide('demo', demo);
  return stop;
}

/** Starts a demo in which nobody shops, in a folder of its own. */
export async function launch(options: readonly string[]): Promise<{ demo: Demo; stop: () => Promise<void> }> {
  const data = mkdtempSync(join(tmpdir(), 'larder-walk-'));
  const args = ['--quiet', '--any-ports', ...options, '--data', data, '--report', join(data, 'report.json')];
  const child = play(args, 'pipe');
  const demo = await ready(child);
  return { demo: { ...demo, data }, stop: () => stop(child) };
}

/** Runs the demo's program. */
function play(args: readonly string[], stdout: 'pipe' | 'ignore'): ChildProcess {
  // LARDER_DEMO_BIN: a demo that is built already.
  const [program, ...first] = process.env['LARDER_DEMO_BIN']
    ? [process.env['LARDER_DEMO_BIN']]
    : ['cargo', 'run', '--locked', '--quiet', '--release', '-p', 'tests', '--bin', 'demo', '--'];
  return spawn(program, [...first, ...args], { cwd: resolve('../..'), stdio: ['ignore', stdout, 'inherit'] });
}

/** Starts a hub that has just come out of its own backup: one store that it has not heard, two of operations. */
export async function restoredHub(staff: readonly string[]): Promise<{ hub: string; stop: () => Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'larder-restored-'));
  const port = await freePort();
  const people = staff.map((phone, n) => `[[staff]]\nname = "Ops ${n}"\nphone = "${phone}"\nrole = "city_ops"\n`);
  writeFileSync(join(folder, 'hub.toml'), [
    `profile = "demo"\nlisten = "127.0.0.1:${port}"\ndata_dir = "hub"\ncatalogue = "${resolve('../../store-node/demo/catalogue.csv')}"\n`,
    '[[stores]]\nid = "s1"\nname = "Larder Indiranagar"\nlat = 12.9719\nlon = 77.6412\ntoken = "a-token-of-walks-only"\n', ...people,
  ].join(''));
  return { hub: `http://127.0.0.1:${port}`, stop: await serving('__restored', join(folder, 'hub.toml'), port) };
}

/** A new machine takes the place of a store of this demo's: from a backup of this moment, with ports of its own. */
export async function replacedStore(data: string, id: string): Promise<{ store: string; stop: () => Promise<void> }> {
  const [old, folder] = [join(data, id), join(data, `${id}-new`)];
  mkdirSync(folder);
  const text = readFileSync(join(old, 'store.toml'), 'utf8');
  writeFileSync(join(folder, 'old.toml'), text);
  const [http, tcp, ws] = [await freePort(), await freePort(), await freePort()];
  const moved = text.replaceAll(old, folder).replace(/^http = .*$/m, `http = "127.0.0.1:${http}"`)
    .replace(/^tcp_port = .*$/m, `tcp_port = ${tcp}`).replace(/^websocket_port = .*$/m, `websocket_port = ${ws}`);
  writeFileSync(join(folder, 'store.toml'), moved);
  return { store: `http://127.0.0.1:${http}`, stop: await serving('__replaced', join(folder, 'store.toml'), http) };
}

/** Starts a role of the demo's program and waits until it serves; gives what stops it. */
async function serving(role: string, config: string, port: number): Promise<() => Promise<void>> {
  const child = play([role, config], 'ignore');
  for (const until = Date.now() + PATIENCE_MS; ;) {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null);
    if (answer?.ok) return () => stop(child);
    if (child.exitCode !== null || Date.now() > until) throw new Error(`${role} was not ready`);
    await new Promise((done) => setTimeout(done, 100));
  }
}

function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => done(port));
    });
  });
}

function ready(child: ChildProcess): Promise<Demo> {
  return new Promise((done, fail) => {
    const late = setTimeout(() => fail(new Error('the demo was not ready in time')), PATIENCE_MS);
    child.once('exit', (code) => fail(new Error(`the demo ended before it was ready (code ${code})`)));
    createInterface({ input: child.stdout! }).on('line', (line) => {
      if (!line.startsWith('ready ')) return;
      clearTimeout(late);
      done(addresses(JSON.parse(line.slice('ready '.length)) as Ready));
    });
  });
}

/** The demo's own words. */
type Ready = { hub: string; stores: { id: string; url: string }[]; ops_phone: string; rider_phone: string };

function addresses(ready: Ready): Demo {
  const [first, second] = ready.stores;
  if (!first || !second) throw new Error('the demo has no two stores');
  return { hub: ready.hub, store: first.url, cutStore: second.url, data: '', opsPhone: ready.ops_phone, riderPhone: ready.rider_phone };
}

function stop(child: ChildProcess): Promise<void> {
  return new Promise((done) => {
    if (child.exitCode !== null) return done();
    child.once('exit', () => done());
    child.kill('SIGINT');
    setTimeout(() => child.kill('SIGKILL'), 15_000).unref();
  });
}
