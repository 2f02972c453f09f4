/** What a click on the map opens; Enter on the focused map asks about its middle. */
import type { Map as MapLibre } from 'maplibre-gl';
import { h } from '../dom.ts';
import { pick } from '../map/pick.ts';
import { keepInSight } from '../map/view.ts';
import type { App } from '../state/app.ts';
import type { Panel } from './panel.ts';

const REACH_FINE = 6;
const REACH_TOUCH = 14;

export function followPointer(app: App, panel: Panel): HTMLElement {
  const { map, store } = app;

  function ask(x: number, y: number, reach: number): void {
    const { best, rest } = pick(map, { x, y }, reach);
    const [first] = best;
    if (!first) {
      const { lng, lat } = map.unproject([x, y]).wrap();
      store.set({ selection: { kind: 'place', lon: lng, lat }, alsoHere: [] });
    } else if (best.length === 1) {
      store.set({ selection: { kind: 'item', collection: first.collection, id: first.id }, alsoHere: rest });
    } else {
      panel.choose([...best, ...rest]);
    }
    keepInSight(map, x, y);
  }

  map.on('click', ({ point, originalEvent }) => {
    if (!store.now.boundary) return;
    ask(point.x, point.y, isTouch(originalEvent) ? REACH_TOUCH : REACH_FINE);
  });

  let frame = 0;
  map.on('mousemove', ({ point }) => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => {
      if (!map.isMoving())
        map.getCanvas().style.cursor = pick(map, point, REACH_FINE).best.length > 0 ? 'pointer' : 'crosshair';
    });
  });

  map.getCanvas().addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !store.now.boundary) return;
    const { x, y } = middle(map);
    ask(x, y, REACH_TOUCH);
  });

  return h('div', { class: 'crosshair', 'aria-hidden': 'true' });
}

function middle(map: MapLibre): { x: number; y: number } {
  const { clientWidth, clientHeight } = map.getContainer();
  return { x: clientWidth / 2, y: clientHeight / 2 };
}

function isTouch(event: Event): boolean {
  return 'pointerType' in event && event.pointerType === 'touch';
}
