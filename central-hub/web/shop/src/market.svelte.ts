// What a visitor looks at: where it should go, whether and how fast that is possible, and which goods match. Nothing here
// needs a login. What is on the screen is kept until its successor is here.

import { ApiError, type Api } from '@larder/shared/api.ts';
import { lang } from '@larder/shared/i18n.svelte.ts';
import type { Category, Point, ProductCard, SearchPage, Serviceable } from '@larder/shared/types/hub.ts';
import { CITY } from '../../common/geo.ts';

/** Where to deliver: an address of the customer, or a pin without words. */
export type Place = { label: string; at: Point };
const PLACE_KEY = 'larder.shop.place';
/** Typing rests this long before the search asks. */
const REST_MS = 180;

export class Market {
  place = $state.raw<Place>(keptPlace());
  service = $state.raw<Serviceable | null>(null);
  serviceAt = $state(0);
  categories = $state.raw<Category[]>([]);
  query = $state('');
  category = $state('');
  page = $state.raw<SearchPage | null>(null);
  pageAt = $state(0);
  /** What `page` is the answer to. */
  shown = $state.raw({ query: '', category: '' });
  busy = $state(false);
  failed = $state.raw<ApiError | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked = 0;

  constructor(private readonly api: Api) {}

  async start(): Promise<void> {
    await this.#serve();
    await Promise.all([this.#categories(), this.#search()]);
    setInterval(() => void this.refresh(), 15_000);
  }

  /** Asks again for what ages: the promise and the availability. */
  async refresh(): Promise<void> {
    if (typeof document !== 'undefined' && document.hidden) return;
    await this.#serve();
    if (this.categories.length === 0) await this.#categories();
    await this.#search();
  }

  /** Whether a point would be served; the chooser asks while the pin moves. */
  at(point: Point): Promise<Serviceable> {
    return this.api.get<Serviceable>(`/api/v1/serviceable?lat=${point.lat.toFixed(6)}&lon=${point.lon.toFixed(6)}`);
  }

  async choose(place: Place): Promise<void> {
    this.place = place;
    try {
      localStorage.setItem(PLACE_KEY, JSON.stringify(place));
    } catch {
      // The place then lasts as long as the page.
    }
    await this.#serve();
    await Promise.all([this.#categories(), this.#search()]);
  }

  /** A search looks everywhere: it leaves the category. */
  type(query: string): void {
    this.query = query;
    if (query.trim() !== '') this.category = '';
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#search(), REST_MS);
  }

  open(category: string): void {
    this.category = category;
    this.query = '';
    void this.#search();
  }

  /** The newest known card of a product, for a basket that was filled earlier. */
  card(sku: string): ProductCard | undefined {
    return this.page?.hits.find((hit) => hit.sku === sku);
  }

  async #serve(): Promise<void> {
    await this.#try(async () => {
      this.service = await this.at(this.place.at);
      this.serviceAt = Date.now();
    });
  }

  async #categories(): Promise<void> {
    await this.#try(async () => {
      const store = this.service?.store ?? '';
      this.categories = await this.api.get<Category[]>(`/api/v1/categories${store ? `?store=${store}` : ''}`);
    });
  }

  async #search(): Promise<void> {
    const ask = { query: this.query.trim(), category: this.category };
    const turn = (this.#asked += 1);
    this.busy = true;
    await this.#try(async () => {
      const words = new URLSearchParams({ q: ask.query, lang: lang() });
      if (ask.category) words.set('category', ask.category);
      if (this.service?.store) {
        words.set('store', this.service.store);
        words.set('lat', this.place.at.lat.toFixed(6));
        words.set('lon', this.place.at.lon.toFixed(6));
      }
      const page = await this.api.get<SearchPage>(`/api/v1/search?${words}`);
      if (turn !== this.#asked) return;
      this.page = page;
      this.pageAt = Date.now();
      this.shown = ask;
    });
    if (turn === this.#asked) this.busy = false;
  }

  async #try(run: () => Promise<void>): Promise<void> {
    try {
      await run();
      this.failed = null;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.failed = error;
    }
  }
}

function keptPlace(): Place {
  try {
    const kept = JSON.parse(localStorage.getItem(PLACE_KEY) ?? 'null') as Place | null;
    if (kept && Number.isFinite(kept.at.lat) && Number.isFinite(kept.at.lon)) return kept;
  } catch {
    // Nothing kept: the middle of the city.
  }
  return { label: '', at: CITY };
}
