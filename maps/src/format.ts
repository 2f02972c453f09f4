/** Numbers as people write them on boundary papers. Pure: no language switch, no DOM. */

const MINUS = '−';

/** Degrees to `42°30′15.12″N`; `decimals` belong to the seconds. Rounding carries into minutes and degrees. */
export function dms(degrees: number, axis: 'lat' | 'lon', decimals = 2): string {
  const factor = 10 ** decimals;
  const units = Math.round(Math.abs(degrees) * 3600 * factor);
  const perMinute = 60 * factor;
  const whole = Math.floor(units / perMinute);
  const seconds = ((units - whole * perMinute) / factor).toFixed(decimals);
  const width = decimals > 0 ? decimals + 3 : 2;
  const letter = axis === 'lat' ? (degrees < 0 ? 'S' : 'N') : degrees < 0 ? 'W' : 'E';
  const turn = Math.floor(whole / 60);
  return `${turn}°${pad(whole % 60, 2)}′${seconds.padStart(width, '0')}″${letter}`;
}

/** Metres along the line to `K12+300`; decimals only when asked for. */
export function chainage(metres: number, decimals = 0): string {
  const sign = metres < 0 ? MINUS : '';
  const factor = 10 ** decimals;
  const units = Math.round(Math.abs(metres) * factor);
  const km = Math.floor(units / (1000 * factor));
  const rest = ((units - km * 1000 * factor) / factor).toFixed(decimals);
  return `${sign}K${km}+${rest.padStart(decimals > 0 ? decimals + 4 : 3, '0')}`;
}

/** `K12+300–K12+900`. */
export function chainageRange(from: number, to: number): string {
  return `${chainage(from)}–${chainage(to)}`;
}

/** A length people can read: millimetres are kept below ten metres, kilometres begin at 1000 m. */
export function length(metres: number): string {
  const size = Math.abs(metres);
  if (size >= 100_000) return `${group(metres / 1000, 0)} km`;
  if (size >= 1000) return `${group(metres / 1000, 2)} km`;
  if (size >= 10) return `${group(metres, Number.isInteger(metres) ? 0 : 1)} m`;
  return `${group(metres, 3)} m`;
}

/** An area people can read: square metres, from a square kilometre on those. */
export function area(squareMetres: number): string {
  const size = Math.abs(squareMetres);
  if (size >= 1_000_000) return `${group(squareMetres / 1_000_000, 3)} km²`;
  return `${group(squareMetres, size < 1000 ? 2 : 0)} m²`;
}

/** A measured number with at most `decimals`, trailing zeros dropped, thin spaces between thousands. */
export function group(value: number, decimals: number): string {
  const [whole = '0', part] = Math.abs(value).toFixed(decimals).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, '\u202f');
  const zero = Number(whole) === 0 && (part === undefined || Number(part) === 0);
  return `${value < 0 && !zero ? MINUS : ''}${grouped}${part === undefined ? '' : `.${part}`}`;
}

/** Bytes in the units file managers show. */
export function bytes(count: number): string {
  if (count < 1000) return `${count} B`;
  if (count < 1_000_000) return `${(count / 1000).toFixed(1)} kB`;
  return `${(count / 1_000_000).toFixed(1)} MB`;
}

/** One decimal, but never `100.0` for something incomplete nor `0.0` for something begun. */
export function percent(value: number): string {
  if (value >= 100) return '100 %';
  if (value <= 0) return '0 %';
  return `${Math.min(99.9, Math.max(0.1, Math.round(value * 10) / 10)).toFixed(1)} %`;
}

/** `2026-06-03 01:15:00` in UTC; the text itself when it is no date. */
export function utc(iso: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? iso : date.toISOString().slice(0, 19).replace('T', ' ');
}

/** The same instant on a clock `offsetMinutes` east of Greenwich, with the offset written out. */
export function local(iso: string, offsetMinutes: number): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  const shifted = new Date(date.getTime() + offsetMinutes * 60_000);
  const sign = offsetMinutes < 0 ? MINUS : '+';
  const size = Math.abs(offsetMinutes);
  return `${shifted.toISOString().slice(0, 19).replace('T', ' ')} ${sign}${pad(Math.floor(size / 60), 2)}:${pad(size % 60, 2)}`;
}

/** Only the day of an instant or a date. */
export function day(iso: string): string {
  return iso.slice(0, 10);
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0');
}
