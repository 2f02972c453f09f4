/** The card of a clicked place that is no feature. */
import type { PlaceAnswer } from '../api/wire.ts';
import { h, icon, ICONS } from '../dom.ts';
import { length } from '../format.ts';
import type { App } from '../state/app.ts';
import { chainageText, copy, facts, positions, reference, section } from './parts.ts';

export function renderPlace(app: App, answer: PlaceAnswer): HTMLElement {
  const { words, boundary, time } = app.store.now;
  const line = answer.linear_reference;
  return h(
    'article',
    { class: 'card', testid: 'place-card' },
    h(
      'header',
      { class: 'card-head' },
      h('p', { class: 'eyebrow' }, words.name(boundary?.names)),
      h('h2', { testid: 'card-title' }, words.t('this_place')),
      h(
        'div',
        { class: 'card-actions' },
        h(
          'button',
          { class: 'quiet', onclick: () => void copy(app, location.href, words.t('link_copied')) },
          icon(ICONS.copy),
          words.t('copy_link'),
        ),
      ),
    ),
    time.inForce || time.knownAt ? h('p', { class: 'note' }, words.t('place_is_today')) : null,
    section(
      words.t('along_the_line'),
      reference(words, line),
      facts([[words.t('chainage'), line ? chainageText(words, line.chainage_m, line.offset_m, line.side) : '']]),
    ),
    section(words.t('coordinates'), positions(app, answer.positions)),
    section(words.t('nearest_markers'), nearest(app, answer)),
  );
}

function nearest(app: App, answer: PlaceAnswer): HTMLElement | null {
  const list = answer.nearest_markers ?? [];
  if (list.length === 0) return null;
  return h(
    'ul',
    { class: 'nearest' },
    list.map(({ id, label, distance_m }) =>
      h(
        'li',
        {},
        h(
          'button',
          {
            class: 'marker-chip',
            onclick: () => app.store.set({ selection: { kind: 'item', collection: 'markers', id }, alsoHere: [] }),
          },
          label,
        ),
        h('span', {}, length(distance_m)),
      ),
    ),
  );
}
