// Where the person is: the address's fragment, so that the node serves one page and Back works.

export const SECTIONS = ['now', 'stock', 'cold', 'devices', 'link', 'counter', 'handover', 'count'] as const;
export type Section = (typeof SECTIONS)[number];
export type Route = { section: Section; id: string | null };

function parse(hash: string): Route {
  const [section, id] = hash.replace(/^#\/?/, '').split('/');
  const known = SECTIONS.find((s) => s === section) ?? 'now';
  return { section: known, id: id ? decodeURIComponent(id) : null };
}

const state = $state<{ now: Route }>({ now: parse(location.hash) });
addEventListener('hashchange', () => (state.now = parse(location.hash)));

export const route = (): Route => state.now;
export const href = (section: Section, id?: string): string => `#/${section}${id ? `/${encodeURIComponent(id)}` : ''}`;
export function go(section: Section, id?: string): void {
  location.hash = href(section, id);
}
