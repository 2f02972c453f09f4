/** The server's answers, typed. The one place of the viewer that calls `fetch`. */
import type { Lang } from '../state/hash.ts';
import { failureOf, RequestError } from './problem.ts';
import type { Boundary, Inspection, Item, ItemPage, PlaceAnswer, Receipt, TileJson } from './wire.ts';

export interface Client {
  boundaries(): Promise<Boundary[]>;
  tiles(boundary: string): Promise<TileJson>;
  item(collection: string, id: number, signal?: AbortSignal): Promise<Item>;
  items(collection: string, boundary: string, limit: number): Promise<ItemPage>;
  place(lon: number, lat: number, boundary: string, signal?: AbortSignal): Promise<PlaceAnswer>;
  receipts(): Promise<Receipt[]>;
  receipt(id: string): Promise<Receipt>;
  inspection(id: string): Promise<Inspection>;
  json<T>(path: string): Promise<T>;
}

/** `lang` is asked at each request, so that messages follow the language switch. */
export function createClient(lang: () => Lang): Client {
  async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
    const headers = { Accept: 'application/json, application/geo+json', 'Accept-Language': lang() };
    let response: Response;
    try {
      response = await fetch(path, { headers, ...(signal ? { signal } : {}) });
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') throw error;
      throw new RequestError({ kind: 'unreachable' });
    }
    if (!response.ok) throw new RequestError(await failureOf(response));
    try {
      return (await response.json()) as T;
    } catch {
      throw new RequestError({ kind: 'unreadable' });
    }
  }
  const segment = encodeURIComponent;
  return {
    boundaries: async () => {
      // A plain list; an envelope is read as well.
      const body = await get<Boundary[] | { boundaries: Boundary[] }>('/boundaries');
      return Array.isArray(body) ? body : body.boundaries;
    },
    tiles: (boundary) => get(`/tiles.json?boundary=${segment(boundary)}`),
    item: (collection, id, signal) => get(`/collections/${segment(collection)}/items/${id}/card`, signal),
    items: (collection, boundary, limit) =>
      get(`/collections/${segment(collection)}/items?boundary=${segment(boundary)}&limit=${limit}`),
    place: (lon, lat, boundary, signal) =>
      get(`/at?lon=${lon.toFixed(9)}&lat=${lat.toFixed(9)}&boundary=${segment(boundary)}`, signal),
    receipts: async () => (await get<{ uploads: Receipt[] }>('/uploads')).uploads,
    receipt: (id) => get(`/uploads/${segment(id)}`),
    inspection: (id) => get(`/inspections/${segment(id)}`),
    json: (path) => get(path),
  };
}

export function actUrl(inspection: string | number): string {
  return `/inspections/${encodeURIComponent(String(inspection))}/documents/act?lang=zh,en&f=pdf`;
}

export function originalUrl(receipt: string | number): string {
  return `/uploads/${encodeURIComponent(String(receipt))}/original`;
}
