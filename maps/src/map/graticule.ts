/** Meridians and parallels at a spacing that suits the zoom, for the part in view. */
import type { FeatureCollection, LineString } from 'geojson';
import type { Bbox } from '../api/wire.ts';

/** Steps in arc minutes. */
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800];

export function graticuleStep(spanDegrees: number): number {
  const wanted = (spanDegrees * 60) / 9;
  return STEPS.find((step) => step >= wanted) ?? 1800;
}

export function graticule([west, south, east, north]: Bbox): FeatureCollection<LineString, { label: string }> {
  const step = graticuleStep(Math.max(east - west, north - south));
  const features: FeatureCollection<LineString, { label: string }>['features'] = [];
  const line = (coordinates: number[][], label: string): void => {
    features.push({ type: 'Feature', properties: { label }, geometry: { type: 'LineString', coordinates } });
  };
  const bottom = Math.max(-85, south);
  const top = Math.min(85, north);
  for (let m = Math.ceil((west * 60) / step) * step; m <= east * 60; m += step) {
    line(
      [
        [m / 60, bottom],
        [m / 60, top],
      ],
      degreesMinutes(((((m / 60 + 180) % 360) + 360) % 360) - 180, 'E', 'W'),
    );
  }
  for (let m = Math.ceil((bottom * 60) / step) * step; m <= top * 60; m += step) {
    line(
      [
        [west, m / 60],
        [east, m / 60],
      ],
      degreesMinutes(m / 60, 'N', 'S'),
    );
  }
  return { type: 'FeatureCollection', features };
}

function degreesMinutes(value: number, plus: string, minus: string): string {
  const minutes = Math.round(Math.abs(value) * 60);
  const rest = minutes % 60;
  const letter = minutes === 0 || minutes === 180 * 60 ? '' : value < 0 ? minus : plus;
  return `${Math.floor(minutes / 60)}°${rest ? `${String(rest).padStart(2, '0')}′` : ''}${letter}`;
}
