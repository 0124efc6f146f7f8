// The document of topics and payloads, judged by AsyncAPI's own schema, and each payload schema by JSON Schema's.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import { expect, test } from 'vitest';

const require = createRequire(import.meta.url);
const schema = require('@asyncapi/specs/schemas/3.0.0-without-$id.json') as object;
const text = readFileSync(new URL('../../model/src/mqtt/asyncapi.json', import.meta.url), 'utf8');
type Operation = { reply?: { address: { location: string }; channel: { $ref: string } } };
const document = JSON.parse(text) as { asyncapi: string; channels: Record<string, { address: string | null }>; operations: Record<string, Operation>; components: { schemas: Record<string, object>; messages: object } };

const judge = () => formats.default(new Ajv({ strict: false, allErrors: true })).compile(schema);

test('the document is AsyncAPI 3', () => {
  const valid = judge();
  expect(valid(document), JSON.stringify(valid.errors?.slice(0, 5), null, 1)).toBe(true);
  const broken = structuredClone(document) as Record<string, unknown>;
  delete broken['info'];
  expect(valid(broken), 'a document without info must fail').toBe(false);
});

test('every reference leads somewhere, and every payload schema compiles', () => {
  for (const [, path] of text.matchAll(/"\$ref": "#\/([^"]+)"/g)) {
    const found = path!.split('/').reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key.replaceAll('~1', '/')], document);
    expect(found, path).toBeDefined();
  }
  const ajv = new Ajv({ strict: false, validateFormats: false });
  ajv.addSchema(document, 'asyncapi');
  for (const name of Object.keys(document.components.schemas)) expect(ajv.getSchema(`asyncapi#/components/schemas/${name}`), name).toBeDefined();
});

test('a message of the wire is valid, and a bent one is not', () => {
  const ajv = new Ajv({ strict: false, validateFormats: false });
  ajv.addSchema(document, 'asyncapi');
  const valid = ajv.getSchema('asyncapi#/components/schemas/Event')!;
  const event = { id: '0193a7d2-7b1e-7c3a-9c00-000000000001', at: 1_763_700_000_000, session: 3, seq: 7, body: { type: 'scan', text: '9520001000010', aim: ']E0' } };
  expect(valid(event), JSON.stringify(valid.errors)).toBe(true);
  expect(valid({ ...event, body: { type: 'shout' } })).toBe(false);
  expect(valid({ ...event, seq: -1 })).toBe(false);
});

test('a request names where its answer goes: the response topic', () => {
  const asking = Object.entries(document.operations).filter(([, operation]) => operation.reply);
  expect(asking.map(([name]) => name)).toEqual(['receive_event', 'send_command']);
  for (const [name, { reply }] of asking) {
    expect(reply!.address.location, name).toBe('$message.header#/responseTopic');
    // AsyncAPI: a reply with an address of its own refers to a channel without one.
    expect(document.channels[reply!.channel.$ref.split('/').at(-1)!]!.address, name).toBeNull();
  }
});

test('what a device can do is a document, and a bent one is none', () => {
  const ajv = new Ajv({ strict: false, validateFormats: false });
  ajv.addSchema(document, 'asyncapi');
  const valid = ajv.getSchema('asyncapi#/components/schemas/Capability')!;
  const temperature = { quantity: 'temperature', field: 'milli_c', unit: 'mCel', min: -55_000, max: 125_000 };
  const sensor = { schema: 1, class: 'sensor', driver: 'ds18b20', model: 'Maxim DS18B20', commands: [], events: ['reading'], measures: [temperature] };
  expect(valid(sensor), JSON.stringify(valid.errors)).toBe(true);
  expect(valid({ ...sensor, events: ['shout'] })).toBe(false);
  expect(valid({ ...sensor, measures: [{ ...temperature, min: 'cold' }] })).toBe(false);
});
