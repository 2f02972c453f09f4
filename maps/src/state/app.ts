/** The state of the whole page and what its parts may call. */
import type { Geometry } from 'geojson';
import type { Map as MapLibre } from 'maplibre-gl';
import type { Client } from '../api/client.ts';
import type { Boundary } from '../api/wire.ts';
import type { Words } from '../i18n.ts';
import type { Picked } from '../map/pick.ts';
import type { Compared, Lang, LinkState, Selection, Time } from './hash.ts';
import type { Store } from './store.ts';

export interface AppState {
  lang: Lang;
  words: Words;
  boundaries: Boundary[];
  boundary: Boundary | null;
  selection: Selection | null;
  /** As of when the register is shown. */
  time: Time;
  /** Versions of the selected record that are drawn beside each other. */
  compared: Compared | null;
  /** A place or stretch that was looked for, while it is what the panel speaks of. */
  found: Geometry | null;
  /** Other features where the reader clicked. */
  alsoHere: Picked[];
  layers: LinkState['layers'];
  layersOpen: boolean;
  /** Grows when the register may have changed: tiles, counts and lists are read again. */
  edition: number;
  /** Whom the tiles ask to name. */
  attribution: string;
  /** The boundaries have been read. */
  started: boolean;
}

export interface App {
  store: Store<AppState>;
  client: Client;
  map: MapLibre;
  toast: Toaster;
}

export interface Toaster {
  /** Names what failed, why, and what to do. */
  error(what: string, error: unknown): void;
  say(text: string): void;
  /** Takes every message away: what was wrong is right again. */
  clear(): void;
}
