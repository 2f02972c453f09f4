/** The line under the bar that says what kind of border this is; it cannot be closed. And the word when there is none. */
import { fill, h } from '../dom.ts';
import type { App } from '../state/app.ts';

export function createBanner(app: App): HTMLElement {
  const line = h('p', { class: 'banner', testid: 'banner', hidden: true });
  function render(): void {
    const { words, boundary } = app.store.now;
    const text = words.name(boundary?.notice);
    line.hidden = text === '';
    line.classList.toggle('banner-invented', boundary?.invented === true);
    fill(line, text);
    line.title = text;
  }
  app.store.on(['words', 'boundary'], render);
  render();
  return line;
}

export function createEmptyNotice(app: App): HTMLElement {
  const notice = h('div', { class: 'notice', testid: 'no-boundaries', hidden: true });
  function render(): void {
    const { words, started, boundary } = app.store.now;
    notice.hidden = !started || boundary !== null;
    fill(notice, h('strong', {}, words.t('no_boundaries')), h('p', {}, words.t('no_boundaries_do')));
  }
  app.store.on(['words', 'started', 'boundary'], render);
  render();
  return notice;
}
