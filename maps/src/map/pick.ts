/** What lies under the pointer. */
import type { Map as MapLibre, MapGeoJSONFeature, PointLike } from 'maplibre-gl';

export interface Picked {
  collection: string;
  id: number;
  properties: Record<string, unknown>;
}

/** Points win over lines, lines over areas: the smaller thing is what one aims at. */
const RANK: Record<string, number> = { markers: 0, ports: 0, findings: 1, boundary_points: 2 };

export interface PickAnswer {
  /** The features one may have meant; one of them opens at once, several make a list. */
  best: Picked[];
  /** The others, offered on the card. */
  rest: Picked[];
}

export function pick(map: MapLibre, point: { x: number; y: number }, reach: number): PickAnswer {
  const layers = pickable(map);
  if (layers.length === 0) return { best: [], rest: [] };
  const box: [PointLike, PointLike] = [[point.x - reach, point.y - reach], [point.x + reach, point.y + reach]];
  const found = new Map<string, { rank: number; picked: Picked }>();
  for (const feature of map.queryRenderedFeatures(box, { layers })) {
    const id = Number(feature.properties['id'] ?? feature.id);
    const collection = feature.sourceLayer;
    if (!collection || !Number.isSafeInteger(id)) continue;
    const key = `${collection}.${id}`;
    if (!found.has(key)) found.set(key, { rank: rank(feature), picked: { collection, id, properties: feature.properties } });
  }
  const hits = [...found.values()].sort((a, b) => a.rank - b.rank);
  const top = hits[0]?.rank;
  return {
    best: hits.filter((hit) => hit.rank === top).map((hit) => hit.picked),
    rest: hits.filter((hit) => hit.rank !== top).map((hit) => hit.picked),
  };
}

function rank(feature: MapGeoJSONFeature): number {
  const { type } = feature.geometry;
  if (type === 'Point' || type === 'MultiPoint') return RANK[feature.sourceLayer ?? ''] ?? 2;
  return type === 'LineString' || type === 'MultiLineString' ? 3 : 4;
}

function pickable(map: MapLibre): string[] {
  return map.getLayersOrder().filter((id) => (map.getLayer(id)?.metadata as { pick?: boolean } | undefined)?.pick);
}
