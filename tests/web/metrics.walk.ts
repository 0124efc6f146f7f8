// What Prometheus reads of both nodes under the demo: the text format to the letter, every figure of replication, no product
// and no order in any label; and Grafana's dashboard asks for nothing that is not there.

import { readFileSync } from 'node:fs';
import { beforeAll, expect, inject, test } from 'vitest';

const { hub, store } = inject('demo');
const GOODS = new Set(readFileSync(new URL('../../store-node/demo/catalogue.csv', import.meta.url), 'utf8').split('\n').slice(1).map((row) => row.split(',')[0]));

type Sample = { name: string; labels: Record<string, string>; value: number };
type Page = { types: Map<string, string>; samples: Sample[] };

/** Reads Prometheus' text format 0.0.4; throws at the first line that is not of it. */
function parse(text: string): Page {
  const page: Page = { types: new Map(), samples: [] };
  expect(text.endsWith('\n'), 'the last line ends').toBe(true);
  for (const line of text.split('\n').slice(0, -1)) {
    const meta = /^# (HELP|TYPE) ([a-zA-Z_:][\w:]*) (.+)$/.exec(line);
    if (meta) {
      if (meta[1] === 'TYPE') {
        expect(page.types.has(meta[2]!), `${meta[2]} has one type`).toBe(false);
        expect(meta[3]).toMatch(/^(gauge|counter|histogram)$/);
        page.types.set(meta[2]!, meta[3]!);
      }
      continue;
    }
    const sample = /^([a-zA-Z_:][\w:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (\S+)$/.exec(line);
    if (!sample) throw new Error(`not Prometheus' format: ${line}`);
    const labels = Object.fromEntries([...(sample[2] ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map((pair) => [pair[1]!, pair[2]!]));
    const value = sample[3] === '+Inf' ? Infinity : Number(sample[3]);
    expect(Number.isNaN(value), line).toBe(false);
    expect([...page.types.keys()].some((name) => sample[1] === name || new RegExp(`^${name}_(bucket|sum|count)$`).test(sample[1]!)), `${sample[1]} has a type before it`).toBe(true);
    page.samples.push({ name: sample[1]!, labels, value });
  }
  return page;
}

async function scrape(base: string): Promise<Page> {
  const response = await fetch(`${base}/metrics`);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  return parse(await response.text());
}

let pages: { hub: Page; store: Page };
beforeAll(async () => {
  pages = { hub: await scrape(hub), store: await scrape(store) };
});
const values = (page: Page, name: string) => page.samples.filter((sample) => sample.name === name);

test('each node tells every figure of its replication and of its writer', () => {
  for (const name of ['larder_link_up', 'larder_link_state_seconds', 'larder_facts_waiting', 'larder_log_records_waiting', 'larder_acknowledged_lag_seconds', 'larder_rights_outstanding_units', 'larder_rights_blocked_units', 'larder_writer_queue', 'larder_unknown_orders', 'larder_epoch', 'larder_generation']) {
    expect(values(pages.store, name), name).toHaveLength(1);
  }
  for (const name of ['link_up', 'selling', 'facts_waiting', 'epoch', 'rights_outstanding_units', 'rights_blocked_units']) {
    expect(values(pages.hub, `larder_hub_store_${name}`).map((sample) => sample.labels['store']), name).toEqual(['s1', 's2']);
  }
  const lanes = values(pages.hub, 'larder_hub_store_log_records_waiting').filter((sample) => sample.labels['store'] === 's1');
  expect(lanes.map((sample) => sample.labels['lane'])).toEqual(['orders', 'states', 'alarms', 'stock', 'backfill']);
  expect(values(pages.hub, 'larder_hub_generation').map((sample) => sample.value)).toEqual([1]);
  expect(values(pages.hub, 'larder_hub_former_life_open').map((sample) => sample.value)).toEqual([0]);
  expect(values(pages.store, 'larder_link_up')[0]!.value).toBe(1);
  const up = values(pages.hub, 'larder_hub_store_link_up');
  expect(up.map((sample) => sample.value)).toEqual([1, 0]);
  expect(values(pages.hub, 'larder_hub_store_heard_seconds')[0]!.value).toBeLessThan(60);
  expect(values(pages.store, 'larder_rights_outstanding_units')[0]!.value).toBeGreaterThan(0);
});

test('commits and groups were counted, and their classes add up', () => {
  for (const [page, prefix] of [[pages.hub, 'larder_hub_'], [pages.store, 'larder_']] as const) {
    for (const name of ['commit_seconds', 'writer_group_commands']) {
      const classes = values(page, `${prefix}${name}_bucket`);
      const counts = classes.map((sample) => sample.value);
      expect(classes.at(-1)!.labels['le']).toBe('+Inf');
      expect(counts).toEqual([...counts].sort((a, b) => a - b));
      expect(counts.at(-1)).toBe(values(page, `${prefix}${name}_count`)[0]!.value);
      expect(counts.at(-1)).toBeGreaterThan(0);
      expect(values(page, `${prefix}${name}_sum`)[0]!.value).toBeGreaterThan(0);
    }
  }
});

test('no product and no order stands in a label', () => {
  for (const { name, labels } of [...pages.hub.samples, ...pages.store.samples]) {
    for (const [label, value] of Object.entries(labels)) {
      expect(['store', 'reason', 'le', 'state', 'lane', 'stream']).toContain(label);
      expect(value, name).not.toMatch(/^[0-9a-f]{8}-/);
      expect(GOODS.has(value), `${name} ${value}`).toBe(false);
    }
  }
});

test('the dashboard asks only for what the nodes tell', () => {
  const dashboard = JSON.parse(readFileSync(new URL('../../sync/figures/grafana/larder.json', import.meta.url), 'utf8')) as { panels: { title: string; targets?: { expr: string }[] }[] };
  const known = new Set([...pages.hub.types.keys(), ...pages.store.types.keys()]);
  const asked = dashboard.panels.flatMap((panel) => (panel.targets ?? []).flatMap(({ expr }) => expr.match(/larder_\w+/g) ?? []));
  expect(asked.length).toBeGreaterThan(20);
  // Nobody took a backup in the walks' stores, and the hub may have published nothing yet: there is no age of either.
  known.add('larder_backup_age_seconds');
  known.add('larder_catalogue_age_seconds');
  for (const name of asked) expect(known, name).toContain(name.replace(/_(bucket|sum|count)$/, ''));
  // And nothing that the nodes tell is left out of it.
  const shown = new Set(asked.map((name) => name.replace(/_(bucket|sum|count)$/, '')));
  expect([...known].filter((name) => !shown.has(name) && name !== 'larder_link_state_seconds')).toEqual([]);
});
