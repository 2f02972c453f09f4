/** What lies under the pointer. */
import type { Map as MapLibre, MapGeoJSONFeature, PointLike } from 'maplibre-gl';

export interface Picked {
  collection: string;
  id: number;
  properties: Record<string, unknown>;
}

/** Points win over lines, lines over areas: the smaller thing is what one aims at. */
const RANK: Record<string, number> = { markers: 0, ports: 0, findings: 1, boundary_points: 2 };

/** Pixels. */
const EQUALLY_NEAR = 4;

export interface PickAnswer {
  /** The features one may have meant; one of them opens at once, several make a list. */
  best: Picked[];
  /** The others, offered on the card. */
  rest: Picked[];
}

export function pick(map: MapLibre, point: { x: number; y: number }, reach: number): PickAnswer {
  const layers = pickable(map);
  if (layers.length === 0) return { best: [], rest: [] };
  const box: [PointLike, PointLike] = [
    [point.x - reach, point.y - reach],
    [point.x + reach, point.y + reach],
  ];
  const found = new Map<string, Hit>();
  for (const feature of map.queryRenderedFeatures(box, { layers })) {
    const id = Number(feature.properties['id'] ?? feature.id);
    const collection = feature.sourceLayer;
    if (!collection || !Number.isSafeInteger(id)) continue;
    const key = `${collection}.${id}`;
    const hit = {
      rank: rank(feature),
      away: distance(map, feature, point),
      picked: { collection, id, properties: feature.properties },
    };
    const before = found.get(key);
    if (!before || hit.away < before.away) found.set(key, hit);
  }
  return sortHits([...found.values()]);
}

export interface Hit {
  rank: number;
  /** Pixels from the pointer; 0 for lines and areas. */
  away: number;
  picked: Picked;
}

/** Two points are only both meant when they lie about equally near the pointer. */
export function sortHits(hits: Hit[]): PickAnswer {
  const sorted = [...hits].sort((a, b) => a.rank - b.rank || a.away - b.away);
  const [first] = sorted;
  if (!first) return { best: [], rest: [] };
  const meant = (hit: Hit): boolean => hit.rank === first.rank && hit.away <= first.away + EQUALLY_NEAR;
  return {
    best: sorted.filter(meant).map((hit) => hit.picked),
    rest: sorted.filter((hit) => !meant(hit)).map((hit) => hit.picked),
  };
}

function distance(map: MapLibre, { geometry }: MapGeoJSONFeature, point: { x: number; y: number }): number {
  if (geometry.type !== 'Point') return 0;
  const [lon = 0, lat = 0] = geometry.coordinates;
  const at = map.project([lon, lat]);
  return Math.hypot(at.x - point.x, at.y - point.y);
}

function rank(feature: MapGeoJSONFeature): number {
  const { type } = feature.geometry;
  if (type === 'Point' || type === 'MultiPoint') return RANK[feature.sourceLayer ?? ''] ?? 2;
  return type === 'LineString' || type === 'MultiLineString' ? 3 : 4;
}

function pickable(map: MapLibre): string[] {
  return map.getLayersOrder().filter((id) => (map.getLayer(id)?.metadata as { pick?: boolean } | undefined)?.pick);
}
