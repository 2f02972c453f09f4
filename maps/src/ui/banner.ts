/** One line under the bar that says what kind of border this is. It cannot be closed. */
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
