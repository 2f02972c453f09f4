/** Point signs of the register: boundary points, ports, markers, findings. */
import type { ExpressionSpecification, FilterSpecification } from 'maplibre-gl';
import { LOOKS, OPEN_PORTS } from './icons.ts';
import { PALETTE } from './palette.ts';
import { grow, type Layer, NOTHING, of } from './registerParts.ts';

export function points(): Layer[] {
  const look = ['match', ['coalesce', ['get', 'state'], ''], ...Object.entries(LOOKS).flat(), 'unknown'];
  const visit = [
    'match',
    ['coalesce', ['get', 'visited'], ''],
    ['visited', 'passed', 'missed'],
    ['get', 'visited'],
    'none',
  ];
  const image = [
    'concat',
    'marker/',
    ['coalesce', ['get', 'constellation'], 'single'],
    '/',
    ['coalesce', ['get', 'kind'], 'main'],
    '/',
    look,
    '/',
    visit,
  ];
  const point: FilterSpecification = ['==', ['geometry-type'], 'Point'];
  return [
    of('boundary_points', {
      id: 'boundary_points-dot',
      type: 'circle',
      pick: true,
      minzoom: 11,
      paint: {
        'circle-radius': grow(11, 1.8, 16, 4),
        'circle-color': '#ffffff',
        'circle-stroke-color': PALETTE.line,
        'circle-stroke-width': 1.4,
      },
    }),
    of('boundary_points', {
      id: 'select-boundary_points',
      type: 'circle',
      filter: NOTHING,
      paint: {
        'circle-radius': 10,
        'circle-opacity': 0,
        'circle-stroke-color': PALETTE.select,
        'circle-stroke-width': 4,
      },
    }),
    of('ports', {
      id: 'select-ports',
      type: 'circle',
      filter: NOTHING,
      paint: { 'circle-radius': 17, 'circle-color': PALETTE.select },
    }),
    of('ports', {
      id: 'ports-icon',
      type: 'symbol',
      pick: true,
      minzoom: 6,
      layout: {
        'icon-image': ['match', ['coalesce', ['get', 'status'], 'open'], OPEN_PORTS, 'port/open', 'port/closed'],
        'icon-size': grow(6, 0.55, 10, 0.85, 14, 1),
        'icon-allow-overlap': true,
      },
    }),
    of('markers', {
      id: 'select-markers',
      type: 'circle',
      filter: NOTHING,
      paint: { 'circle-radius': grow(6, 9, 9, 13, 13, 20), 'circle-color': PALETTE.select, 'circle-opacity': 0.85 },
    }),
    of('markers', {
      id: 'markers-icon',
      type: 'symbol',
      pick: true,
      minzoom: 6.5,
      layout: {
        'icon-image': image as unknown as ExpressionSpecification,
        'icon-size': grow(6.5, 0.34, 7.5, 0.44, 9, 0.58, 11, 0.8, 14, 1),
        'icon-allow-overlap': true,
        'icon-padding': 0,
        'symbol-sort-key': ['match', ['coalesce', ['get', 'visited'], ''], 'missed', 3, 'passed', 2, 'visited', 1, 0],
      },
    }),
    of('findings', {
      id: 'select-findings',
      type: 'circle',
      filter: ['all', point, NOTHING] as unknown as FilterSpecification,
      paint: { 'circle-radius': 14, 'circle-color': PALETTE.select, 'circle-translate': [13, -13] },
    }),
    of('findings', {
      // From afar only what needs someone's eye.
      id: 'findings-icon',
      type: 'symbol',
      pick: true,
      minzoom: 8,
      filter: [
        'all',
        point,
        ['any', ['>=', ['zoom'], 10.5], ['!=', ['get', 'verdict'], 'pass']],
      ] as unknown as FilterSpecification,
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
