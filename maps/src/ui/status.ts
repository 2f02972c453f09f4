/** The foot of the map: where the pointer is, the scale, the sources. */
import type { MapMouseEvent } from 'maplibre-gl';
import { h } from '../dom.ts';
import { dms, group } from '../format.ts';
import type { App } from '../state/app.ts';

/** Metres per pixel at zoom 0 on the equator with 512-pixel tiles. */
const GROUND = 78271.517;
/** A CSS pixel is 1/96 inch. */
const PIXEL_M = 0.0254 / 96;

export function createStatus(app: App): HTMLElement {
  const position = h('output', { class: 'status-position', testid: 'pointer-position' });
  const scale = h('span', { class: 'status-scale', testid: 'scale' });
  const sources = h('span', { class: 'status-sources', testid: 'attribution' });
  const { map } = app;

  const show = (lon: number, lat: number): void => {
    const decimals = map.getZoom() > 12 ? 2 : map.getZoom() > 8 ? 1 : 0;
    position.value = `${dms(lat, 'lat', decimals)}  ${dms(((((lon + 180) % 360) + 360) % 360) - 180, 'lon', decimals)}`;
  };
  const centre = (): void => show(map.getCenter().lng, map.getCenter().lat);
  let over = false;
  map.on('mousemove', (event: MapMouseEvent) => {
    over = true;
    show(event.lngLat.lng, event.lngLat.lat);
  });
  map.on('mouseout', () => {
    over = false;
    centre();
  });
  map.on('move', () => {
    const metres = (GROUND * Math.cos((map.getCenter().lat * Math.PI) / 180)) / 2 ** map.getZoom();
    const ratio = metres / PIXEL_M;
    const size = 10 ** Math.max(0, Math.floor(Math.log10(ratio)) - 1);
    scale.textContent = `1 : ${group(Math.round(ratio / size) * size, 0)}`;
    if (!over) centre();
  });
  map.once('load', () => {
    centre();
    map.fire('move');
  });

  function renderSources(): void {
    const { boundary, words, attribution } = app.store.now;
    sources.textContent = [
      boundary ? words.name(boundary.names) : '',
      boundary?.frame?.name ?? boundary?.frame?.crs ?? '',
      plain(attribution),
      'Natural Earth',
      'MapLibre',
    ]
      .filter(Boolean)
      .join(' · ');
  }
  app.store.on(['words', 'boundary', 'attribution'], renderSources);
  renderSources();
  return h('footer', { class: 'status' }, position, scale, sources);
}

/** TileJSON allows markup here; only its words are wanted. */
function plain(html: string): string {
  return new DOMParser().parseFromString(html, 'text/html').body.textContent?.trim() ?? '';
}
