import assert from 'node:assert/strict';
import { test } from 'node:test';
import { graticule } from '../src/map/graticule.ts';

test('lines fall on round minutes and carry their label', () => {
  const labels = graticule([-169, 42, -167, 43]).features.map(({ properties }) => properties.label);
  assert.ok(labels.includes('168°W') && labels.includes('42°30′N'), labels.join());
});

test('labels stay between 180 west and 180 east when the view crosses the date line', () => {
  const labels = graticule([178, -1, 182, 1]).features.map(({ properties }) => properties.label);
  assert.ok(labels.includes('179°W') && labels.includes('179°E'), labels.join());
});
