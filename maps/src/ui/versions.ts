/** The versions of a record as one dated strip; any two are compared, in numbers and on the map. */
import type { Geometry } from 'geojson';
import { describe } from '../api/problem.ts';
import type { Difference, DrawnDifference, GroundDifference, Version } from '../api/wire.ts';
import { h, icon, ICONS, fill } from '../dom.ts';
import { area, day, group } from '../format.ts';
import { extentOf } from '../geometry.ts';
import { showOverlay, type Shown } from '../map/overlay.ts';
import { fit, fly } from '../map/view.ts';
import type { App } from '../state/app.ts';
import type { Compared } from '../state/hash.ts';
import { facts } from './parts.ts';

type Answer =
  | { kind: 'loading' }
  | { kind: 'done'; told: Difference; drawn: DrawnDifference }
  | { kind: 'error'; title: string; remedy: string };

export interface Versions {
  /** The strip of one record. */
  render(versions: Version[] | undefined): HTMLElement | null;
}

export function createVersions(app: App): Versions {
  const box = h('div', { class: 'compare', testid: 'compare', 'aria-live': 'polite' });
  const holder = h('div', {});
  /** Newest first. */
  let shown: Version[] = [];
  let key = '';
  let answer: Answer | null = null;
  let request: AbortController | null = null;

  function keyOf(): string {
    const { selection, compared, lang } = app.store.now;
    if (selection?.kind !== 'item' || !compared) return '';
    return `${selection.collection}.${selection.id}.${compared.old}-${compared.new}.${lang}`;
  }

  /** Reads what the state asks for, and takes away what it asks for no more. */
  function follow(): void {
    const wanted = keyOf();
    if (wanted === key) return;
    const moved = wanted.replace(/\.\w+$/, '') !== key.replace(/\.\w+$/, '');
    key = wanted;
    request?.abort();
    answer = null;
    const { selection, compared } = app.store.now;
    if (moved) drawOverlay();
    if (wanted === '' || selection?.kind !== 'item' || !compared) {
      paint();
      return;
    }
    void read(selection.collection, selection.id, compared, moved);
  }

  async function read(collection: string, id: number, compared: Compared, go: boolean): Promise<void> {
    const mine = new AbortController();
    request = mine;
    answer = { kind: 'loading' };
    paint();
    try {
      const [told, drawn] = await Promise.all([
        app.client.difference(collection, id, compared, mine.signal),
        app.client.drawnDifference(collection, id, compared, mine.signal),
      ]);
      if (mine.signal.aborted) return;
      answer = { kind: 'done', told, drawn };
      paint();
      drawOverlay();
      if (go) look(drawn);
      box.scrollIntoView({ block: 'nearest' });
    } catch (error) {
      if (mine.signal.aborted) return;
      const { title, detail, remedy } = describe(error, app.store.now.words);
      answer = { kind: 'error', title: detail || title, remedy };
      paint();
    }
  }

  function shapes(): Shown {
    const { found, selection } = app.store.now;
    if (answer?.kind === 'done')
      return answer.drawn.features.flatMap(({ geometry, properties }) =>
        geometry ? [{ role: properties.role, geometry }] : [],
      );
    if (selection?.kind !== 'place') return [];
    const pin: Geometry = { type: 'Point', coordinates: [selection.lon, selection.lat] };
    const all: Shown = [{ role: 'found', geometry: pin }];
    if (found && found.type !== 'Point') all.unshift({ role: 'found', geometry: found });
    return all;
  }

  function drawOverlay(): void {
    if (app.map.isStyleLoaded() || app.map.getSource('overlay')) showOverlay(app.map, shapes());
    else app.map.once('idle', () => showOverlay(app.map, shapes()));
  }

  /** Goes where the two are farthest apart; to the whole where that is not known. */
  function look(drawn: DrawnDifference): void {
    const apart = drawn.features.find(({ properties }) => properties.role === 'difference')?.geometry;
    const all = extentOf(...drawn.features.map(({ geometry }) => geometry));
    const near = apart ? extentOf(apart) : null;
    if (near && all && (all[2] - all[0] > 0.02 || all[3] - all[1] > 0.02)) {
      const margin = Math.max(near[2] - near[0], near[3] - near[1], 0.0008);
      fit(app.map, [near[0] - margin, near[1] - margin, near[2] + margin, near[3] + margin]);
    } else if (all && all[0] === all[2] && all[1] === all[3]) fly(app.map, all[0], all[1], 16);
    else if (all) fit(app.map, all);
  }

  function paint(): void {
    const { words, compared, selection } = app.store.now;
    box.hidden = answer === null;
    if (answer === null || !compared) {
      fill(box);
      return;
    }
    const head = h(
      'div',
      { class: 'compare-head' },
      h('strong', {}, words.t('compare_title', { old: compared.old, new: compared.new })),
      h(
        'button',
        {
          class: 'icon-button small',
          testid: 'compare-close',
          'aria-label': words.t('close'),
          title: words.t('close'),
          onclick: () => app.store.set({ compared: null }),
        },
        icon(ICONS.close),
      ),
    );
    switch (answer.kind) {
      case 'loading':
        fill(box, head, h('p', { class: 'loading' }, words.t('loading')));
        return;
      case 'error':
        fill(box, head, h('p', { class: 'compare-error' }, answer.title), h('p', { class: 'muted' }, answer.remedy));
        return;
      case 'done': {
        const { told, drawn } = answer;
        const page =
          selection?.kind === 'item'
            ? `/collections/${selection.collection}/items/${selection.id}/versions/${compared.old}/difference/${compared.new}?f=html&lang=${words.lang}`
            : '';
        fill(
          box,
          head,
          numbers(app, told),
          legend(app, drawn),
          changes(app, told),
          h(
            'div',
            { class: 'card-actions' },
            h('button', { class: 'quiet', onclick: () => look(drawn) }, icon(ICONS.target), words.t('zoom_to')),
            h('a', { class: 'quiet', href: page, target: '_blank', rel: 'noopener' }, icon(ICONS.document), words.t('compare_page')),
          ),
        );
      }
    }
  }

  function strip(): void {
    if (shown.length === 0) return;
    fill(
      holder,
      h(
        'ol',
        { class: 'strip', testid: 'history' },
        shown.map((version, at) => entry(app, version, shown[at + 1])),
      ),
      shown.length > 2 ? chooser(app, shown) : null,
    );
  }

  app.store.on(['selection', 'compared', 'lang', 'found', 'time'], () => {
    const focused = (document.activeElement as HTMLElement | null)?.dataset['testid'];
    const at = [...holder.querySelectorAll(`[data-testid="${focused}"]`)].indexOf(document.activeElement as Element);
    strip();
    if (focused && at >= 0) holder.querySelectorAll<HTMLElement>(`[data-testid="${focused}"]`)[at]?.focus();
    follow();
    if (answer === null) drawOverlay();
  });

  return {
    render(versions) {
      shown = [...(versions ?? [])].sort((a, b) => b.version - a.version);
      if (shown.length === 0) return null;
      strip();
      follow();
      paint();
      return h('div', { class: 'versions' }, holder, box);
    },
  };
}

/** One version: its days, why it is so, what one may do with it. */
function entry(app: App, version: Version, before: Version | undefined): HTMLElement {
  const { words, compared, time } = app.store.now;
  const since = version.valid_from ? day(version.valid_from) : '';
  const isCompared = compared !== null && compared.new === version.version && compared.old === before?.version;
  return h(
    'li',
    { class: version.known_to ? 'strip-old' : '' },
    h('time', {}, since || '—'),
    h(
      'div',
      {},
      h(
        'strong',
        {},
        words.list([
          words.t('version', { n: version.version }),
          version.valid_to ? words.t('until', { date: day(version.valid_to) }) : '',
        ]),
      ),
      version.reason ? h('span', {}, version.reason) : null,
      h(
        'small',
        {},
        [
          version.instrument,
          version.author,
          version.known_from ? words.t('known_from', { date: day(version.known_from) }) : '',
        ]
          .filter(Boolean)
          .join(' · '),
      ),
      h(
        'span',
        { class: 'strip-actions' },
        before
          ? h(
              'button',
              {
                class: 'link',
                testid: 'compare-with-before',
                'aria-pressed': String(isCompared),
                onclick: () =>
                  app.store.set({ compared: isCompared ? null : { old: before.version, new: version.version } }),
              },
              words.t('compare_before'),
            )
          : null,
        since && since !== time.inForce
          ? h(
              'button',
              {
                class: 'link',
                testid: 'time-of-version',
                onclick: () => app.store.set({ time: { inForce: since, knownAt: '' } }),
              },
              words.t('time_of_version'),
            )
          : null,
      ),
    ),
  );
}

/** Two menus for any pair of versions. */
function chooser(app: App, newest: Version[]): HTMLElement {
  const { words, compared } = app.store.now;
  const menu = (testid: string, title: string, chosen: number) =>
    h(
      'label',
      {},
      h('span', {}, title),
      h(
        'select',
        { testid },
        newest.map(({ version, valid_from }) =>
          h(
            'option',
            { value: version, selected: version === chosen },
            `${version}${valid_from ? ` · ${day(valid_from)}` : ''}`,
          ),
        ),
      ),
    );
  const last = newest.at(-1)?.version ?? 1;
  const first = newest[0]?.version ?? 1;
  const form = h(
    'form',
    {
      class: 'compare-form',
      onsubmit: (event) => {
        event.preventDefault();
        const [old, next] = [...form.querySelectorAll('select')].map(({ value }) => Number(value));
        if (old !== undefined && next !== undefined) app.store.set({ compared: { old, new: next } });
      },
    },
    menu('compare-old', words.t('compare_from'), compared?.old ?? last),
    menu('compare-new', words.t('compare_to'), compared?.new ?? first),
    h('button', { class: 'button small', type: 'submit', testid: 'compare-go' }, words.t('compare_go')),
  );
  return form;
}

function numbers(app: App, told: Difference): HTMLElement | null {
  const { words } = app.store.now;
  const ground = told.difference;
  if (!ground) {
    const reason = told.not_comparable;
    return reason ? h('p', { class: 'muted' }, words.either(reason.en, reason.zh)) : null;
  }
  return h(
    'div',
    { testid: 'compare-numbers' },
    facts(rows(app, ground)),
    h(
      'p',
      { class: 'muted' },
      ground.position_kind === 'legal'
        ? words.t('compare_legal', { crs: ground.crs })
        : words.t('compare_display', { crs: ground.crs }),
    ),
  );
}

function rows(app: App, ground: GroundDifference): [string, string][] {
  const { words } = app.store.now;
  const metres = (value: number | undefined): string => (value === undefined ? '' : `${group(value, 3)} m`);
  switch (ground.kind) {
    case 'points':
      return [
        [words.t('compare_distance'), metres(ground.distance_m)],
        [words.t('compare_azimuth'), ground.azimuth_deg === null || ground.azimuth_deg === undefined ? '' : `${ground.azimuth_deg.toFixed(3)}°`],
      ];
    case 'lines':
      return [
        [words.t('compare_maximum'), metres(ground.maximum_m)],
        [words.t('compare_mean'), metres(ground.mean_m)],
        [words.t('compare_area'), ground.area_m2 === undefined ? '' : area(ground.area_m2)],
      ];
    case 'polygons':
      return [
        [words.t('compare_gained'), ground.gained_m2 === undefined ? '' : area(ground.gained_m2)],
        [words.t('compare_lost'), ground.lost_m2 === undefined ? '' : area(ground.lost_m2)],
      ];
  }
}

function legend(app: App, drawn: DrawnDifference): HTMLElement | null {
  const { words, compared } = app.store.now;
  const has = (role: string) => drawn.features.some(({ geometry, properties }) => geometry && properties.role === role);
  if (!compared || (!has('old') && !has('new'))) return null;
  return h(
    'ul',
    { class: 'compare-legend' },
    has('old') ? h('li', { class: 'is-old' }, words.t('version', { n: compared.old })) : null,
    has('new') ? h('li', { class: 'is-new' }, words.t('version', { n: compared.new })) : null,
    has('difference') ? h('li', { class: 'is-apart' }, words.t('compare_maximum')) : null,
  );
}

function changes(app: App, told: Difference): HTMLElement {
  const { words } = app.store.now;
  if (told.changed.length === 0) return h('p', { class: 'muted' }, words.t('compare_same_fields'));
  const text = (value: unknown, unit: string | null, said: string | null | undefined): string => {
    if (value === null || value === undefined || value === '') return words.t('compare_empty');
    if (typeof value === 'number') return `${group(value, Number.isInteger(value) ? 0 : 3)}${unit && unit !== '1' ? ` ${unit}` : ''}`;
    if (typeof value === 'string' || typeof value === 'boolean') return said ?? String(value);
    return said ?? JSON.stringify(value);
  };
  return h(
    'dl',
    { class: 'compare-changes', testid: 'compare-changes' },
    told.changed.flatMap(({ property, title, unit, before, after, before_text, after_text }) => [
      h('dt', {}, title ?? property),
      h('dd', {}, h('del', {}, text(before, unit, before_text)), ' ', h('ins', {}, text(after, unit, after_text))),
    ]),
  );
}
