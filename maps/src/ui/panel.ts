/** The side panel: follows the selection, fetches what it needs, draws it again when the language changes. */
import type { Bbox, Item, Receipt } from '../api/wire.ts';
import { fill, h, icon, ICONS } from '../dom.ts';
import { fit, fly } from '../map/view.ts';
import type { Picked } from '../map/pick.ts';
import type { App } from '../state/app.ts';
import type { Selection } from '../state/hash.ts';
import { renderCard } from './card.ts';
import { renderChooser } from './chooser.ts';
import { renderInspections } from './inspections.ts';
import { findMarker } from './markers.ts';
import { spinner } from './parts.ts';
import { renderPlace } from './place.ts';
import { renderReceipt } from './receipt.ts';
import { renderReceipts } from './receipts.ts';
import type { Uploads } from './uploads.ts';

export interface Panel {
  element: HTMLElement;
  /** Asks which of several features was meant. */
  choose(list: Picked[]): void;
  close(): void;
}

export function createPanel(app: App, uploads: Uploads): Panel {
  const body = h('div', { class: 'panel-body', tabindex: '-1' });
  const close = h(
    'button',
    { class: 'icon-button panel-close', testid: 'panel-close', onclick: () => shut() },
    icon(ICONS.close),
  );
  const back = h('button', {
    class: 'quiet panel-back',
    testid: 'panel-back',
    onclick: () => app.store.set({ selection: { kind: 'receipts' } }),
  });
  const label = h('div', { class: 'panel-label' });
  const element = h(
    'aside',
    { class: 'panel', testid: 'panel', hidden: true },
    h('div', { class: 'panel-bar' }, label, back, close),
    uploads.element,
    body,
  );

  let draw: (() => HTMLElement) | null = null;
  let choosing = false;
  let request: AbortController | null = null;

  function shut(): void {
    choosing = false;
    app.store.set({ selection: null, alsoHere: [] });
    show(null);
  }

  function show(next: (() => HTMLElement) | null): void {
    draw = next;
    element.hidden = next === null;
    const { words, selection } = app.store.now;
    close.setAttribute('aria-label', words.t('close'));
    back.hidden = selection?.kind !== 'receipt';
    fill(back, icon(ICONS.back), words.t('all_receipts'));
    uploads.element.hidden = selection?.kind !== 'receipts' && selection?.kind !== 'receipt';
    const top = body.scrollTop;
    const held = body.contains(document.activeElement);
    fill(body, next ? next() : null);
    body.scrollTop = top;
    // What kind of thing this is stays in sight while the card scrolls.
    fill(label, body.querySelector('.eyebrow'));
    // What had the focus is gone; the next Tab goes on in the panel, not at the top of the page.
    if (held && next) body.focus({ preventScroll: true });
  }

  /** Shows what `load` brings, unless the reader has gone on to something else. */
  async function open<T>(
    selection: Selection,
    what: string,
    load: (signal: AbortSignal) => Promise<T>,
    paint: (value: T) => HTMLElement,
  ): Promise<void> {
    request?.abort();
    const mine = new AbortController();
    request = mine;
    body.scrollTop = 0;
    show(() => spinner(app.store.now.words));
    try {
      const value = await load(mine.signal);
      if (app.store.now.selection === selection) show(() => paint(value));
    } catch (error) {
      if (mine.signal.aborted || app.store.now.selection !== selection) return;
      app.toast.error(what, error);
      shut();
    }
  }

  function follow(): void {
    const { selection, words, boundary } = app.store.now;
    request?.abort();
    if (selection === null) {
      if (!choosing) show(null);
      return;
    }
    choosing = false;
    switch (selection.kind) {
      case 'item': {
        const { collection, id } = selection;
        void open(
          selection,
          words.t('err_item'),
          (signal) => app.client.item(collection, id, signal),
          (item) => renderCard(app, collection, item, () => zoomTo(item)),
        );
        return;
      }
      case 'place':
        if (!boundary) return;
        void open(
          selection,
          words.t('err_place'),
          (signal) => app.client.place(selection.lon, selection.lat, boundary.key, signal),
          (answer) => renderPlace(app, answer),
        );
        return;
      case 'receipts':
        void open(
          selection,
          words.t('err_receipts'),
          () => app.client.receipts(),
          (list) => renderReceipts(app, list, uploads.choose),
        );
        return;
      case 'receipt': {
        const { id } = selection;
        const paint = (receipt: Receipt): HTMLElement =>
          renderReceipt(app, uploads.newest(receipt), uploads.known(id), actions);
        const at_hand = uploads.receipt(id);
        if (at_hand) show(() => paint(at_hand));
        else
          void open(selection, words.t('err_receipts'), () => app.client.receipt(id), paint).then(() =>
            uploads.follow(id),
          );
        return;
      }
      case 'inspections':
        show(() => renderInspections(app));
        return;
    }
  }

  const actions = {
    showMarker(label: string, boundaryKey: string): void {
      const { words } = app.store.now;
      findMarker(app, boundaryKey, label).then(
        (found) => {
          if (!found) app.toast.say(words.t('err_marker', { label }));
          else {
            const other = app.store.now.boundaries.find(({ key }) => key === boundaryKey);
            if (other) app.store.set({ boundary: other });
            fly(app.map, found.lon, found.lat);
            pulse(app, found.lon, found.lat);
          }
        },
        (error: unknown) => app.toast.error(words.t('err_marker', { label }), error),
      );
    },
    showExtent: (box: Bbox): void => fit(app.map, box),
    openTrack: (id: number): void =>
      app.store.set({ selection: { kind: 'item', collection: 'tracks', id }, alsoHere: [] }),
  };

  function zoomTo(item: Item): void {
    const box = extent(item);
    if (!box) return;
    if (box[0] === box[2] && box[1] === box[3]) fly(app.map, box[0], box[1]);
    else fit(app.map, box);
  }

  uploads.onChange(() => {
    const { selection } = app.store.now;
    if (selection?.kind === 'receipt' && draw) show(draw);
  });
  app.store.on(['words'], () => {
    if (draw) show(draw);
  });
  app.store.on(['selection'], follow);
  app.store.on(['edition'], () => {
    if (app.store.now.selection?.kind === 'receipts') follow();
  });

  return {
    element,
    choose(list) {
      request?.abort();
      choosing = true;
      app.store.set({ selection: null, alsoHere: [] });
      show(() => renderChooser(app, list));
    },
    close: shut,
  };
}

/** A short ring on the map, so that the eye finds the place. */
function pulse(app: App, lon: number, lat: number): void {
  const ring = h('div', { class: 'pulse' });
  const place = (): void => {
    const { x, y } = app.map.project([lon, lat]);
    ring.style.transform = `translate(${x}px, ${y}px)`;
  };
  place();
  app.map.getContainer().append(ring);
  app.map.on('move', place);
  setTimeout(() => {
    app.map.off('move', place);
    ring.remove();
  }, 3200);
}

function extent(item: Item): Bbox | null {
  const box: Bbox = [Infinity, Infinity, -Infinity, -Infinity];
  const visit = (value: unknown): void => {
    if (!Array.isArray(value)) return;
    const [x, y] = value as unknown[];
    if (typeof x === 'number' && typeof y === 'number') {
      box[0] = Math.min(box[0], x);
      box[1] = Math.min(box[1], y);
      box[2] = Math.max(box[2], x);
      box[3] = Math.max(box[3], y);
    } else value.forEach(visit);
  };
  if (item.geometry && 'coordinates' in item.geometry) visit(item.geometry.coordinates);
  return Number.isFinite(box[0]) ? box : null;
}
