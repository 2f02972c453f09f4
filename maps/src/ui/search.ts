/**
 * The search field: numbers, names in any language, places along the line. What was found stands below it in groups; a
 * find opens its card, a place along the line gets a pin.
 */
import type { Geometry } from 'geojson';
import { describe } from '../api/problem.ts';
import type { Bbox, Found, Hit } from '../api/wire.ts';
import { extentOf } from '../geometry.ts';
import { fill, h, icon, ICONS, type IconName } from '../dom.ts';
import { fit, fly } from '../map/view.ts';
import type { App } from '../state/app.ts';

export interface Search {
  element: HTMLElement;
  focus(): void;
}

/** Long enough that a slow line carries one question a word, not one a letter. */
const PAUSE_MS = 220;
const MOST = 24;

const KIND_ICONS: Record<string, IconName> = {
  markers: 'marker',
  marker_elements: 'marker',
  boundary_points: 'point',
  sections: 'line',
  segments: 'line',
  boundaries: 'line',
  routes: 'route',
  islands: 'area',
  shared_waters: 'area',
  zones: 'area',
  ports: 'port',
  affairs: 'port',
  projects: 'project',
  inspections: 'inspections',
  incidents: 'warning',
  parties: 'person',
  representatives: 'person',
};

type State =
  | { kind: 'idle' }
  | { kind: 'loading' }
  | { kind: 'done'; hits: Hit[]; hint: string; elsewhere: boolean }
  | { kind: 'error'; title: string; remedy: string };

export function createSearch(app: App): Search {
  let state: State = { kind: 'idle' };
  let active = -1;
  let asked = '';
  let timer = 0;
  let request: AbortController | null = null;

  const input = h('input', {
    type: 'text',
    id: 'search-field',
    testid: 'search',
    role: 'combobox',
    'aria-autocomplete': 'list',
    'aria-controls': 'search-list',
    'aria-expanded': 'false',
    autocomplete: 'off',
    autocapitalize: 'off',
    spellcheck: 'false',
    enterkeyhint: 'search',
    oninput: () => later(),
    onfocus: () => {
      if (input.value.trim() !== '') open();
    },
    onkeydown: (event) => key(event),
  });
  const clear = h(
    'button',
    { class: 'search-clear', type: 'button', testid: 'search-clear', hidden: true, onclick: () => reset(true) },
    icon(ICONS.close),
  );
  const shortcut = h('kbd', { class: 'search-key', 'aria-hidden': 'true' }, '/');
  const list = h('div', { id: 'search-list', class: 'search-list', role: 'listbox', testid: 'search-list', hidden: true });
  const said = h('div', { class: 'sr-only', role: 'status' });
  const element = h(
    'div',
    { class: 'search', role: 'search' },
    h('label', { class: 'search-field', for: 'search-field' }, icon(ICONS.search), input, clear, shortcut),
    list,
    said,
  );
  document.addEventListener('pointerdown', (event) => {
    if (event.target instanceof Node && !element.contains(event.target)) close();
  });
  element.addEventListener('focusout', (event) => {
    if (!(event.relatedTarget instanceof Node) || !element.contains(event.relatedTarget)) {
      // A click into the list takes the focus for a moment.
      setTimeout(() => {
        if (!element.contains(document.activeElement)) close();
      }, 150);
    }
  });

  function later(): void {
    clearTimeout(timer);
    clear.hidden = input.value === '';
    shortcut.hidden = input.value !== '';
    const text = input.value.trim();
    if (text === '') {
      request?.abort();
      asked = '';
      show({ kind: 'idle' });
      close();
      return;
    }
    timer = window.setTimeout(() => void ask(text), PAUSE_MS);
  }

  async function ask(text: string): Promise<void> {
    clearTimeout(timer);
    request?.abort();
    const mine = new AbortController();
    request = mine;
    asked = text;
    // What was found before stays until there is something newer, so that the list does not flicker.
    if (state.kind !== 'done') show({ kind: 'loading' });
    element.classList.add('search-busy');
    open();
    const { boundary, words } = app.store.now;
    try {
      let found: Found = await app.client.search(text, boundary?.key ?? null, MOST, mine.signal);
      let elsewhere = false;
      if (found.features.length === 0 && app.store.now.boundaries.length > 1) {
        const others = await app.client.search(text, null, MOST, mine.signal);
        elsewhere = others.features.length > 0;
        if (elsewhere) found = others;
      }
      if (mine.signal.aborted) return;
      show({ kind: 'done', hits: grouped(found.features), hint: found.hint ?? '', elsewhere });
    } catch (error) {
      if (mine.signal.aborted) return;
      const { title, detail, remedy } = describe(error, words);
      show({ kind: 'error', title: detail || title, remedy });
    } finally {
      if (request === mine) element.classList.remove('search-busy');
    }
  }

  function show(next: State): void {
    state = next;
    active = next.kind === 'done' && next.hits.length > 0 ? 0 : -1;
    render();
  }

  function open(): void {
    list.hidden = state.kind === 'idle';
    input.setAttribute('aria-expanded', String(!list.hidden));
  }

  function close(): void {
    list.hidden = true;
    input.setAttribute('aria-expanded', 'false');
  }

  function reset(focus: boolean): void {
    input.value = '';
    later();
    if (focus) input.focus();
  }

  function key(event: KeyboardEvent): void {
    const hits = state.kind === 'done' ? state.hits : [];
    if (event.key === 'Escape') {
      event.stopPropagation();
      if (!list.hidden) close();
      else if (input.value !== '') reset(true);
      else app.map.getCanvas().focus({ preventScroll: true });
    } else if ((event.key === 'ArrowDown' || event.key === 'ArrowUp') && hits.length > 0) {
      event.preventDefault();
      if (list.hidden) open();
      else move(event.key === 'ArrowDown' ? 1 : -1, hits.length);
    } else if (event.key === 'Home' && event.ctrlKey && hits.length > 0) {
      event.preventDefault();
      move(-active, hits.length);
    } else if (event.key === 'Enter' && !event.isComposing) {
      event.preventDefault();
      const text = input.value.trim();
      const hit = hits[active];
      if (text === '') return;
      if (hit && asked === text && state.kind === 'done' && !list.hidden) choose(hit);
      else void ask(text).then(() => open());
    }
  }

  function move(by: number, count: number): void {
    active = (active + by + count) % count;
    mark();
  }

  function mark(): void {
    list.querySelectorAll<HTMLElement>('[role="option"]').forEach((option, index) => {
      option.setAttribute('aria-selected', String(index === active));
      if (index === active) {
        input.setAttribute('aria-activedescendant', option.id);
        option.scrollIntoView({ block: 'nearest' });
      }
    });
    if (active < 0) input.removeAttribute('aria-activedescendant');
  }

  function choose(hit: Hit): void {
    close();
    const { boundaries, boundary } = app.store.now;
    const { collection } = hit.properties;
    const other = boundaries.find(({ key }) => key === hit.properties.boundary);
    const change = other && other !== boundary ? { boundary: other } : {};
    const box = hit.geometry ? extentOf(hit.geometry) : null;
    if (collection !== null && hit.id !== undefined) {
      const selection = { kind: 'item', collection, id: Number(hit.id) } as const;
      app.store.set({ ...change, selection, alsoHere: [], compared: null, found: null });
    } else if (hit.geometry && box) {
      const [lon, lat] = placeOf(hit.geometry);
      app.store.set({ ...change, selection: { kind: 'place', lon, lat }, alsoHere: [], compared: null, found: hit.geometry });
    }
    if (box) go(box);
    input.blur();
  }

  function go(box: Bbox): void {
    if (box[0] === box[2] && box[1] === box[3]) fly(app.map, box[0], box[1]);
    else fit(app.map, box);
  }

  function render(): void {
    const { words } = app.store.now;
    input.placeholder = words.t('search_hint');
    input.setAttribute('aria-label', words.t('search_label'));
    input.title = words.t('search_keys');
    list.setAttribute('aria-label', words.t('search_found'));
    clear.setAttribute('aria-label', words.t('search_clear'));
    clear.title = words.t('search_clear');
    switch (state.kind) {
      case 'idle':
        fill(list);
        said.textContent = '';
        break;
      case 'loading':
        fill(list, h('p', { class: 'search-note' }, words.t('loading')));
        break;
      case 'error':
        fill(
          list,
          h(
            'div',
            { class: 'search-note', testid: 'search-error' },
            h('strong', {}, state.title),
            h('p', {}, state.remedy),
            h('button', { class: 'quiet', type: 'button', onclick: () => void ask(input.value.trim()) }, words.t('retry')),
          ),
        );
        said.textContent = state.title;
        break;
      case 'done':
        if (state.hits.length === 0) {
          fill(
            list,
            h(
              'div',
              { class: 'search-note', testid: 'search-empty' },
              h('strong', {}, words.t('search_nothing', { text: asked })),
              h('p', {}, state.hint),
            ),
          );
          said.textContent = words.t('search_nothing', { text: asked });
        } else {
          fill(
            list,
            state.elsewhere ? h('p', { class: 'search-note' }, words.t('search_elsewhere')) : null,
            groups(state.hits),
          );
          said.textContent = words.t('search_count', { n: state.hits.length });
        }
        mark();
        break;
    }
    if (state.kind === 'idle') close();
  }

  function groups(hits: Hit[]): Node[] {
    const { words } = app.store.now;
    const parts: Node[] = [];
    let heading: string | null = null;
    hits.forEach((hit, index) => {
      const kind = hit.properties.collection === null ? words.t('search_along') : kindOf(app, hit);
      if (kind !== heading) {
        heading = kind;
        parts.push(h('div', { class: 'search-kind', role: 'presentation' }, kind));
      }
      parts.push(option(hit, index));
    });
    return parts;
  }

  function option(hit: Hit, index: number): HTMLElement {
    const { words, boundary, boundaries } = app.store.now;
    const p = hit.properties;
    const name = words.name({
      ...(p.name_zh ? { zh: p.name_zh } : {}),
      ...(p.name_en ? { en: p.name_en } : {}),
      ...(p.name_ru ? { ru: p.name_ru } : {}),
      ...(p.name_ko ? { ko: p.name_ko } : {}),
    });
    const along = p.collection === null;
    const detail = along ? words.either(p.linear_reference_en, p.linear_reference_zh) : name;
    const other = p.boundary && p.boundary !== boundary?.key ? boundaries.find(({ key }) => key === p.boundary) : null;
    return h(
      'div',
      {
        id: `search-option-${index}`,
        class: 'search-option',
        role: 'option',
        testid: 'search-option',
        'data-collection': p.collection ?? 'along',
        'aria-selected': 'false',
        onpointermove: () => {
          if (active === index) return;
          active = index;
          mark();
        },
        onclick: () => choose(hit),
      },
      icon(ICONS[along ? 'pin' : (KIND_ICONS[p.collection ?? ''] ?? 'document')]),
      h(
        'span',
        { class: 'search-words' },
        h('strong', {}, p.label || name),
        detail && detail !== p.label ? h('span', {}, detail) : null,
        other ? h('small', {}, words.name(other.names)) : null,
      ),
      hit.geometry ? null : h('small', { class: 'search-off' }, words.t('search_off_map')),
    );
  }

  app.store.on(['words'], render);
  app.store.on(['time', 'boundary'], () => {
    if (asked === '' || input.value.trim() === '') return;
    // What was found belongs to another day or line.
    state = { kind: 'idle' };
    asked = '';
    close();
  });
  // A field is no place for keys of the map, and the list follows only the reader.
  render();
  return {
    element,
    focus() {
      input.focus();
      input.select();
    },
  };
}

function kindOf(app: App, hit: Hit): string {
  const { words } = app.store.now;
  return hit.properties.kind ?? words.code('collection', hit.properties.collection);
}

/** Kinds in the order in which their best find comes. */
export function grouped(hits: Hit[]): Hit[] {
  const kinds = [...new Set(hits.map(({ properties }) => properties.collection))];
  return kinds.flatMap((kind) => hits.filter(({ properties }) => properties.collection === kind));
}

/** A point itself; of a line the middle of its vertices. */
function placeOf(geometry: Geometry): [number, number] {
  let value: unknown = 'coordinates' in geometry ? geometry.coordinates : [0, 0];
  while (Array.isArray(value) && Array.isArray(value[0])) value = value[Math.floor(value.length / 2)];
  const [lon = 0, lat = 0] = value as number[];
  return [lon, lat];
}
