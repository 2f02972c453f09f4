/** Finds a marker by the label people write, "17" or "12(1)". */
import { moment } from '../api/client.ts';
import type { Item, ItemPage } from '../api/wire.ts';
import type { App } from '../state/app.ts';

export interface MarkerPlace {
  id: number;
  lon: number;
  lat: number;
}

const PAGE = 1000;
const PAGES = 20;
const cache = new Map<string, Promise<Map<string, MarkerPlace>>>();

export async function findMarker(app: App, boundary: string, label: string): Promise<MarkerPlace | null> {
  // Markers have been moved and renumbered: each day has its own.
  const key = `${boundary} ${moment(app.store.now.time)}`;
  let index = cache.get(key);
  if (!index) {
    index = read(app, boundary);
    cache.set(key, index);
    index.catch(() => cache.delete(key));
  }
  const found = await index;
  return found.get(label) ?? found.get(label.replace(/\(\d+\)$/, '')) ?? null;
}

async function read(app: App, boundary: string): Promise<Map<string, MarkerPlace>> {
  const index = new Map<string, MarkerPlace>();
  let page: (ItemPage & { links?: { rel?: string; href: string }[] }) | null = await app.client.items(
    'markers',
    boundary,
    PAGE,
  );
  for (let turn = 0; page && turn < PAGES; turn += 1) {
    page.features.forEach((feature) => enter(index, feature as Item));
    const next: string | undefined = page.links?.find(({ rel }) => rel === 'next')?.href;
    if (!next) break;
    const url: URL = new URL(next, location.origin);
    page = await app.client.json<ItemPage>(url.pathname + url.search);
  }
  return index;
}

function enter(index: Map<string, MarkerPlace>, { id, geometry, properties }: Item): void {
  if (!geometry || !('coordinates' in geometry)) return;
  const list = (
    geometry.type === 'Point' ? [geometry.coordinates] : geometry.type === 'MultiPoint' ? geometry.coordinates : []
  ) as number[][];
  const place = (at: number): MarkerPlace | null => {
    const [lon, lat] = list[at] ?? list[0] ?? [];
    return lon === undefined || lat === undefined ? null : { id: Number(id), lon, lat };
  };
  const first = place(0);
  if (!first) return;
  if (properties.number !== null && properties.number !== undefined) index.set(String(properties.number), first);
  (properties.elements ?? []).forEach((element, at) => {
    if (element.label) index.set(element.label, place(at) ?? first);
  });
}
