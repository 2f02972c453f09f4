/** The part of the page that a link reproduces, and its writing after `#`. */

export type Lang = 'zh' | 'en';

export interface Camera {
  lat: number;
  lon: number;
  zoom: number;
  bearing: number;
}

/** What the side panel shows. A place is a click beside every feature. */
export type Selection =
  | { kind: 'item'; collection: string; id: number }
  | { kind: 'place'; lon: number; lat: number }
  | { kind: 'receipt'; id: string }
  | { kind: 'receipts' }
  | { kind: 'inspections' };

/** As of when the register is shown, as days; empty is today, and by the newest knowledge. */
export interface Time {
  inForce: string;
  knownAt: string;
}

/** Two versions of the selected record that are compared. */
export interface Compared {
  old: number;
  new: number;
}

export const TODAY: Time = { inForce: '', knownAt: '' };

export interface LinkState {
  boundary: string | null;
  camera: Camera | null;
  /** Layers the reader switched away from their default. */
  layers: { id: string; on: boolean }[];
  lang: Lang | null;
  selection: Selection | null;
  time: Time;
  compared: Compared | null;
}

export function writeHash(state: LinkState): string {
  const parts: string[] = [];
  if (state.boundary) parts.push(`b=${encodeURIComponent(state.boundary)}`);
  if (state.camera) {
    const { lat, lon, zoom, bearing } = state.camera;
    const digits = zoom > 12 ? 6 : zoom > 7 ? 5 : 4;
    const view = [lat.toFixed(digits), lon.toFixed(digits), zoom.toFixed(2)];
    if (Math.abs(bearing) >= 0.05) view.push(bearing.toFixed(1));
    parts.push(`v=${view.join(',')}`);
  }
  if (state.layers.length > 0) {
    parts.push(`l=${state.layers.map(({ id, on }) => (on ? '' : '-') + encodeURIComponent(id)).join(',')}`);
  }
  if (state.lang) parts.push(`lang=${state.lang}`);
  if (state.time.inForce) parts.push(`t=${state.time.inForce}`);
  if (state.time.knownAt) parts.push(`k=${state.time.knownAt}`);
  if (state.selection) parts.push(`s=${writeSelection(state.selection)}`);
  if (state.compared && state.selection?.kind === 'item') parts.push(`d=${state.compared.old}-${state.compared.new}`);
  return parts.length > 0 ? `#${parts.join('&')}` : '';
}

/** Reads what it understands; a broken part is left out, never an error. */
export function readHash(hash: string): LinkState {
  const fields = new Map<string, string>();
  for (const part of hash.replace(/^#/, '').split('&')) {
    const at = part.indexOf('=');
    if (at > 0) fields.set(part.slice(0, at), part.slice(at + 1));
  }
  const lang = fields.get('lang');
  return {
    boundary: decode(fields.get('b')),
    camera: readCamera(fields.get('v')),
    layers: readLayers(fields.get('l')),
    lang: lang === 'zh' || lang === 'en' ? lang : null,
    selection: readSelection(fields.get('s')),
    time: { inForce: isDay(fields.get('t')), knownAt: isDay(fields.get('k')) },
    compared: readCompared(fields.get('d')),
  };
}

/** The text where it is a day of the calendar, else nothing. */
export function isDay(text: string | undefined): string {
  if (!text || !/^\d{4}-\d{2}-\d{2}$/.test(text)) return '';
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text) ? text : '';
}

function readCompared(text: string | undefined): Compared | null {
  const found = /^(\d{1,9})-(\d{1,9})$/.exec(text ?? '');
  return found ? { old: Number(found[1]), new: Number(found[2]) } : null;
}

function writeSelection(selection: Selection): string {
  switch (selection.kind) {
    case 'item':
      return `${selection.collection}.${selection.id}`;
    case 'place':
      return `at.${selection.lat.toFixed(7)},${selection.lon.toFixed(7)}`;
    case 'receipt':
      return `receipt.${encodeURIComponent(selection.id)}`;
    default:
      return selection.kind;
  }
}

function readSelection(text: string | undefined): Selection | null {
  if (text === undefined) return null;
  if (text === 'receipts' || text === 'inspections') return { kind: text };
  const at = text.indexOf('.');
  if (at <= 0) return null;
  const head = text.slice(0, at);
  const rest = text.slice(at + 1);
  if (head === 'receipt') {
    const id = decode(rest);
    return id ? { kind: 'receipt', id } : null;
  }
  if (head === 'at') {
    const [lat, lon] = rest.split(',').map(Number);
    return inRange(lat, 90) && inRange(lon, 180) ? { kind: 'place', lat, lon } : null;
  }
  return /^[a-z_]+$/.test(head) && /^\d+$/.test(rest) ? { kind: 'item', collection: head, id: Number(rest) } : null;
}

function readCamera(text: string | undefined): Camera | null {
  if (text === undefined) return null;
  const [lat, lon, zoom, bearing = 0] = text.split(',').map(Number);
  if (!inRange(lat, 90) || !inRange(lon, 360) || !inRange(zoom, 24) || !inRange(bearing, 360)) return null;
  return { lat, lon, zoom: Math.max(0, zoom), bearing };
}

function readLayers(text: string | undefined): LinkState['layers'] {
  if (!text) return [];
  return text.split(',').flatMap((part) => {
    const on = !part.startsWith('-');
    const id = decode(on ? part : part.slice(1));
    return id && /^[a-z_]+$/.test(id) ? [{ id, on }] : [];
  });
}

function inRange(value: number | undefined, limit: number): value is number {
  return value !== undefined && Number.isFinite(value) && Math.abs(value) <= limit;
}

function decode(text: string | undefined): string | null {
  if (!text) return null;
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
