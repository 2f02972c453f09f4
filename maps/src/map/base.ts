/** The ground under the boundary: sea, Natural Earth land, the boundary's own base layers, graticule. */
import type {
  ExpressionSpecification,
  FilterSpecification,
  GeoJSONSource,
  LayerSpecification,
  Map as MapLibre,
  StyleSpecification,
} from 'maplibre-gl';
import { feature } from 'topojson-client';
import type { Topology } from 'topojson-specification';
import type { Feature, FeatureCollection } from 'geojson';
import type { Lang } from '../state/hash.ts';
import type { Boundary } from '../api/wire.ts';
import { FONT, PALETTE } from './palette.ts';
import { unwrap } from './unwrap.ts';

const IS_LINE: FilterSpecification = ['==', ['geometry-type'], 'LineString'];
const IS_POINT: FilterSpecification = ['==', ['geometry-type'], 'Point'];

const BASE_LAYERS = ['land', 'water', 'river', 'ridge', 'towns'] as const;
const RANK: ExpressionSpecification = ['to-number', ['coalesce', ['get', 'rank'], 3]];
const EMPTY: FeatureCollection = { type: 'FeatureCollection', features: [] };

/** Layers of the register that are areas go below this one, all others above. */
export const ABOVE_AREAS = 'graticule-line';

export function baseStyle(lang: Lang): StyleSpecification {
  const source = () => ({ type: 'geojson' as const, data: EMPTY });
  return {
    version: 8,
    sources: {
      world: { type: 'geojson', data: EMPTY, attribution: 'Natural Earth', maxzoom: 10 },
      graticule: source(),
      ...Object.fromEntries(BASE_LAYERS.map((layer) => [`base-${layer}`, source()])),
    },
    layers: [
      { id: 'sea', type: 'background', paint: { 'background-color': PALETTE.sea } },
      ...coast('world'),
      ...coast('base-land'),
      {
        id: 'water',
        type: 'fill',
        source: 'base-water',
        paint: { 'fill-color': PALETTE.water, 'fill-outline-color': PALETTE.river },
      },
      {
        id: 'ridge',
        type: 'line',
        source: 'base-ridge',
        metadata: { group: 'relief' },
        layout: { 'line-cap': 'round', 'line-join': 'round' },
        paint: {
          'line-color': PALETTE.ridge,
          'line-opacity': 0.3,
          'line-width': ['interpolate', ['linear'], ['zoom'], 5, 2, 10, 8, 14, 22],
          'line-blur': ['interpolate', ['linear'], ['zoom'], 5, 1, 14, 12],
        },
      },
      {
        id: 'ridge-signs',
        type: 'symbol',
        source: 'base-ridge',
        minzoom: 7,
        metadata: { group: 'relief' },
        filter: IS_LINE,
        layout: {
          'symbol-placement': 'line',
          'icon-image': 'ridge',
          'icon-rotation-alignment': 'viewport',
          'symbol-spacing': 34,
          'icon-size': ['interpolate', ['linear'], ['zoom'], 7, 0.6, 12, 1],
        },
        paint: { 'icon-opacity': 0.75 },
      },
      {
        id: 'river',
        type: 'line',
        source: 'base-river',
        metadata: { group: 'relief' },
        layout: { 'line-cap': 'round', 'line-join': 'round' },
        paint: {
          'line-color': PALETTE.river,
          'line-width': ['interpolate', ['exponential', 1.4], ['zoom'], 5, 0.8, 10, 2.4, 14, 6],
        },
      },
      {
        id: ABOVE_AREAS,
        type: 'line',
        source: 'graticule',
        metadata: { group: 'graticule' },
        paint: { 'line-color': PALETTE.graticule, 'line-width': 0.7, 'line-opacity': 0.55 },
      },
      {
        id: 'graticule-label',
        type: 'symbol',
        source: 'graticule',
        metadata: { group: 'graticule' },
        filter: ['has', 'label'],
        layout: {
          'symbol-placement': 'line',
          'text-field': ['get', 'label'],
          'text-font': FONT,
          'text-size': 10,
          'symbol-spacing': 620,
          'text-offset': [0, -0.75],
          'text-letter-spacing': 0.03,
          'text-max-angle': 20,
        },
        paint: { 'text-color': '#6d8894', 'text-halo-color': 'rgba(255,255,255,0.75)', 'text-halo-width': 1 },
      },
      {
        id: 'river-label',
        type: 'symbol',
        source: 'base-river',
        minzoom: 8,
        metadata: { group: 'relief' },
        layout: {
          'symbol-placement': 'line',
          'text-field': nameField(lang),
          'text-font': FONT,
          'text-size': 11.5,
          'text-letter-spacing': 0.12,
          'symbol-spacing': 420,
          'text-offset': [0, 0.9],
          'text-max-angle': 65,
        },
        paint: { 'text-color': '#3c7493', 'text-halo-color': 'rgba(246,242,231,0.9)', 'text-halo-width': 1.4 },
      },
      {
        id: 'ridge-label',
        type: 'symbol',
        source: 'base-ridge',
        minzoom: 8.5,
        metadata: { group: 'relief' },
        filter: IS_LINE,
        layout: {
          'symbol-placement': 'line',
          'symbol-spacing': 600,
          'text-field': nameField(lang),
          'text-font': FONT,
          'text-size': 11.5,
          'text-letter-spacing': 0.22,
          'text-offset': [0, -1.2],
          'text-max-angle': 65,
        },
        paint: { 'text-color': '#8a7450', 'text-halo-color': 'rgba(246,242,231,0.9)', 'text-halo-width': 1.4 },
      },
      {
        id: 'peaks',
        type: 'symbol',
        source: 'base-ridge',
        minzoom: 8,
        metadata: { group: 'relief' },
        filter: IS_POINT,
        layout: {
          'icon-image': 'peak',
          'icon-allow-overlap': true,
          'text-optional': true,
          'text-field': peakField(lang),
          'text-font': FONT,
          'text-size': 10.5,
          'text-variable-anchor': ['top', 'right', 'left', 'bottom'],
          'text-radial-offset': 0.8,
          'text-max-width': 12,
        },
        paint: { 'text-color': '#7d6846', 'text-halo-color': 'rgba(246,242,231,0.9)', 'text-halo-width': 1.4 },
      },
      {
        id: 'water-label',
        type: 'symbol',
        source: 'base-water',
        minzoom: 8.5,
        metadata: { group: 'relief' },
        filter: ['==', ['get', 'kind'], 'lake'],
        layout: {
          'text-field': nameField(lang),
          'text-font': FONT,
          'text-size': 12.5,
          'text-letter-spacing': 0.14,
          'text-max-width': 6,
        },
        paint: { 'text-color': '#3c7493', 'text-halo-color': 'rgba(214,232,240,0.9)', 'text-halo-width': 1.4 },
      },
      {
        id: 'towns-dot',
        type: 'circle',
        source: 'base-towns',
        minzoom: 6.5,
        metadata: { group: 'towns' },
        paint: {
          'circle-radius': ['interpolate', ['linear'], ['zoom'], 6, 2, 12, 4],
          // A capital is a filled dot.
          'circle-color': ['case', ['==', RANK, 1], PALETTE.inkSoft, '#ffffff'],
          'circle-stroke-color': PALETTE.inkSoft,
          'circle-stroke-width': 1.4,
        },
      },
      {
        id: 'towns-label',
        type: 'symbol',
        source: 'base-towns',
        minzoom: 6.5,
        metadata: { group: 'towns' },
        layout: {
          'text-field': nameField(lang),
          'text-font': FONT,
          'symbol-sort-key': RANK,
          'text-size': [
            'interpolate',
            ['linear'],
            ['zoom'],
            6,
            ['match', RANK, 1, 12.5, 2, 11.5, 11],
            12,
            ['match', RANK, 1, 16, 2, 14.5, 13],
          ],
          'text-variable-anchor': ['left', 'right', 'top', 'bottom'],
          'text-radial-offset': 0.6,
          'text-justify': 'auto',
        },
        paint: { 'text-color': '#43525b', 'text-halo-color': 'rgba(255,255,255,0.92)', 'text-halo-width': 1.5 },
      },
    ],
  };
}

/** A peak is named with its height in whole metres. */
export function peakField(lang: Lang): ExpressionSpecification {
  return [
    'concat',
    nameField(lang),
    ['case', ['has', 'height_m'], ['concat', '\n', ['to-string', ['round', ['get', 'height_m']]]], ''],
  ];
}

/** A name in the reader's language, else in the other. */
export function nameField(lang: Lang): ExpressionSpecification {
  const order = lang === 'zh' ? ['name_zh', 'name_en'] : ['name_en', 'name_zh'];
  return [
    'coalesce',
    ...order.map((field) => ['get', field]),
    ['get', 'name'],
    '',
  ] as unknown as ExpressionSpecification;
}

function coast(source: string): LayerSpecification[] {
  // Water lines: two soft bands off the coast, as on printed charts. The fill covers their inner half.
  const band = (id: string, width: number, opacity: number): LayerSpecification => ({
    id: `${source}-${id}`,
    type: 'line',
    source,
    layout: { 'line-join': 'round' },
    paint: {
      'line-color': PALETTE.seaLine,
      'line-opacity': opacity,
      'line-blur': width / 5,
      'line-width': ['interpolate', ['linear'], ['zoom'], 3, width / 3, 9, width],
    },
  });
  return [
    band('outer', 34, 0.22),
    band('inner', 15, 0.3),
    { id: `${source}-fill`, type: 'fill', source, paint: { 'fill-color': PALETTE.land } },
    { id: `${source}-coast`, type: 'line', source, paint: { 'line-color': PALETTE.coast, 'line-width': 0.8 } },
  ];
}

/** Fetches Natural Earth's land from the viewer's own origin; the map is useful before it comes. */
export async function loadWorld(map: MapLibre): Promise<void> {
  const response = await fetch('/basemap/land.json');
  if (!response.ok) throw new Error(`land.json: ${response.status}`);
  const body = (await response.json()) as Topology | FeatureCollection;
  const land = body.type === 'Topology' && body.objects['land'] ? feature(body, body.objects['land']) : body;
  setData(map, 'world', unwrap(land as FeatureCollection | Feature));
}

/** Shows the base layers of this boundary and takes away those of the one before. */
export function showBase(map: MapLibre, boundary: Boundary): void {
  for (const layer of BASE_LAYERS) {
    const own = boundary.base?.find((entry) => entry.layer === layer);
    setData(map, `base-${layer}`, own ? new URL(own.url, location.origin).href : EMPTY);
  }
}

export function setData(map: MapLibre, id: string, data: string | Feature | FeatureCollection): void {
  void (map.getSource(id) as GeoJSONSource | undefined)?.setData(data);
}
