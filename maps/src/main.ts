/** Starts the page: state, map, parts, and what happens between them. */
import 'maplibre-gl/dist/maplibre-gl.css';
import './style/page.css';
import './style/map.css';
import './style/panel.css';
import { createClient } from './api/client.ts';
import { RequestError } from './api/problem.ts';
import type { Boundary } from './api/wire.ts';
import { h } from './dom.ts';
import { words } from './i18n.ts';
import { loadWorld, showBase } from './map/base.ts';
import { raiseOverlay } from './map/overlay.ts';
import { highlight, mountRegister, refreshRegister, translate } from './map/register.ts';
import { applyGroups, cameraOf, createMap, fit, whenIdle } from './map/view.ts';
import type { App, AppState } from './state/app.ts';
import { readHash, writeHash, type Lang } from './state/hash.ts';
import { createStore, type Store } from './state/store.ts';
import { createBanner, createEmptyNotice } from './ui/banner.ts';
import { createDropZone } from './ui/drop.ts';
import { createHeader } from './ui/header.ts';
import { createHelp } from './ui/help.ts';
import { listenToKeys } from './ui/keys.ts';
import { createLayers } from './ui/layers.ts';
import { createPanel } from './ui/panel.ts';
import { followPointer } from './ui/pointer.ts';
import { createSearch } from './ui/search.ts';
import { createStatus } from './ui/status.ts';
import { createTimeBanner, createTimeControl } from './ui/time.ts';
import { createToaster } from './ui/toast.ts';
import { createUploads } from './ui/uploads.ts';

const LANG_KEY = 'merestone.lang';
const RETRY_MS = 4000;

const link = readHash(location.hash);
const lang = link.lang ?? storedLang() ?? (navigator.languages.some((tag) => /^zh\b/i.test(tag)) ? 'zh' : 'en');

const held = createStore<AppState>({
  lang,
  words: words(lang),
  boundaries: [],
  boundary: null,
  selection: null,
  time: link.time,
  compared: null,
  found: null,
  alsoHere: [],
  layers: link.layers,
  layersOpen: matchMedia('(min-width: 1000px)').matches,
  edition: 0,
  attribution: '',
  started: false,
});
/** Who selects something else compares and looks for nothing any more, unless they say so. */
const store: Store<AppState> = {
  get now() {
    return held.now;
  },
  set: (change) => held.set('selection' in change ? { compared: null, found: null, ...change } : change),
  on: held.on,
};

const root = document.getElementById('app') ?? document.body.appendChild(h('div', { id: 'app' }));
const stage = h('main', { class: 'stage' });
const mapBox = h('div', { id: 'map', testid: 'map' });
stage.append(mapBox);
root.append(stage);

const toast = createToaster(document.body, () => store.now.words);
const client = createClient(
  () => store.now.lang,
  () => store.now.time,
);
const map = startMap();
const app: App = { store, client, map, toast };

const uploads = createUploads(app, (receipt) => {
  if (receipt.state !== 'done') return;
  // A track of another boundary shows on that one.
  const keys = (receipt.results ?? []).map(({ boundary_key }) => boundary_key);
  const other = store.now.boundaries.find(({ key }) => keys.includes(key));
  if (other && !keys.includes(store.now.boundary?.key ?? '')) store.set({ boundary: other });
  if (receipt.summary?.bbox) fit(map, receipt.summary.bbox);
});
const panel = createPanel(app, uploads);
const help = createHelp(app);
const goHome = (): void => {
  if (store.now.boundary?.bbox) fit(map, store.now.boundary.bbox);
};
const search = createSearch(app);
const time = createTimeControl(app);
const actions = {
  upload: uploads.choose,
  toggleLayers: () => store.set({ layersOpen: !store.now.layersOpen }),
  help: () => help.showModal(),
  chooseBoundary: (key: string) => {
    const next = store.now.boundaries.find((boundary) => boundary.key === key);
    if (next) {
      store.set({ boundary: next, selection: null, alsoHere: [] });
      if (next.bbox) fit(map, next.bbox, false);
    }
  },
  home: goHome,
  setLang: (next: Lang) => {
    remember(next);
    store.set({ lang: next, words: words(next) });
  },
};
const header = createHeader(app, actions, search.element, time.element);
root.prepend(header, createBanner(app), createTimeBanner(app));
stage.append(followPointer(app, panel), createEmptyNotice(app), createLayers(app), panel.element);
listenToKeys(app, panel, help, search, time);
root.append(createStatus(app));
document.body.append(
  createDropZone(app, (files) => uploads.add(files)),
  help,
);

// --- What follows the state ---------------------------------------------------------------------------------

function showLang(): void {
  document.documentElement.lang = store.now.lang === 'zh' ? 'zh-CN' : 'en';
  mapBox.setAttribute('aria-label', store.now.words.t('map_label'));
  for (const [kind, key] of [
    ['zoom-in', 'zoom_in'],
    ['zoom-out', 'zoom_out'],
    ['compass', 'north_up'],
  ] as const) {
    const button = mapBox.querySelector<HTMLElement>(`.maplibregl-ctrl-${kind}`);
    button?.setAttribute('aria-label', store.now.words.t(key));
    button?.setAttribute('title', store.now.words.t(key));
  }
  translate(map, store.now.lang);
}

function showTitle(): void {
  const { words: w, boundary } = store.now;
  document.title = boundary ? `${w.name(boundary.names)} · Merestone` : 'Merestone';
}

function showSelection(): void {
  const { selection } = store.now;
  if (!map.getSource('register')) return;
  if (selection?.kind === 'item') highlight(map, selection.collection, selection.id);
  else highlight(map, null, -1);
}

let shown: Promise<void> = Promise.resolve();
async function showBoundary(boundary: Boundary): Promise<void> {
  showBase(map, boundary);
  try {
    const tiles = await client.tiles(boundary.key);
    if (store.now.boundary !== boundary) return;
    store.set({ attribution: tiles.attribution ?? '' });
    mountRegister(map, tiles, boundary, store.now.lang);
    applyGroups(map, store.now.layers);
    raiseOverlay(map);
    showSelection();
  } catch (error) {
    toast.error(store.now.words.t('err_tiles'), error);
  }
}

async function refreshTiles(): Promise<void> {
  const { boundary } = store.now;
  if (!boundary) return;
  try {
    refreshRegister(map, await client.tiles(boundary.key));
  } catch (error) {
    toast.error(store.now.words.t('err_tiles'), error);
  }
}

function writeLink(): void {
  const { boundary, layers, lang: now, selection, time: then, compared } = store.now;
  const hash = writeHash({
    boundary: boundary?.key ?? null,
    camera: boundary ? cameraOf(map) : null,
    layers,
    lang: now,
    selection,
    time: then,
    compared,
  });
  if (hash !== location.hash) history.replaceState(null, '', hash || location.pathname);
}

store.on(['words'], showLang);
store.on(['words', 'boundary'], showTitle);
store.on(['boundary'], ({ boundary }) => {
  if (boundary) shown = showBoundary(boundary);
});
store.on(['edition', 'time'], () => void refreshTiles());
store.on(['layers'], () => applyGroups(map, store.now.layers));
store.on(['selection'], showSelection);
store.on(['boundary', 'layers', 'lang', 'selection', 'time', 'compared'], writeLink);
map.on('moveend', writeLink);

// --- What comes from outside --------------------------------------------------------------------------------

map.on('error', ({ error }) => {
  // MapLibre asks for a tile again by itself; one message is enough. Anything but a request is our own mistake.
  const status = (error as { status?: number }).status;
  if (status !== undefined) toast.error(store.now.words.t('err_tiles'), new RequestError({ kind: 'status', status }));
  else if (error instanceof TypeError)
    toast.error(store.now.words.t('err_tiles'), new RequestError({ kind: 'unreachable' }));
  else console.error(error);
});

window.addEventListener('hashchange', () => {
  const next = readHash(location.hash);
  const boundary = store.now.boundaries.find(({ key }) => key === next.boundary) ?? store.now.boundary;
  if (next.lang && next.lang !== store.now.lang) store.set({ lang: next.lang, words: words(next.lang) });
  if (next.camera)
    map.jumpTo({ center: [next.camera.lon, next.camera.lat], zoom: next.camera.zoom, bearing: next.camera.bearing });
  const { inForce, knownAt } = store.now.time;
  const same = inForce === next.time.inForce && knownAt === next.time.knownAt;
  store.set({
    boundary,
    layers: next.layers,
    selection: next.selection,
    compared: next.compared,
    alsoHere: [],
    ...(same ? {} : { time: next.time }),
  });
});

// --- Start --------------------------------------------------------------------------------------------------

async function start(): Promise<void> {
  const [boundaries] = await Promise.all([
    readBoundaries(),
    new Promise<void>((resolve) => {
      if (map.loaded()) resolve();
      else void map.once('load', () => resolve());
    }),
  ]);
  loadWorld(map).catch((error: unknown) => toast.error(store.now.words.t('err_land'), error));
  const boundary = boundaries.find(({ key }) => key === link.boundary) ?? boundaries[0] ?? null;
  if (boundary?.bbox && !link.camera) fit(map, boundary.bbox, false);
  store.set({ boundaries, boundary, started: true });
  await shown;
  if (link.selection) store.set({ selection: link.selection, compared: link.compared });
}

/** Asks until the server answers: it may still be starting. */
async function readBoundaries(): Promise<Boundary[]> {
  for (;;) {
    try {
      const boundaries = await client.boundaries();
      toast.clear();
      return boundaries;
    } catch (error) {
      toast.error(store.now.words.t('err_boundaries'), error);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

showLang();
const ready = start();

/** For the browser tests: the map, and a promise that settles when everything is drawn. */
declare global {
  interface Window {
    merestone?: { map: typeof map; idle(): Promise<void> };
  }
}
window.merestone = { map, idle: () => ready.then(() => whenIdle(map)) };

function startMap() {
  try {
    return createMap(mapBox, lang, link.camera, store.now.words);
  } catch (error) {
    mapBox.append(
      h('p', { class: 'no-map' }, `${store.now.words.t('err_webgl')} ${store.now.words.t('err_webgl_do')}`),
    );
    throw error;
  }
}

function storedLang(): Lang | null {
  try {
    const stored = localStorage.getItem(LANG_KEY);
    return stored === 'zh' || stored === 'en' ? stored : null;
  } catch {
    return null;
  }
}

function remember(next: Lang): void {
  try {
    localStorage.setItem(LANG_KEY, next);
  } catch {
    // A browser that keeps nothing still has the language in the address.
  }
}
