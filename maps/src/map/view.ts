/** Makes the MapLibre map and keeps the style in step with the page's state. */
import * as maplibregl from 'maplibre-gl';
import type { Map as MapLibre, PaddingOptions } from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url';
import type { Bbox } from '../api/wire.ts';
import type { Words } from '../i18n.ts';
import type { Camera, Lang, LinkState } from '../state/hash.ts';
import { baseStyle, setData } from './base.ts';
import { graticule } from './graticule.ts';
import { installIcons } from './icons.ts';

maplibregl.setWorkerUrl(workerUrl);

export function createMap(container: HTMLElement, lang: Lang, camera: Camera | null, words: Words): MapLibre {
  const map = new maplibregl.Map({
    container,
    style: baseStyle(lang),
    center: camera ? [camera.lon, camera.lat] : [0, 30],
    zoom: camera?.zoom ?? 1.2,
    bearing: camera?.bearing ?? 0,
    maxZoom: 20,
    maxPitch: 0,
    pitchWithRotate: false,
    touchPitch: false,
    attributionControl: false,
    fadeDuration: 150,
    locale: {
      'NavigationControl.ZoomIn': words.t('zoom_in'),
      'NavigationControl.ZoomOut': words.t('zoom_out'),
      'NavigationControl.ResetBearing': words.t('north_up'),
      'Map.Title': words.t('map_label'),
    },
  });
  installIcons(map);
  map.addControl(new maplibregl.NavigationControl({ visualizePitch: false }), 'bottom-right');
  map.addControl(new maplibregl.ScaleControl({ maxWidth: 140, unit: 'metric' }), 'bottom-left');
  const redraw = (): void => setData(map, 'graticule', graticule(bounds(map)));
  map.on('load', redraw);
  map.on('moveend', redraw);
  return map;
}

/** The rectangle in view with a margin, so that small moves show no edge. */
function bounds(map: MapLibre): Bbox {
  const box = map.getBounds();
  const [west, south, east, north] = [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()];
  const dx = (east - west) / 2;
  const dy = (north - south) / 2;
  return [west - dx, Math.max(-85, south - dy), east + dx, Math.min(85, north + dy)];
}

/** Room that panels take from the map. */
export function padding(map: MapLibre): PaddingOptions {
  const { clientWidth: width, clientHeight: height } = map.getContainer();
  const narrow = width < 720;
  const panel = document.querySelector<HTMLElement>('.panel:not([hidden])');
  const layers = document.querySelector<HTMLElement>('.layers:not([hidden])');
  const edge = narrow ? 28 : 56;
  if (narrow) return { top: edge, left: edge, right: edge, bottom: edge + (panel ? height * 0.5 : 0) };
  return {
    top: edge,
    bottom: edge,
    left: edge + (layers ? layers.offsetWidth : 0),
    right: edge + (panel ? panel.offsetWidth : 0),
  };
}

export function fit(map: MapLibre, [west, south, east, north]: Bbox, animate = true): void {
  map.fitBounds(
    [
      [west, south],
      [east, north],
    ],
    { padding: padding(map), maxZoom: 15.5, animate: animate && !reducedMotion(), duration: 900 },
  );
}

export function fly(map: MapLibre, lon: number, lat: number, zoom = 14): void {
  const { top = 0, bottom = 0, left = 0, right = 0 } = padding(map);
  // An offset and no padding: the map keeps its padding, and whatever is fitted next would have both.
  const target = {
    center: [lon, lat] as [number, number],
    zoom: Math.max(map.getZoom(), zoom),
    offset: [(left - right) / 2, (top - bottom) / 2] as [number, number],
  };
  if (reducedMotion()) map.easeTo({ ...target, duration: 0 });
  else map.flyTo({ ...target, duration: 900 });
}

/** Moves the map just enough that a panel does not cover this point. */
export function keepInSight(map: MapLibre, x: number, y: number): void {
  const { clientWidth: width, clientHeight: height } = map.getContainer();
  const { right = 0, bottom = 0 } = padding(map);
  const dx = Math.max(0, x - (width - right));
  const dy = Math.max(0, y - (height - bottom));
  if (dx > 0 || dy > 0) map.panBy([dx, dy], { animate: !reducedMotion(), duration: 400 });
}

export function cameraOf(map: MapLibre): Camera {
  const { lng, lat } = map.getCenter();
  return { lon: lng, lat, zoom: map.getZoom(), bearing: map.getBearing() };
}

/** Shows and hides whole groups of layers. */
export function applyGroups(map: MapLibre, changed: LinkState['layers']): void {
  const off = new Set(changed.filter(({ on }) => !on).map(({ id }) => id));
  for (const id of map.getLayersOrder()) {
    const group = (map.getLayer(id)?.metadata as { group?: string } | undefined)?.group;
    if (!group) continue;
    const wanted = off.has(group) ? 'none' : 'visible';
    if ((map.getLayoutProperty(id, 'visibility') ?? 'visible') !== wanted)
      map.setLayoutProperty(id, 'visibility', wanted);
  }
}

/** Settles when everything asked for is drawn and nothing moves. */
export function whenIdle(map: MapLibre): Promise<void> {
  return new Promise((resolve) => {
    if (map.loaded() && map.areTilesLoaded() && !map.isMoving()) resolve();
    else void map.once('idle', () => resolve());
  });
}

export function reducedMotion(): boolean {
  return matchMedia('(prefers-reduced-motion: reduce)').matches;
}
