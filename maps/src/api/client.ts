/** The server's answers, typed. The one place of the viewer that calls `fetch`. */
import type { Compared, Lang, Time } from '../state/hash.ts';
import { failureOf, RequestError } from './problem.ts';
import type {
  Boundary,
  Difference,
  DrawnDifference,
  Found,
  Inspection,
  Item,
  ItemPage,
  PlaceAnswer,
  Receipt,
  TileJson,
  Version,
} from './wire.ts';

export interface Client {
  boundaries(): Promise<Boundary[]>;
  tiles(boundary: string): Promise<TileJson>;
  item(collection: string, id: number, signal?: AbortSignal): Promise<Item>;
  items(collection: string, boundary: string, limit: number): Promise<ItemPage>;
  /** `boundary` is none for all. */
  search(text: string, boundary: string | null, limit: number, signal?: AbortSignal): Promise<Found>;
  /** Of all times, whichever is shown. */
  versions(collection: string, id: number, signal?: AbortSignal): Promise<Version[]>;
  difference(collection: string, id: number, compared: Compared, signal?: AbortSignal): Promise<Difference>;
  drawnDifference(collection: string, id: number, compared: Compared, signal?: AbortSignal): Promise<DrawnDifference>;
  place(lon: number, lat: number, boundary: string, signal?: AbortSignal): Promise<PlaceAnswer>;
  receipts(): Promise<Receipt[]>;
  receipt(id: string): Promise<Receipt>;
  inspection(id: string): Promise<Inspection>;
  json<T>(path: string): Promise<T>;
}

/** What a request says of the time that is shown. A day of knowledge is meant to its end. */
export function moment({ inForce, knownAt }: Time): string {
  const parts = [
    inForce ? `datetime=${inForce}T00:00:00Z` : '',
    knownAt ? `known-at=${knownAt}T23:59:59Z` : '',
  ].filter(Boolean);
  return parts.join('&');
}

/** `lang` and `time` are asked at each request, so that answers follow the language switch and the date. */
export function createClient(lang: () => Lang, time: () => Time): Client {
  async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
    const headers = { Accept: 'application/json, application/geo+json', 'Accept-Language': lang() };
    let response: Response;
    try {
      response = await fetch(path, { headers, ...(signal ? { signal } : {}) });
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') throw error;
      throw new RequestError({ kind: 'unreachable' });
    }
    if (response.status === 401) askToSignIn();
    if (!response.ok) throw new RequestError(await failureOf(response));
    try {
      return (await response.json()) as T;
    } catch {
      throw new RequestError({ kind: 'unreadable' });
    }
  }
  const segment = encodeURIComponent;
  const then = (path: string): string => {
    const at = moment(time());
    return at ? `${path}${path.includes('?') ? '&' : '?'}${at}` : path;
  };
  const between = (collection: string, id: number, { old, new: newer }: Compared): string =>
    `/collections/${segment(collection)}/items/${id}/versions/${old}/difference/${newer}`;
  return {
    boundaries: async () => {
      // A plain list; an envelope is read as well.
      const body = await get<Boundary[] | { boundaries: Boundary[] }>('/boundaries');
      return Array.isArray(body) ? body : body.boundaries;
    },
    tiles: (boundary) => get(then(`/tiles.json?boundary=${segment(boundary)}`)),
    item: (collection, id, signal) => get(then(`/collections/${segment(collection)}/items/${id}/card`), signal),
    items: (collection, boundary, limit) =>
      get(then(`/collections/${segment(collection)}/items?boundary=${segment(boundary)}&limit=${limit}`)),
    search: (text, boundary, limit, signal) =>
      get(
        then(
          `/search?q=${segment(text)}&limit=${limit}${boundary ? `&boundary=${segment(boundary)}` : ''}&f=geojson`,
        ),
        signal,
      ),
    versions: async (collection, id, signal) =>
      (await get<{ versions: Version[] }>(`/collections/${segment(collection)}/items/${id}/versions?f=json`, signal))
        .versions,
    difference: (collection, id, compared, signal) => get(`${between(collection, id, compared)}?f=json`, signal),
    drawnDifference: (collection, id, compared, signal) =>
      get(`${between(collection, id, compared)}?f=geojson`, signal),
    place: (lon, lat, boundary, signal) =>
      get(`/at?lon=${lon.toFixed(9)}&lat=${lat.toFixed(9)}&boundary=${segment(boundary)}`, signal),
    receipts: async () => (await get<{ uploads: Receipt[] }>('/uploads')).uploads,
    receipt: (id) => get(`/uploads/${segment(id)}`),
    inspection: (id) => get(`/inspections/${segment(id)}`),
    json: (path) => get(path),
  };
}

/** To the page for it, and back to this very view. */
export function askToSignIn(): void {
  const here = `${location.pathname}${location.search}${location.hash}`;
  location.replace(`/session?next=${encodeURIComponent(here)}`);
}

export function actUrl(inspection: string | number): string {
  return `/inspections/${encodeURIComponent(String(inspection))}/documents/act?lang=zh,en&f=pdf`;
}

export function originalUrl(receipt: string | number): string {
  return `/uploads/${encodeURIComponent(String(receipt))}/original`;
}
