/** Short messages at the foot of the page. An error stays until it is dismissed; a note goes by itself. */
import { describe } from '../api/problem.ts';
import { h, icon, ICONS } from '../dom.ts';
import type { Words } from '../i18n.ts';
import type { Toaster } from '../state/app.ts';

const NOTE_MS = 2600;
const MOST = 3;

export function createToaster(host: HTMLElement, words: () => Words): Toaster {
  const list = h('div', { class: 'toasts', role: 'status', 'aria-live': 'polite', testid: 'toasts' });
  host.append(list);
  const show = (toast: HTMLElement): void => {
    while (list.childElementCount >= MOST) list.firstElementChild?.remove();
    list.append(toast);
  };
  return {
    error(what, error) {
      const { title, detail, remedy } = describe(error, words());
      const key = `${what}\n${title}\n${detail}`;
      if ([...list.children].some((child) => (child as HTMLElement).dataset['key'] === key)) return;
      const toast = h(
        'div',
        { class: 'toast toast-error', role: 'alert', testid: 'toast-error' },
        h(
          'div',
          { class: 'toast-text' },
          h('strong', {}, what),
          h('span', {}, [title, detail].filter(Boolean).join(' ')),
          remedy ? h('em', {}, remedy) : null,
        ),
        h(
          'button',
          { class: 'icon-button', 'aria-label': words().t('dismiss'), onclick: () => toast.remove() },
          icon(ICONS.close),
        ),
      );
      toast.dataset['key'] = key;
      show(toast);
    },
    say(text) {
      const toast = h('div', { class: 'toast', testid: 'toast' }, text);
      show(toast);
      setTimeout(() => toast.remove(), NOTE_MS);
    },
    clear: () => list.replaceChildren(),
  };
}
