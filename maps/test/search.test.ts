import assert from 'node:assert/strict';
import { test } from 'node:test';
import { moment } from '../src/api/client.ts';
import { extentOf } from '../src/geometry.ts';

test('a day of knowledge is meant to its end', () => {
  assert.equal(moment({ inForce: '', knownAt: '' }), '');
  assert.equal(
    moment({ inForce: '2024-05-01', knownAt: '2025-01-31' }),
    'datetime=2024-05-01T00:00:00Z&known-at=2025-01-31T23:59:59Z',
  );
});

test('the extent of several geometries holds each of them', () => {
  const line = { type: 'LineString', coordinates: [[1, 2], [3, -4]] } as const;
  assert.deepEqual(extentOf(line as never, null, { type: 'Point', coordinates: [9, 0] }), [1, -4, 9, 2]);
  assert.equal(extentOf(null), null);
});
