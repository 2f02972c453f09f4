/** The layers a reader can switch, in the order of the panel. One group is several layers of the style. */
import type { TextKey } from '../i18n.ts';

export interface Group {
  id: string;
  label: TextKey;
  part: 'layers_boundary' | 'layers_field' | 'layers_ground';
  /** The collection whose size the panel tells. */
  collection?: string;
  /** Nothing of the group is drawn below this zoom. */
  minzoom?: number;
}

export const GROUPS: readonly Group[] = [
  { id: 'segments', label: 'layer_segments', part: 'layers_boundary', collection: 'segments' },
  {
    id: 'boundary_points',
    label: 'layer_boundary_points',
    part: 'layers_boundary',
    collection: 'boundary_points',
    minzoom: 11,
  },
  { id: 'markers', label: 'layer_markers', part: 'layers_boundary', collection: 'markers', minzoom: 6.5 },
  { id: 'islands', label: 'layer_islands', part: 'layers_boundary', collection: 'islands' },
  { id: 'ports', label: 'layer_ports', part: 'layers_boundary', collection: 'ports' },
  { id: 'projects', label: 'layer_projects', part: 'layers_boundary', collection: 'projects' },
  { id: 'routes', label: 'layer_routes', part: 'layers_field', collection: 'routes' },
  { id: 'tracks', label: 'layer_tracks', part: 'layers_field', collection: 'tracks' },
  { id: 'findings', label: 'layer_findings', part: 'layers_field', collection: 'findings' },
  { id: 'relief', label: 'layer_relief', part: 'layers_ground' },
  { id: 'towns', label: 'layer_towns', part: 'layers_ground' },
  { id: 'graticule', label: 'layer_graticule', part: 'layers_ground' },
];
