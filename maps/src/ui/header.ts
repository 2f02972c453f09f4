/** The bar at the top: name, boundary menu, actions, language. */
import { fill, h, icon, ICONS } from '../dom.ts';
import type { App } from '../state/app.ts';
import type { Lang } from '../state/hash.ts';

export interface HeaderActions {
  upload(): void;
  toggleLayers(): void;
  help(): void;
  chooseBoundary(key: string): void;
  home(): void;
  setLang(lang: Lang): void;
}

export function createHeader(app: App, actions: HeaderActions, search: HTMLElement, time: HTMLElement): HTMLElement {
  const bar = h('header', { class: 'bar' });

  function render(): void {
    const { words, boundaries, boundary, lang, selection, layersOpen } = app.store.now;
    const toggle = (kind: 'receipts' | 'inspections') => (): void =>
      app.store.set({ selection: app.store.now.selection?.kind === kind ? null : { kind }, alsoHere: [] });
    const menu = h(
      'label',
      { class: 'boundary-menu', hidden: boundaries.length === 0 },
      h('span', { class: 'sr-only' }, words.t('choose_boundary')),
      h(
        'select',
        {
          testid: 'boundary-menu',
          onchange: (event) => actions.chooseBoundary((event.target as HTMLSelectElement).value),
        },
        boundaries.map((entry) =>
          h(
            'option',
            { value: entry.key, selected: entry.key === boundary?.key },
            words.name(entry.names) || entry.key,
          ),
        ),
      ),
      icon(ICONS.chevron),
    );
    const panelButton = (kind: 'receipts' | 'inspections') =>
      h(
        'button',
        {
          class: 'bar-button',
          testid: `${kind}-button`,
          'aria-pressed': String(selection?.kind === kind),
          title: words.t(kind),
          onclick: toggle(kind),
        },
        icon(ICONS[kind]),
        h('span', {}, words.t(kind)),
      );
    const langButton = (code: Lang, text: string, full: string) =>
      h(
        'button',
        {
          lang: code === 'zh' ? 'zh-CN' : 'en',
          testid: `lang-${code}`,
          'aria-pressed': String(lang === code),
          'aria-label': full,
          onclick: () => actions.setLang(code),
        },
        text,
      );

    fill(
      bar,
      h(
        'button',
        { class: 'brand', title: words.t('whole_line'), testid: 'home', onclick: actions.home },
        h('img', { src: '/favicon.svg', alt: '', width: 26, height: 26 }),
        h('span', {}, 'Merestone'),
      ),
      menu,
      search,
      h('span', { class: 'bar-space' }),
      time,
      h(
        'button',
        {
          class: 'bar-button',
          testid: 'layers-button',
          'aria-expanded': String(layersOpen),
          title: `${words.t('layers')} (L)`,
          onclick: actions.toggleLayers,
        },
        icon(ICONS.layers),
        h('span', {}, words.t('layers')),
      ),
      panelButton('receipts'),
      panelButton('inspections'),
      h(
        'button',
        {
          class: 'bar-button primary',
          testid: 'upload-button',
          title: words.t('upload_hint'),
          onclick: actions.upload,
        },
        icon(ICONS.upload),
        h('span', {}, words.t('upload')),
      ),
      h(
        'div',
        { class: 'lang-switch', role: 'group', 'aria-label': words.t('language'), testid: 'lang-switch' },
        langButton('zh', '中', '中文'),
        langButton('en', 'EN', 'English'),
      ),
      h(
        'a',
        { class: 'bar-button', href: '/session', title: words.t('account'), 'aria-label': words.t('account'), testid: 'account' },
        icon(ICONS.person),
      ),
      h(
        'button',
        {
          class: 'bar-button help-button',
          testid: 'help-button',
          title: `${words.t('help')} (?)`,
          'aria-label': words.t('help'),
          onclick: actions.help,
        },
        '?',
      ),
    );
  }

  render();
  // The bar is drawn again as a whole; the focus must not fall off it.
  app.store.on(['words', 'boundaries', 'boundary', 'selection', 'layersOpen'], () => {
    const { activeElement } = document;
    const focused = (activeElement as HTMLElement | null)?.dataset['testid'];
    // The search and the date draw themselves and keep their own focus, which taking them out would lose.
    const kept = [search, time].find((part) => part.contains(activeElement));
    render();
    if (kept) (activeElement as HTMLElement).focus();
    else if (focused) bar.querySelector<HTMLElement>(`[data-testid="${focused}"]`)?.focus();
  });
  return bar;
}
