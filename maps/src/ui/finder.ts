/** The field that goes to a marker by its number. */
import { fill, h, icon, ICONS } from '../dom.ts';
import { fly } from '../map/view.ts';
import type { App } from '../state/app.ts';
import { findMarker } from './markers.ts';

export function createFinder(app: App): HTMLElement {
  const form = h('form', { class: 'finder', role: 'search', onsubmit: (event) => void go(event) });

  async function go(event: Event): Promise<void> {
    event.preventDefault();
    const { words, boundary } = app.store.now;
    const input = form.querySelector('input');
    const label = input?.value.trim() ?? '';
    if (!boundary || label === '') return;
    try {
      const found = await findMarker(app, boundary.key, label);
      if (!found) {
        app.toast.say(words.t('err_marker', { label }));
        return;
      }
      app.store.set({ selection: { kind: 'item', collection: 'markers', id: found.id }, alsoHere: [] });
      fly(app.map, found.lon, found.lat);
      input?.select();
    } catch (error) {
      app.toast.error(words.t('err_marker', { label }), error);
    }
  }

  function render(): void {
    const { words } = app.store.now;
    const before = form.querySelector('input')?.value ?? '';
    const input = h('input', {
      type: 'text',
      testid: 'finder',
      placeholder: words.t('find_marker'),
      'aria-label': words.t('find_marker'),
      autocomplete: 'off',
      spellcheck: 'false',
      size: 8,
      enterkeyhint: 'search',
    });
    input.value = before;
    fill(form, icon(ICONS.search), input);
  }
  app.store.on(['words'], render);
  render();
  return form;
}
