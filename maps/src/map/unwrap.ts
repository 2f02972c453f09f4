/** Cuts nothing and moves nothing: only writes rings that cross 180° so that a flat map can fill them. */
import type { Feature, FeatureCollection, Geometry, Position } from 'geojson';

const POLE = 90;

/**
 * A ring whose longitudes jump from 180 to -180 goes on past 180 instead. A ring around a pole does not close
 * that way; it is led along the pole.
 */
export function unwrapRing(ring: Position[]): Position[] {
  const [first] = ring;
  if (!first) return ring;
  let shift = 0;
  let before = first[0] ?? 0;
  const out = ring.map(([lon = 0, lat = 0]) => {
    if (lon - before > 180) shift -= 360;
    else if (before - lon > 180) shift += 360;
    before = lon;
    return [lon + shift, lat];
  });
  const start = out[0]?.[0] ?? 0;
  const end = out.at(-1)?.[0] ?? 0;
  if (Math.abs(end - start) < 180) return out;
  const pole = mean(out) < 0 ? -POLE : POLE;
  return [...out, [end, pole], [start, pole], [...first]];
}

/** Holes follow their outer ring to the same turn of the globe. */
export function unwrapPolygon(rings: Position[][]): Position[][] {
  const [outer, ...holes] = rings.map(unwrapRing);
  if (!outer) return rings;
  const lons = outer.map(([lon = 0]) => lon);
  const west = Math.min(...lons);
  const east = Math.max(...lons);
  return [
    outer,
    ...holes.map((hole) => {
      const at = hole[0]?.[0] ?? 0;
      const turn = at < west ? 360 : at > east ? -360 : 0;
      return turn === 0 ? hole : hole.map(([lon = 0, lat = 0]) => [lon + turn, lat]);
    }),
  ];
}

export function unwrap(collection: FeatureCollection | Feature): FeatureCollection {
  const features = collection.type === 'Feature' ? [collection] : collection.features;
  return {
    type: 'FeatureCollection',
    features: features.map((feature) => ({ ...feature, geometry: unwrapGeometry(feature.geometry) })),
  };
}

function unwrapGeometry(geometry: Geometry): Geometry {
  if (geometry.type === 'Polygon') return { ...geometry, coordinates: unwrapPolygon(geometry.coordinates) };
  if (geometry.type === 'MultiPolygon') return { ...geometry, coordinates: geometry.coordinates.map(unwrapPolygon) };
  if (geometry.type === 'GeometryCollection')
    return { ...geometry, geometries: geometry.geometries.map(unwrapGeometry) };
  return geometry;
}

function mean(ring: Position[]): number {
  return ring.reduce((sum, [, lat = 0]) => sum + lat, 0) / ring.length;
}
