/** What the layers of the register have in common. */
import type { ExpressionSpecification, FilterSpecification, LayerSpecification } from 'maplibre-gl';

export const SOURCE = 'register';
export const HALO = 'rgba(255,255,255,0.94)';
/** A filter that lets nothing through: nothing is marked. */
export const NOTHING: FilterSpecification = ['==', ['get', 'id'], -1];

export type Layer = Exclude<LayerSpecification, { type: 'background' }> & { source: string };

/** A layer of one collection; `pick` when a click may mean it. */
export function of(
  collection: string,
  layer: Omit<Layer, 'source' | 'source-layer' | 'metadata'> & { pick?: boolean },
): Layer {
  const { pick, ...rest } = layer;
  return {
    ...rest,
    source: SOURCE,
    'source-layer': collection,
    metadata: { group: collection, pick: pick === true },
  } as Layer;
}

/** A number that grows with the zoom. */
export function grow(...stops: number[]): ExpressionSpecification {
  return ['interpolate', ['linear'], ['zoom'], ...stops] as unknown as ExpressionSpecification;
}
