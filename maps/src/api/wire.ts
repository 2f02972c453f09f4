/** What the server sends, field by field. Only the fields the viewer reads. */
import type { Feature, FeatureCollection, Geometry } from 'geojson';

/** A text in the languages it has; every reader falls back to another one. */
export interface Names {
  zh?: string;
  en?: string;
  ru?: string;
  ko?: string;
}

/** West, south, east, north in degrees. */
export type Bbox = [number, number, number, number];

export interface Party {
  code: string;
  names: Names;
}

export interface Section {
  id: number;
  key: string;
  ordinal: number;
  names: Names;
  character: string;
  legal_status?: string;
  length_m?: number;
}

export interface InspectionSummary {
  id: string | number;
  number: string;
  names: Names;
  state: string;
}

export interface Boundary {
  id: string | number;
  key: string;
  names: Names;
  invented: boolean;
  notice?: Names;
  frame?: { crs: string; epoch?: number | null; name?: string };
  parties: Party[];
  left?: string;
  right?: string;
  bbox: Bbox | null;
  length_m?: number;
  sections?: Section[];
  n_markers?: number;
  base?: { layer: string; url: string }[];
  inspections?: InspectionSummary[];
}

export interface TileJson {
  tiles: string[];
  minzoom?: number;
  maxzoom?: number;
  bounds?: Bbox;
  attribution?: string;
}

export interface ProblemText {
  title?: string;
  detail?: string;
  remedy?: string;
}

export interface ProblemBody extends ProblemText {
  type?: string;
  status?: number;
  file?: string | null;
  line?: number | null;
  column?: number | null;
  byte?: number | null;
  languages?: { en?: ProblemText; zh?: ProblemText };
  errors?: { pointer?: string; detail?: string }[];
}

export interface Position {
  kind: string;
  crs: string;
  name?: string;
  x: number | string;
  y: number | string;
  text?: string[];
  epoch?: number | null;
  accuracy_m?: number | null;
}

export interface ChainageAt {
  chainage_m?: number;
  text?: string;
  offset_m?: number | null;
  side?: string | null;
  section?: string | null;
}

export interface LinearReference {
  en?: string;
  zh?: string;
  chainage_m?: number;
  offset_m?: number;
  side?: string;
}

export interface Version {
  version: number;
  valid_from?: string | null;
  valid_to?: string | null;
  known_from?: string | null;
  known_to?: string | null;
  standing?: string | null;
  instrument?: string | null;
  author?: string | null;
  reason?: string | null;
}

/** What two versions differ in. */
export interface Difference {
  old: Version;
  new: Version;
  changed: {
    property: string;
    title: string | null;
    unit: string | null;
    before: unknown;
    after: unknown;
    /** In words of the reader's language, where there are any. */
    before_text?: string | null;
    after_text?: string | null;
  }[];
  difference: GroundDifference | null;
  not_comparable: { en: string; zh: string } | null;
}

export interface GroundDifference {
  kind: 'points' | 'lines' | 'polygons';
  distance_m?: number;
  azimuth_deg?: number | null;
  maximum_m?: number;
  mean_m?: number;
  area_m2?: number;
  gained_m2?: number;
  lost_m2?: number;
  position_kind: 'legal' | 'display';
  crs: string;
  epoch?: number | null;
}

export type DrawnDifference = FeatureCollection<Geometry | null, { role: 'old' | 'new' | 'difference' }>;

/** Something that was found. */
export interface HitProperties {
  label: string;
  boundary: string | null;
  score: number;
  /** None for a place along the line. */
  collection: string | null;
  kind: string | null;
  name_zh?: string;
  name_en?: string;
  name_ru?: string;
  name_ko?: string;
  linear_reference_en?: string;
  linear_reference_zh?: string;
}

export type Hit = Feature<Geometry | null, HitProperties>;
export type Found = FeatureCollection<Geometry | null, HitProperties> & { hint?: string };

export type Verdict = 'pass' | 'fail' | 'inconclusive';

export interface Finding {
  check: string;
  verdict: Verdict;
  measured?: number | null;
  unit?: string | null;
  uncertainty_95?: number | null;
  tolerance?: number | null;
  tolerance_source?: string | null;
  message_en?: string;
  message_zh?: string;
}

export interface MarkerElement {
  element: number;
  label?: string;
  side?: string | null;
  height_m?: number | null;
  sigma_m?: number | null;
  material?: string | null;
  positions?: Position[];
  chainage?: ChainageAt | null;
}

export interface Link {
  href: string;
  rel?: string;
  title?: string;
  type?: string;
  names?: Names | null;
}

/** What a card can hold; every collection fills its own part. */
export interface ItemProperties extends Partial<Finding> {
  number?: string | number | null;
  names?: Names | null;
  name?: string | null;
  name_zh?: string | null;
  name_en?: string | null;
  constellation?: string | null;
  kind?: string | null;
  keeper?: string | null;
  condition?: string | null;
  state?: string | null;
  status?: string | null;
  section?: string | null;
  elements?: MarkerElement[];
  positions?: Position[];
  chainage?: ChainageAt | null;
  linear_reference?: LinearReference | null;
  versions?: Version[];
  findings?: Finding[];
  links?: Link[];
  /** Of kinds that the map does not draw: what they are called, and their fields in words. */
  kind_title?: string;
  facts?: { field: string; title: string; text: string }[];
  [field: string]: unknown;
}

export type Item = Feature<Geometry, ItemProperties> & { links?: Link[] };
export type ItemPage = FeatureCollection<Geometry, ItemProperties> & {
  numberMatched?: number;
  numberReturned?: number;
};

export interface PlaceAnswer {
  positions: Position[];
  linear_reference?: LinearReference | null;
  nearest_markers?: { id: number; label: string; distance_m: number }[];
}

export interface UploadWarning {
  kind: string;
  line?: number | null;
  column?: number | null;
  message_en?: string;
  message_zh?: string;
}

export interface CoverageGap {
  from_m: number;
  to_m: number;
  length_m: number;
  text_en?: string;
  text_zh?: string;
  verdict?: string;
  /** Where it is; with it the viewer can go there. */
  bbox?: Bbox | null;
}

export interface UploadResult {
  boundary: string | number;
  boundary_key: string;
  inspection?: string | number | null;
  check_run?: string | number | null;
  coverage?: {
    percent: number;
    covered_m: number;
    total_m: number;
    reference?: string;
    buffer_m?: number;
    assumed_accuracy?: boolean;
    gaps?: CoverageGap[];
  } | null;
  markers?: { visited?: string[]; passed?: string[]; missed?: string[] };
  verdicts?: Partial<Record<Verdict, number>>;
}

export interface Receipt {
  id: string | number;
  number: string;
  state: 'checking' | 'done' | 'refused' | 'failed';
  filename: string;
  sha256: string;
  bytes: number;
  received_at: string;
  format?: string | null;
  summary?: {
    tracks?: number;
    segments?: number;
    trackpoints?: number;
    timed_points?: number;
    routes?: number;
    routepoints?: number;
    waypoints?: number;
    bbox?: Bbox | null;
    first_time?: string | null;
    last_time?: string | null;
    length_m?: number;
    rejected?: number;
  } | null;
  warnings?: UploadWarning[];
  warnings_total?: number;
  problem?: ProblemBody | null;
  job?: { id: string | number; state: string; progress?: number } | null;
  results?: UploadResult[];
  tracks?: { id: number; name?: string | null; fixes?: number; length_m?: number }[];
}

export interface Inspection {
  id: string | number;
  number: string;
  names: Names;
  kind?: string;
  state?: string;
  boundary?: string | number;
  teams?: { name?: string; names?: Names; party?: string; leader?: string; members?: number }[];
  uploads?: unknown[];
  newest_check_run?: string | number | null;
}
