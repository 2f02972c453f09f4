/** The keys of the page. Arrows, plus and minus belong to the map. */
import type { App } from '../state/app.ts';
import type { Panel } from './panel.ts';
import type { Search } from './search.ts';
import type { TimeControl } from './time.ts';

export function listenToKeys(app: App, panel: Panel, help: HTMLDialogElement, search: Search, time: TimeControl): void {
  const { store, map } = app;
  window.addEventListener('keydown', (event) => {
    if (help.open) return;
    if (event.key === 'Escape') {
      if (!panel.element.hidden) panel.close();
      else if (store.now.layersOpen) store.set({ layersOpen: false });
      map.getCanvas().focus({ preventScroll: true });
      return;
    }
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === 'k') {
      event.preventDefault();
      search.focus();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return;
    if (event.key === '?') help.showModal();
    else if (event.key === '/') {
      event.preventDefault();
      search.focus();
    } else if (event.key === 't' || event.key === 'T') {
      event.preventDefault();
      time.toggle();
    }
    else if (event.key === 'l' || event.key === 'L') store.set({ layersOpen: !store.now.layersOpen });
  });
}

function isWriting(target: EventTarget | null): boolean {
  return target instanceof Element && target.matches('select, textarea, input:not([type="checkbox"])');
}
