/** What is drawn above the register for a moment: a place looked for, and two versions of one record. */
import type { Feature, FeatureCollection, Geometry } from 'geojson';
import type { GeoJSONSource, Map as MapLibre } from 'maplibre-gl';
import { grow } from './registerParts.ts';

const SOURCE = 'overlay';

/** What a shape is: found by the search, or one of two versions, or the greatest distance between them. */
export type Role = 'found' | 'old' | 'new' | 'difference';

export type Shown = { role: Role; geometry: Geometry }[];

const COLOUR = ['match', ['get', 'role'], 'old', '#5b6a74', 'difference', '#c6561a', 'found', '#1f5f8b', '#7a2452'];
const LAYERS = ['overlay-area', 'overlay-casing', 'overlay-line', 'overlay-dashes', 'overlay-point', 'overlay-pin'];

/** Draws these shapes in place of those before; an empty list takes them away. */
export function showOverlay(map: MapLibre, shapes: Shown): void {
  const features = shapes.map(
    ({ role, geometry }): Feature => ({ type: 'Feature', geometry, properties: { role } }),
  );
  const data: FeatureCollection = { type: 'FeatureCollection', features };
  const source = map.getSource<GeoJSONSource>(SOURCE);
  if (source) void source.setData(data);
  else if (shapes.length > 0) mount(map, data);
  raiseOverlay(map);
}

/** Brings the shapes above layers that were put on the map since. */
export function raiseOverlay(map: MapLibre): void {
  for (const id of LAYERS) if (map.getLayer(id)) map.moveLayer(id);
}

function mount(map: MapLibre, data: FeatureCollection): void {
  const is = (...roles: Role[]) => ['in', ['get', 'role'], ['literal', roles]] as never;
  const kind = (...kinds: string[]) => ['in', ['geometry-type'], ['literal', kinds]] as never;
  const lines = kind('LineString', 'MultiLineString', 'Polygon', 'MultiPolygon');
  const points = kind('Point', 'MultiPoint');
  map.addSource(SOURCE, { type: 'geojson', data });
  map.addLayer({
    id: 'overlay-area',
    type: 'fill',
    source: SOURCE,
    filter: kind('Polygon', 'MultiPolygon'),
    paint: { 'fill-color': COLOUR as never, 'fill-opacity': 0.16 },
  });
  map.addLayer({
    id: 'overlay-casing',
    type: 'line',
    source: SOURCE,
    filter: lines,
    layout: { 'line-cap': 'round', 'line-join': 'round' },
    paint: { 'line-color': '#ffffff', 'line-opacity': 0.9, 'line-width': grow(6, 5, 14, 9) },
  });
  map.addLayer({
    id: 'overlay-line',
    type: 'line',
    source: SOURCE,
    filter: ['all', lines, is('new', 'found', 'difference')] as never,
    layout: { 'line-cap': 'round', 'line-join': 'round' },
    paint: { 'line-color': COLOUR as never, 'line-width': grow(6, 2.4, 14, 4.5) },
  });
  map.addLayer({
    id: 'overlay-dashes',
    type: 'line',
    source: SOURCE,
    filter: ['all', lines, is('old')] as never,
    layout: { 'line-join': 'round' },
    paint: { 'line-color': COLOUR as never, 'line-width': grow(6, 2.4, 14, 4), 'line-dasharray': [2.4, 1.6] },
  });
  map.addLayer({
    id: 'overlay-point',
    type: 'circle',
    source: SOURCE,
    filter: ['all', points, is('old', 'new')] as never,
    paint: {
      'circle-radius': 7,
      'circle-color': ['match', ['get', 'role'], 'old', 'rgba(255,255,255,0.85)', '#7a2452'],
      'circle-stroke-width': 3,
      'circle-stroke-color': COLOUR as never,
    },
  });
  map.addLayer({
    id: 'overlay-pin',
    type: 'symbol',
    source: SOURCE,
    filter: ['all', points, is('found')] as never,
    layout: {
      'icon-image': 'pin',
      'icon-anchor': 'bottom',
      'icon-allow-overlap': true,
      'icon-ignore-placement': true,
    },
  });
}
