/** Areas and lines of the register: islands, projects, the boundary line itself, routes, tracks, findings. */
import type { DataDrivenPropertyValueSpecification, ExpressionSpecification, FilterSpecification } from 'maplibre-gl';
import type { Boundary } from '../api/wire.ts';
import { PALETTE } from './palette.ts';
import { grow, type Layer, NOTHING, of } from './registerParts.ts';

const VERDICT_COLOUR: DataDrivenPropertyValueSpecification<string> = [
  'match',
  ['get', 'verdict'],
  'pass',
  PALETTE.pass,
  'fail',
  PALETTE.fail,
  PALETTE.inconclusive,
];
const CHARACTER = ['coalesce', ['get', 'character'], 'land'];
const is = (character: string): FilterSpecification => ['==', CHARACTER, character] as unknown as FilterSpecification;

export function areas(): Layer[] {
  const polygon: FilterSpecification = ['==', ['geometry-type'], 'Polygon'];
  return [
    of('islands', {
      id: 'islands-fill',
      type: 'fill',
      pick: true,
      paint: { 'fill-color': PALETTE.island, 'fill-opacity': 0.85 },
    }),
    of('islands', { id: 'islands-edge', type: 'line', paint: { 'line-color': PALETTE.islandEdge, 'line-width': 1 } }),
    of('islands', {
      id: 'select-islands',
      type: 'line',
      filter: NOTHING,
      paint: { 'line-color': PALETTE.select, 'line-width': 4 },
    }),
    of('projects', {
      id: 'projects-fill',
      type: 'fill',
      pick: true,
      filter: polygon,
      paint: { 'fill-color': PALETTE.project, 'fill-opacity': 0.12 },
    }),
    of('projects', { id: 'projects-hatch', type: 'fill', filter: polygon, paint: { 'fill-pattern': 'hatch' } }),
    of('projects', {
      id: 'select-projects',
      type: 'line',
      filter: NOTHING,
      paint: { 'line-color': PALETTE.select, 'line-width': 6 },
    }),
    of('projects', {
      id: 'projects-edge',
      type: 'line',
      pick: true,
      paint: { 'line-color': PALETTE.project, 'line-width': grow(8, 1.2, 14, 2.4) },
    }),
  ];
}

export function lines(boundary: Boundary): Layer[] {
  const round = { 'line-cap': 'round', 'line-join': 'round' } as const;
  // Tiles name a section by its key or its id; both are listed.
  const disputed = (boundary.sections ?? [])
    .filter(({ legal_status }) => legal_status === 'not_agreed')
    .flatMap(({ id, key }) => [String(id), key]);
  const width = grow(4, 1.4, 8, 2.2, 12, 3.4, 16, 5);
  return [
    of('segments', {
      id: 'segments-ribbon',
      type: 'line',
      layout: round,
      paint: { 'line-color': PALETTE.line, 'line-opacity': 0.13, 'line-width': grow(4, 5, 8, 11, 12, 18, 16, 30) },
    }),
    of('segments', {
      id: 'segments-shared',
      type: 'line',
      filter: is('shared_water'),
      layout: round,
      paint: { 'line-color': PALETTE.shared, 'line-opacity': 0.42, 'line-width': grow(4, 4, 8, 8, 12, 14, 16, 26) },
    }),
    of('routes', {
      id: 'select-routes',
      type: 'line',
      filter: NOTHING,
      layout: round,
      paint: { 'line-color': PALETTE.select, 'line-width': grow(8, 6, 14, 10) },
    }),
    of('routes', {
      id: 'routes-line',
      type: 'line',
      pick: true,
      layout: { 'line-join': 'round' },
      paint: { 'line-color': PALETTE.route, 'line-width': grow(6, 1, 14, 2.4), 'line-dasharray': [3, 2.2] },
    }),
    // Under the boundary line: from afar, where both coincide, what was walked shows as its blue edge.
    of('tracks', {
      id: 'select-tracks',
      type: 'line',
      filter: NOTHING,
      layout: round,
      paint: { 'line-color': PALETTE.select, 'line-width': grow(6, 9, 10, 13, 14, 11) },
    }),
    of('tracks', {
      id: 'tracks-case',
      type: 'line',
      layout: round,
      paint: {
        'line-color': PALETTE.trackCase,
        'line-width': grow(6, 6.4, 10, 9.6, 13, 10.6, 15, 6.5, 17, 5.4),
        'line-opacity': 0.9,
      },
    }),
    of('tracks', {
      id: 'tracks-line',
      type: 'line',
      pick: true,
      layout: round,
      paint: { 'line-color': PALETTE.track, 'line-width': grow(6, 5, 10, 8, 13, 9, 15, 4.6, 17, 3.6) },
    }),
    of('segments', {
      id: 'select-segments',
      type: 'line',
      filter: NOTHING,
      layout: round,
      paint: { 'line-color': PALETTE.select, 'line-width': grow(8, 8, 14, 14) },
    }),
    of('segments', {
      id: 'segments-case',
      type: 'line',
      layout: round,
      paint: { 'line-color': '#ffffff', 'line-opacity': 0.8, 'line-width': grow(4, 2.6, 8, 4, 12, 5.8, 16, 8) },
    }),
    of('segments', {
      id: 'segments-line',
      type: 'line',
      pick: true,
      filter: ['!', is('shared_water')] as FilterSpecification,
      layout: { 'line-join': 'round' },
      paint: {
        'line-color': ['match', CHARACTER, 'river', '#4a5fa8', PALETTE.line] as unknown as ExpressionSpecification,
        'line-width': width,
      },
    }),
    of('segments', {
      id: 'segments-red',
      type: 'line',
      filter: is('land'),
      layout: { 'line-join': 'round' },
      paint: { 'line-color': PALETTE.lineRed, 'line-width': width, 'line-dasharray': [4, 4] },
    }),
    of('segments', {
      id: 'segments-river',
      type: 'line',
      filter: is('river'),
      layout: { 'line-join': 'round' },
      paint: { 'line-color': PALETTE.lineRed, 'line-width': width, 'line-dasharray': [2.4, 2.4] },
    }),
    of('segments', {
      id: 'segments-dots',
      type: 'line',
      pick: true,
      filter: is('shared_water'),
      layout: round,
      paint: { 'line-color': PALETTE.line, 'line-width': width, 'line-dasharray': [0.1, 2.6] },
    }),
    of('segments', {
      id: 'segments-open',
      type: 'line',
      filter: ['in', ['to-string', ['get', 'section']], ['literal', disputed]],
      paint: { 'line-color': '#ffffff', 'line-width': grow(4, 1, 12, 2), 'line-dasharray': [1.5, 3] },
    }),
    of('findings', {
      id: 'findings-glow',
      type: 'line',
      filter: ['==', ['geometry-type'], 'LineString'],
      layout: round,
      paint: { 'line-color': VERDICT_COLOUR, 'line-opacity': 0.22, 'line-width': grow(6, 6, 14, 15) },
    }),
    of('findings', {
      id: 'findings-line',
      type: 'line',
      pick: true,
      filter: ['==', ['geometry-type'], 'LineString'],
      layout: { 'line-join': 'round' },
      paint: { 'line-color': VERDICT_COLOUR, 'line-width': grow(6, 1.6, 14, 3.4), 'line-dasharray': [1.4, 1.2] },
    }),
  ];
}
