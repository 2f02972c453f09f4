/** The side panel: follows the selection, fetches what it needs, draws it again when the language changes. */
import { RequestError } from '../api/problem.ts';
import type { Bbox, Item, Receipt } from '../api/wire.ts';
import { fill, h, icon, ICONS } from '../dom.ts';
import { extentOf } from '../geometry.ts';
import { fit, fly } from '../map/view.ts';
import type { Picked } from '../map/pick.ts';
import type { App } from '../state/app.ts';
import type { Selection } from '../state/hash.ts';
import { renderCard } from './card.ts';
import { renderChooser } from './chooser.ts';
import { renderInspections } from './inspections.ts';
import { findMarker } from './markers.ts';
import { section, spinner } from './parts.ts';
import { renderPlace } from './place.ts';
import { renderReceipt } from './receipt.ts';
import { renderReceipts } from './receipts.ts';
import { createVersions } from './versions.ts';
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

  const versions = createVersions(app);
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
      if (selection.kind === 'item' && isMissing(error) && (await openAbsent(selection, mine.signal))) return;
      if (app.store.now.selection !== selection) return;
      app.toast.error(what, error);
      shut();
    }
  }

  /** A record that is not in force at the time shown still has its versions; false where it has none either. */
  async function openAbsent(selection: Selection & { kind: 'item' }, signal: AbortSignal): Promise<boolean> {
    try {
      const { collection, id } = selection;
      const list = await app.client.versions(collection, id, signal);
      if (app.store.now.selection === selection) show(() => renderAbsent(app, collection, id, versions.render(list)));
      return true;
    } catch {
      return false;
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
          (item) => renderCard(app, collection, item, versions, () => zoomTo(item)),
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
    const box = extentOf(item.geometry);
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
  app.store.on(['time'], () => {
    const { selection } = app.store.now;
    if (selection?.kind === 'item' || selection?.kind === 'place') follow();
  });
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

/** The record is not there at the time that is shown. */
function isMissing(error: unknown): boolean {
  if (!(error instanceof RequestError)) return false;
  const { failure } = error;
  const status = failure.kind === 'status' ? failure.status : failure.kind === 'problem' ? failure.body.status : 0;
  return status === 404 || status === 410;
}

function renderAbsent(app: App, collection: string, id: number, history: HTMLElement | null): HTMLElement {
  const { words, time } = app.store.now;
  const day = time.inForce || time.knownAt;
  return h(
    'article',
    { class: 'card', testid: 'absent-card' },
    h(
      'header',
      { class: 'card-head' },
      h('p', { class: 'eyebrow' }, words.code('collection', collection)),
      h('h2', { testid: 'card-title' }, `${words.code('collection', collection)} ${id}`),
    ),
    h('p', { class: 'note' }, day ? words.t('absent_then', { day }) : words.t('absent_now')),
    section(words.t('history'), history),
  );
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
