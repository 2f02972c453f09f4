/** The inspections of the boundary, each with its act. */
import { h, icon, ICONS } from '../dom.ts';
import type { App } from '../state/app.ts';
import { actLink } from './receipt.ts';

export function renderInspections(app: App): HTMLElement {
  const { words, boundary } = app.store.now;
  const list = boundary?.inspections ?? [];
  return h(
    'article',
    { class: 'card', testid: 'inspections' },
    h(
      'header',
      { class: 'card-head' },
      h('p', { class: 'eyebrow' }, words.name(boundary?.names)),
      h('h2', {}, words.t('inspections')),
    ),
    list.length === 0
      ? h(
          'div',
          { class: 'empty' },
          icon(ICONS.inspections),
          h('strong', {}, words.t('no_inspections')),
          h('p', {}, words.t('no_inspections_do')),
        )
      : h(
          'ul',
          { class: 'inspection-list' },
          list.map((inspection) =>
            h(
              'li',
              {},
              h(
                'div',
                {},
                h('strong', {}, words.name(inspection.names) || inspection.number),
                h('small', {}, inspection.number),
              ),
              h('span', { class: 'chip' }, words.code('inspection_state', inspection.state)),
              actLink(app, inspection.id),
            ),
          ),
        ),
  );
}
