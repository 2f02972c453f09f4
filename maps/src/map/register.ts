/** The register on the map: one vector source, put on, taken off, refreshed, and what is marked in it. */
import type { Map as MapLibre, VectorTileSource } from 'maplibre-gl';
import type { Boundary, TileJson } from '../api/wire.ts';
import type { Lang } from '../state/hash.ts';
import { ABOVE_AREAS, nameField, peakField } from './base.ts';
import { labels } from './registerLabels.ts';
import { areas, lines } from './registerLines.ts';
import { NOTHING, SOURCE } from './registerParts.ts';
import { points } from './registerSigns.ts';

/** Puts the register of one boundary on the map in place of the one before. */
export function mountRegister(map: MapLibre, tiles: TileJson, boundary: Boundary, lang: Lang): void {
  unmountRegister(map);
  map.addSource(SOURCE, {
    type: 'vector',
    tiles: absolute(tiles),
    ...(tiles.minzoom === undefined ? {} : { minzoom: tiles.minzoom }),
    ...(tiles.maxzoom === undefined ? {} : { maxzoom: tiles.maxzoom }),
    ...(tiles.bounds ? { bounds: tiles.bounds } : {}),
  });
  for (const layer of areas()) map.addLayer(layer, ABOVE_AREAS);
  // Labels below the signs: MapLibre places from the top down, so a label makes room for every sign.
  for (const layer of [...lines(boundary), ...labels(lang), ...points()]) map.addLayer(layer);
}

/** Asks for the tiles again, under the address of their new version. */
export function refreshRegister(map: MapLibre, tiles: TileJson): void {
  map.getSource<VectorTileSource>(SOURCE)?.setTiles(absolute(tiles));
}

/** Marks one feature, or none. */
export function highlight(map: MapLibre, collection: string | null, id: number): void {
  for (const layer of map.getLayersOrder()) {
    if (!layer.startsWith('select-')) continue;
    map.setFilter(layer, layer === `select-${collection}` ? ['==', ['coalesce', ['get', 'id'], ['id']], id] : NOTHING);
  }
}

/** Layers whose words follow the language. */
export function translate(map: MapLibre, lang: Lang): void {
  if (map.getLayer('peaks')) map.setLayoutProperty('peaks', 'text-field', peakField(lang));
  for (const id of [
    'river-label',
    'ridge-label',
    'water-label',
    'towns-label',
    'segments-label',
    'islands-label',
    'ports-label',
    'projects-label',
    'routes-label',
  ]) {
    if (map.getLayer(id)) map.setLayoutProperty(id, 'text-field', nameField(lang));
  }
}

function unmountRegister(map: MapLibre): void {
  if (!map.getSource(SOURCE)) return;
  for (const id of map.getLayersOrder()) {
    if (map.getLayer(id)?.source === SOURCE) map.removeLayer(id);
  }
  map.removeSource(SOURCE);
}

function absolute(tiles: TileJson): string[] {
  return tiles.tiles.map((url) => (url.startsWith('/') ? location.origin + url : url));
}
