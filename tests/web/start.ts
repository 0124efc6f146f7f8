// Starts the demo once for all walks (vitest's global set-up) and stops it: a hub, two stores with brokers and simulated
// devices, nobody shopping. Addresses that are already in the environment are used as they are.

import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
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
  const args = ['--quiet', ...options, '--data', data, '--report', join(data, 'report.json')];
  // LARDER_DEMO_BIN: a demo that is built already.
  const [program, ...first] = process.env['LARDER_DEMO_BIN']
    ? [process.env['LARDER_DEMO_BIN']]
    : ['cargo', 'run', '--locked', '--quiet', '--release', '-p', 'tests', '--bin', 'demo', '--'];
  const child = spawn(program, [...first, ...args], { cwd: resolve('../..'), stdio: ['ignore', 'pipe', 'inherit'] });
  const demo = await ready(child);
  return { demo: { ...demo, data }, stop: () => stop(child) };
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
