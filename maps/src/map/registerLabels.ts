/** Names and numbers of the register. */
import type { FilterSpecification } from 'maplibre-gl';
import type { Lang } from '../state/hash.ts';
import { nameField } from './base.ts';
import { FONT, FONT_BOLD, PALETTE } from './palette.ts';
import { grow, HALO, type Layer, of } from './registerParts.ts';

export function labels(lang: Lang): Layer[] {
  const mark: Record<string, unknown> = {
    'text-font': FONT_BOLD,
    'text-size': grow(8, 11.5, 12, 12.5, 15, 14),
    // Just clear of the sign, whatever its size at this zoom.
    'text-variable-anchor-offset': [
      'interpolate',
      ['linear'],
      ['zoom'],
      8,
      around(0.9),
      9,
      around(1),
      11,
      around(1.25),
      14,
      around(1.5),
    ],
    'text-justify': 'auto',
    'text-padding': 1,
  };
  const main = ['==', ['coalesce', ['get', 'kind'], 'main'], 'main'];
  const first = ['<=', ['to-number', ['coalesce', ['get', 'element'], 0]], 1];
  return [
    of('ports', {
      id: 'ports-label',
      type: 'symbol',
      minzoom: 8,
      layout: beside(lang, 12, 1.5),
      paint: ink(PALETTE.port),
    }),
    of('islands', {
      id: 'islands-label',
      type: 'symbol',
      minzoom: 10,
      layout: { ...named(lang, 11), 'text-padding': 30 },
      paint: ink('#7d6c36'),
    }),
    of('projects', {
      id: 'projects-label',
      type: 'symbol',
      minzoom: 10,
      layout: { ...named(lang, 11.5), 'text-padding': 30 },
      paint: ink('#8a4a17'),
    }),
    of('routes', {
      id: 'routes-label',
      type: 'symbol',
      minzoom: 10,
      layout: { ...named(lang, 11), 'symbol-placement': 'line', 'symbol-spacing': 500, 'text-offset': [0, 1] } as never,
      paint: ink(PALETTE.route),
    }),
    of('segments', {
      id: 'segments-label',
      type: 'symbol',
      minzoom: 9,
      layout: {
        ...named(lang, 11.5),
        'symbol-placement': 'line',
        'symbol-spacing': 640,
        'text-offset': [0, -1.5],
        'text-letter-spacing': 0.06,
      } as never,
      paint: ink(PALETTE.line),
    }),
    of('boundary_points', {
      id: 'boundary_points-label',
      type: 'symbol',
      minzoom: 13,
      layout: {
        'text-field': ['to-string', ['get', 'number']],
        'text-font': FONT,
        'text-size': 10.5,
        'text-variable-anchor': ['right', 'left', 'bottom'],
        'text-radial-offset': 0.7,
      },
      paint: ink(PALETTE.line),
    }),
    // One number for all elements from afar; each element's own label from near.
    of('markers', {
      id: 'markers-number',
      type: 'symbol',
      minzoom: 8,
      maxzoom: 12,
      filter: ['all', main, first] as unknown as FilterSpecification,
      layout: { ...mark, 'text-field': ['to-string', ['get', 'number']] } as never,
      paint: ink(PALETTE.ink),
    }),
    of('markers', {
      id: 'markers-label',
      type: 'symbol',
      minzoom: 12,
      layout: { ...mark, 'text-field': ['to-string', ['coalesce', ['get', 'label'], ['get', 'number']]] } as never,
      paint: ink(PALETTE.ink),
    }),
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
  return {
    ...named(lang, size),
    'text-variable-anchor': anchors,
    'text-radial-offset': offset,
    'text-justify': 'auto' as const,
  };
}

function ink(colour: string) {
  return { 'text-color': colour, 'text-halo-color': HALO, 'text-halo-width': 1.6, 'text-halo-blur': 0.2 };
}
