/** Plain questions to GeoJSON. */
import type { Geometry } from 'geojson';
import type { Bbox } from './api/wire.ts';

/** West, south, east, north of some geometries; none where there is no position. */
export function extentOf(...geometries: (Geometry | null | undefined)[]): Bbox | null {
  const box: Bbox = [Infinity, Infinity, -Infinity, -Infinity];
  const visit = (value: unknown): void => {
    if (!Array.isArray(value)) return;
    const [x, y] = value as unknown[];
    if (typeof x === 'number' && typeof y === 'number') {
      box[0] = Math.min(box[0], x);
      box[1] = Math.min(box[1], y);
      box[2] = Math.max(box[2], x);
      box[3] = Math.max(box[3], y);
    } else value.forEach(visit);
  };
  for (const geometry of geometries) if (geometry && 'coordinates' in geometry) visit(geometry.coordinates);
  return Number.isFinite(box[0]) ? box : null;
}
