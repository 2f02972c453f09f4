/** The short list when several features lie under the pointer. */
import { h } from '../dom.ts';
import { iconCanvas, LOOKS, OPEN_PORTS } from '../map/icons.ts';
import type { Picked } from '../map/pick.ts';
import type { App } from '../state/app.ts';
import { titleOf } from './parts.ts';

export function renderChooser(app: App, list: Picked[]): HTMLElement {
  const { words } = app.store.now;
  return h(
    'article',
    { class: 'card', testid: 'chooser' },
    h(
      'header',
      { class: 'card-head' },
      h('p', { class: 'eyebrow' }, words.t('choose_one')),
      h('h2', {}, words.t('several_here')),
    ),
    pickedList(app, list),
  );
}

export function pickedList(app: App, list: Picked[]): HTMLElement {
  const { words } = app.store.now;
  return h(
    'ul',
    { class: 'picked' },
    list.slice(0, 12).map((picked) =>
      h(
        'li',
        {},
        h(
          'button',
          {
            testid: 'picked',
            onclick: () =>
              app.store.set({
                selection: { kind: 'item', collection: picked.collection, id: picked.id },
                alsoHere: list.filter((other) => other !== picked),
              }),
          },
          sign(picked),
          h(
            'span',
            {},
            h('strong', {}, titleOf(words, picked.collection, picked.properties)),
            h('small', {}, words.code('collection', picked.collection)),
          ),
        ),
      ),
    ),
  );
}

function sign({ collection, properties: p }: Picked): HTMLElement {
  const text = (name: string, otherwise: string): string => String(p[name] ?? otherwise);
  const image =
    collection === 'markers'
      ? `marker/${text('constellation', 'single')}/${text('kind', 'main')}/${LOOKS[text('state', '')] ?? 'unknown'}/${text('visited', 'none')}`
      : collection === 'findings'
        ? `verdict/${text('verdict', 'inconclusive')}`
        : collection === 'ports'
          ? `port/${OPEN_PORTS.includes(text('status', 'open')) ? 'open' : 'closed'}`
          : null;
  return h('span', { class: `sign sign-${collection}` }, image ? iconCanvas(image) : null);
}
