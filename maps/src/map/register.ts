/** The register on the map: one vector source and the layers that draw it. */
import type { DataDrivenPropertyValueSpecification, ExpressionSpecification, FilterSpecification, LayerSpecification, Map as MapLibre, VectorTileSource } from 'maplibre-gl';
import type { Boundary, TileJson } from '../api/wire.ts';
import type { Lang } from '../state/hash.ts';
import { ABOVE_AREAS, nameField, peakField } from './base.ts';
import { LOOKS, OPEN_PORTS } from './icons.ts';
import { FONT, FONT_BOLD, PALETTE } from './palette.ts';

const SOURCE = 'register';
const HALO = 'rgba(255,255,255,0.94)';
const NOTHING: FilterSpecification = ['==', ['get', 'id'], -1];

type Layer = Exclude<LayerSpecification, { type: 'background' }> & { source: string };

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
  for (const id of ['river-label', 'ridge-label', 'water-label', 'towns-label', 'segments-label', 'islands-label', 'ports-label', 'projects-label', 'routes-label']) {
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

function of(collection: string, layer: Omit<Layer, 'source' | 'source-layer' | 'metadata'> & { pick?: boolean }): Layer {
  const { pick, ...rest } = layer;
  return { ...rest, source: SOURCE, 'source-layer': collection, metadata: { group: collection, pick: pick === true } } as Layer;
}

/** A number that grows with the zoom. */
function grow(...stops: number[]): ExpressionSpecification {
  return ['interpolate', ['linear'], ['zoom'], ...stops] as unknown as ExpressionSpecification;
}

const VERDICT_COLOUR: DataDrivenPropertyValueSpecification<string> = [
  'match', ['get', 'verdict'], 'pass', PALETTE.pass, 'fail', PALETTE.fail, PALETTE.inconclusive,
];
const CHARACTER = ['coalesce', ['get', 'character'], 'land'];
const is = (character: string): FilterSpecification => ['==', CHARACTER, character] as unknown as FilterSpecification;

function areas(): Layer[] {
  const polygon: FilterSpecification = ['==', ['geometry-type'], 'Polygon'];
  return [
    of('islands', { id: 'islands-fill', type: 'fill', pick: true, paint: { 'fill-color': PALETTE.island, 'fill-opacity': 0.85 } }),
    of('islands', { id: 'islands-edge', type: 'line', paint: { 'line-color': PALETTE.islandEdge, 'line-width': 1 } }),
    of('islands', { id: 'select-islands', type: 'line', filter: NOTHING, paint: { 'line-color': PALETTE.select, 'line-width': 4 } }),
    of('projects', { id: 'projects-fill', type: 'fill', pick: true, filter: polygon, paint: { 'fill-color': PALETTE.project, 'fill-opacity': 0.12 } }),
    of('projects', { id: 'projects-hatch', type: 'fill', filter: polygon, paint: { 'fill-pattern': 'hatch' } }),
    of('projects', { id: 'select-projects', type: 'line', filter: NOTHING, paint: { 'line-color': PALETTE.select, 'line-width': 6 } }),
    of('projects', { id: 'projects-edge', type: 'line', pick: true, paint: { 'line-color': PALETTE.project, 'line-width': grow(8, 1.2, 14, 2.4) } }),
  ];
}

function lines(boundary: Boundary): Layer[] {
  const round = { 'line-cap': 'round', 'line-join': 'round' } as const;
  // Tiles name a section by its key or its id; both are listed.
  const disputed = (boundary.sections ?? [])
    .filter(({ legal_status }) => legal_status === 'not_agreed')
    .flatMap(({ id, key }) => [String(id), key]);
  const width = grow(4, 1.4, 8, 2.2, 12, 3.4, 16, 5);
  return [
    of('segments', { id: 'segments-ribbon', type: 'line', layout: round, paint: { 'line-color': PALETTE.line, 'line-opacity': 0.13, 'line-width': grow(4, 5, 8, 11, 12, 18, 16, 30) } }),
    of('segments', { id: 'segments-shared', type: 'line', filter: is('shared_water'), layout: round, paint: { 'line-color': PALETTE.shared, 'line-opacity': 0.42, 'line-width': grow(4, 4, 8, 8, 12, 14, 16, 26) } }),
    of('routes', { id: 'select-routes', type: 'line', filter: NOTHING, layout: round, paint: { 'line-color': PALETTE.select, 'line-width': grow(8, 6, 14, 10) } }),
    of('routes', { id: 'routes-line', type: 'line', pick: true, layout: { 'line-join': 'round' }, paint: { 'line-color': PALETTE.route, 'line-width': grow(6, 1, 14, 2.4), 'line-dasharray': [3, 2.2] } }),
    of('segments', { id: 'select-segments', type: 'line', filter: NOTHING, layout: round, paint: { 'line-color': PALETTE.select, 'line-width': grow(8, 8, 14, 14) } }),
    of('segments', { id: 'segments-case', type: 'line', layout: round, paint: { 'line-color': '#ffffff', 'line-opacity': 0.8, 'line-width': grow(4, 2.6, 8, 4, 12, 5.8, 16, 8) } }),
    of('segments', { id: 'segments-line', type: 'line', pick: true, filter: ['!', is('shared_water')] as FilterSpecification, layout: { 'line-join': 'round' }, paint: { 'line-color': ['match', CHARACTER, 'river', '#4a5fa8', PALETTE.line] as unknown as ExpressionSpecification, 'line-width': width } }),
    of('segments', { id: 'segments-red', type: 'line', filter: is('land'), layout: { 'line-join': 'round' }, paint: { 'line-color': PALETTE.lineRed, 'line-width': width, 'line-dasharray': [4, 4] } }),
    of('segments', { id: 'segments-river', type: 'line', filter: is('river'), layout: { 'line-join': 'round' }, paint: { 'line-color': PALETTE.lineRed, 'line-width': width, 'line-dasharray': [2.4, 2.4] } }),
    of('segments', { id: 'segments-dots', type: 'line', pick: true, filter: is('shared_water'), layout: round, paint: { 'line-color': PALETTE.line, 'line-width': width, 'line-dasharray': [0.1, 2.6] } }),
    of('segments', { id: 'segments-open', type: 'line', filter: ['in', ['to-string', ['get', 'section']], ['literal', disputed]], paint: { 'line-color': '#ffffff', 'line-width': grow(4, 1, 12, 2), 'line-dasharray': [1.5, 3] } }),
    of('tracks', { id: 'select-tracks', type: 'line', filter: NOTHING, layout: round, paint: { 'line-color': PALETTE.select, 'line-width': grow(8, 7, 14, 11) } }),
    of('tracks', { id: 'tracks-case', type: 'line', layout: round, paint: { 'line-color': PALETTE.trackCase, 'line-width': grow(6, 2.6, 14, 5.4), 'line-opacity': 0.9 } }),
    of('tracks', { id: 'tracks-line', type: 'line', pick: true, layout: round, paint: { 'line-color': PALETTE.track, 'line-width': grow(6, 1.4, 14, 3) } }),
    of('findings', { id: 'findings-glow', type: 'line', filter: ['==', ['geometry-type'], 'LineString'], layout: round, paint: { 'line-color': VERDICT_COLOUR, 'line-opacity': 0.22, 'line-width': grow(6, 6, 14, 15) } }),
    of('findings', { id: 'findings-line', type: 'line', pick: true, filter: ['==', ['geometry-type'], 'LineString'], layout: { 'line-join': 'round' }, paint: { 'line-color': VERDICT_COLOUR, 'line-width': grow(6, 1.6, 14, 3.4), 'line-dasharray': [1.4, 1.2] } }),
  ];
}

function points(): Layer[] {
  const look = ['match', ['coalesce', ['get', 'state'], ''], ...Object.entries(LOOKS).flat(), 'unknown'];
  const visit = ['match', ['coalesce', ['get', 'visited'], ''], ['visited', 'passed', 'missed'], ['get', 'visited'], 'none'];
  const image = ['concat', 'marker/', ['coalesce', ['get', 'constellation'], 'single'], '/', ['coalesce', ['get', 'kind'], 'main'], '/', look, '/', visit];
  const point: FilterSpecification = ['==', ['geometry-type'], 'Point'];
  return [
    of('boundary_points', { id: 'boundary_points-dot', type: 'circle', pick: true, minzoom: 11, paint: { 'circle-radius': grow(11, 1.8, 16, 4), 'circle-color': '#ffffff', 'circle-stroke-color': PALETTE.line, 'circle-stroke-width': 1.4 } }),
    of('boundary_points', { id: 'select-boundary_points', type: 'circle', filter: NOTHING, paint: { 'circle-radius': 10, 'circle-opacity': 0, 'circle-stroke-color': PALETTE.select, 'circle-stroke-width': 4 } }),
    of('ports', { id: 'select-ports', type: 'circle', filter: NOTHING, paint: { 'circle-radius': 17, 'circle-color': PALETTE.select } }),
    of('ports', {
      id: 'ports-icon', type: 'symbol', pick: true, minzoom: 6,
      layout: { 'icon-image': ['match', ['coalesce', ['get', 'status'], 'open'], OPEN_PORTS, 'port/open', 'port/closed'], 'icon-size': grow(6, 0.55, 10, 0.85, 14, 1), 'icon-allow-overlap': true },
    }),
    of('markers', { id: 'select-markers', type: 'circle', filter: NOTHING, paint: { 'circle-radius': grow(6, 9, 9, 13, 13, 20), 'circle-color': PALETTE.select, 'circle-opacity': 0.85 } }),
    of('markers', {
      id: 'markers-icon', type: 'symbol', pick: true,
      layout: {
        'icon-image': image as unknown as ExpressionSpecification,
        'icon-size': grow(5, 0.26, 7, 0.4, 9, 0.58, 11, 0.8, 14, 1),
        'icon-allow-overlap': true,
        'icon-padding': 0,
        'symbol-sort-key': ['match', ['coalesce', ['get', 'visited'], ''], 'missed', 3, 'passed', 2, 'visited', 1, 0],
      },
    }),
    of('findings', { id: 'select-findings', type: 'circle', filter: ['all', point, NOTHING] as unknown as FilterSpecification, paint: { 'circle-radius': 14, 'circle-color': PALETTE.select, 'circle-translate': [13, -13] } }),
    of('findings', {
      // From afar only what needs someone's eye.
      id: 'findings-icon', type: 'symbol', pick: true, minzoom: 8,
      filter: ['all', point, ['any', ['>=', ['zoom'], 10.5], ['!=', ['get', 'verdict'], 'pass']]] as unknown as FilterSpecification,
      layout: {
        'icon-image': ['concat', 'verdict/', ['coalesce', ['get', 'verdict'], 'inconclusive']],
        'icon-size': grow(8, 0.55, 11, 0.75, 14, 0.95),
        // Beside its subject, so that marker and verdict can both be clicked.
        'icon-offset': [17, -17],
        'icon-allow-overlap': true,
        'symbol-sort-key': ['match', ['get', 'verdict'], 'fail', 3, 'inconclusive', 2, 1],
      },
    }),
  ];
}

function labels(lang: Lang): Layer[] {
  const mark: Record<string, unknown> = {
    'text-font': FONT_BOLD, 'text-size': grow(8, 11.5, 12, 12.5, 15, 14),
    // Just clear of the sign, whatever its size at this zoom.
    'text-variable-anchor-offset': ['interpolate', ['linear'], ['zoom'], 8, around(0.9), 9, around(1), 11, around(1.25), 14, around(1.5)],
    'text-justify': 'auto', 'text-padding': 1,
  };
  const main = ['==', ['coalesce', ['get', 'kind'], 'main'], 'main'];
  const first = ['<=', ['to-number', ['coalesce', ['get', 'element'], 0]], 1];
  return [
    of('ports', { id: 'ports-label', type: 'symbol', minzoom: 8, layout: beside(lang, 12, 1.5), paint: ink(PALETTE.port) }),
    of('islands', { id: 'islands-label', type: 'symbol', minzoom: 10, layout: { ...named(lang, 11), 'text-padding': 30 }, paint: ink('#7d6c36') }),
    of('projects', { id: 'projects-label', type: 'symbol', minzoom: 10, layout: { ...named(lang, 11.5), 'text-padding': 30 }, paint: ink('#8a4a17') }),
    of('routes', { id: 'routes-label', type: 'symbol', minzoom: 10, layout: { ...named(lang, 11), 'symbol-placement': 'line', 'symbol-spacing': 500, 'text-offset': [0, 1] } as never, paint: ink(PALETTE.route) }),
    of('segments', { id: 'segments-label', type: 'symbol', minzoom: 9, layout: { ...named(lang, 11.5), 'symbol-placement': 'line', 'symbol-spacing': 640, 'text-offset': [0, -1.5], 'text-letter-spacing': 0.06 } as never, paint: ink(PALETTE.line) }),
    of('boundary_points', { id: 'boundary_points-label', type: 'symbol', minzoom: 13, layout: { 'text-field': ['to-string', ['get', 'number']], 'text-font': FONT, 'text-size': 10.5, 'text-variable-anchor': ['right', 'left', 'bottom'], 'text-radial-offset': 0.7 }, paint: ink(PALETTE.line) }),
    // One number for all elements from afar; each element's own label from near.
    of('markers', { id: 'markers-number', type: 'symbol', minzoom: 8, maxzoom: 12, filter: ['all', main, first] as unknown as FilterSpecification, layout: { ...mark, 'text-field': ['to-string', ['get', 'number']] } as never, paint: ink(PALETTE.ink) }),
    of('markers', { id: 'markers-label', type: 'symbol', minzoom: 12, layout: { ...mark, 'text-field': ['to-string', ['coalesce', ['get', 'label'], ['get', 'number']]] } as never, paint: ink(PALETTE.ink) }),
  ];
}

/** Places for a label at this distance, in ems; above and below need more, because MapLibre counts from the base line. */
function around(ems: number): unknown[] {
  return ['literal', ['left', [ems, 0], 'right', [-ems, 0], 'bottom', [0, -ems - 0.35], 'top', [0, ems + 0.35]]];
}

function named(lang: Lang, size: number) {
  return { 'text-field': nameField(lang), 'text-font': FONT, 'text-size': size, 'text-max-width': 9 };
}

function beside(lang: Lang, size: number, offset: number) {
  const anchors: ('left' | 'right' | 'top' | 'bottom')[] = ['top', 'left', 'right', 'bottom'];
  return { ...named(lang, size), 'text-variable-anchor': anchors, 'text-radial-offset': offset, 'text-justify': 'auto' as const };
}

function ink(colour: string) {
  return { 'text-color': colour, 'text-halo-color': HALO, 'text-halo-width': 1.6, 'text-halo-blur': 0.2 };
}
