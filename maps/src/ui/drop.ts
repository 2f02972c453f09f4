/** The whole window takes files; the hint shows while a drag that carries some is over it. */
import { fill, h, icon, ICONS } from '../dom.ts';
import type { App } from '../state/app.ts';

export function createDropZone(app: App, take: (files: File[]) => void): HTMLElement {
  const zone = h('div', { class: 'drop-zone', testid: 'drop-zone', hidden: true });
  const render = (): void => {
    const { words } = app.store.now;
    fill(
      zone,
      h('div', {}, icon(ICONS.upload), h('strong', {}, words.t('drop_title')), h('p', {}, words.t('drop_detail'))),
    );
  };
  app.store.on(['words'], render);
  render();

  const carriesFiles = (event: DragEvent): boolean => [...(event.dataTransfer?.types ?? [])].includes('Files');
  window.addEventListener('dragenter', (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    zone.hidden = false;
  });
  window.addEventListener('dragover', (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = 'copy';
    zone.hidden = false;
  });
  window.addEventListener('dragleave', (event) => {
    // Only when the pointer leaves the window does it go to nothing.
    if (event.relatedTarget === null) zone.hidden = true;
  });
  window.addEventListener('drop', (event) => {
    zone.hidden = true;
    if (!carriesFiles(event)) return;
    event.preventDefault();
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length > 0) take(files);
  });
  return zone;
}
