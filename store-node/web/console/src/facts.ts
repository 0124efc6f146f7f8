// What more than one screen shows: asked for once, kept while the person moves between sections.

import type { Board, ColdChain, Counting, DeviceRow, Link, Quarantine } from '@larder/shared/types/store.ts';
import type { FenceView } from '@larder/shared/types/words.ts';
import { Resource } from './node.svelte.ts';

export const board = new Resource<Board>(() => '/api/v1/board', ['board', 'link', 'cold']);
export const link = new Resource<Link>(() => '/api/v1/link', ['link', 'board']);
export const cold = new Resource<ColdChain>(() => '/api/v1/cold', ['cold']);
export const devices = new Resource<DeviceRow[]>(() => '/api/v1/devices', ['devices']);
export const quarantine = new Resource<Quarantine>(() => '/api/v1/quarantine', ['link']);
export const fence = new Resource<FenceView>(() => '/api/v1/fence', ['link', 'board', 'stock']);
export const counting = new Resource<Counting>(() => '/api/v1/counting', ['stock', 'link']);
