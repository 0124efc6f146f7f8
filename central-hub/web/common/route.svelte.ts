// Where the person is, in the part of the address after `#`: reloads and the back key work, and the hub need not know.

const read = () => (typeof location === 'undefined' ? '' : decodeURIComponent(location.hash.replace(/^#\/?/, '')));
const state = $state({ path: read() });
if (typeof addEventListener === 'function') addEventListener('hashchange', () => (state.path = read()));

/** Parts of the path now: `['order', '0189…']`; reactive. */
export function path(): string[] {
  return state.path.split('/').filter((part) => part !== '');
}

/** Goes there. `instead`: the place left is not kept in the history. */
export function go(to: string, instead = false): void {
  const url = `#/${to}`;
  if (instead) history.replaceState(null, '', url);
  else history.pushState(null, '', url);
  state.path = read();
  scrollTo(0, 0);
}
