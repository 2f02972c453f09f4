/** The help sheet: keys, and what a click and a drop do. */
import { fill, h, icon, ICONS } from '../dom.ts';
import type { App } from '../state/app.ts';

export function createHelp(app: App): HTMLDialogElement {
  const dialog = h('dialog', { class: 'help', testid: 'help', 'aria-labelledby': 'help-title' });
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  const render = (): void => {
    const { words } = app.store.now;
    const rows: [string[], string][] = [
      [[words.t('help_click')], words.t('help_click_does')],
      [[words.t('help_drop')], words.t('help_drop_does')],
      [['/', 'Ctrl K'], words.t('help_search')],
      [['T'], words.t('help_time')],
      [['L'], words.t('help_l')],
      [['Esc'], words.t('help_esc')],
      [['↑', '↓', '←', '→'], words.t('help_arrows')],
      [['Enter'], words.t('help_enter')],
      [['+', '−'], words.t('help_plus')],
      [['?'], words.t('help_question')],
      [[words.t('help_link')], words.t('help_link_does')],
    ];
    fill(
      dialog,
      h(
        'div',
        { class: 'panel-head' },
        h('h2', { id: 'help-title' }, words.t('help_title')),
        h(
          'button',
          { class: 'icon-button', 'aria-label': words.t('close'), onclick: () => dialog.close() },
          icon(ICONS.close),
        ),
      ),
      h(
        'dl',
        {},
        rows.flatMap(([keys, does]) => [
          h(
            'dt',
            {},
            keys.map((key) => h('kbd', {}, key)),
          ),
          h('dd', {}, does),
        ]),
      ),
      h(
        'p',
        { class: 'muted' },
        h('a', { href: '/licences.txt', target: '_blank', rel: 'noopener' }, words.t('licences')),
      ),
    );
  };
  app.store.on(['words'], render);
  render();
  return dialog;
}
