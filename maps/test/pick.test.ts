import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sortHits, type Hit } from '../src/map/pick.ts';

const hit = (collection: string, id: number, rank: number, away: number): Hit => ({
  rank,
  away,
  picked: { collection, id, properties: {} },
});
const ids = (list: { id: number }[]): number[] => list.map(({ id }) => id);

test('the nearest point is meant, a line under it is offered', () => {
  const { best, rest } = sortHits([hit('segments', 9, 3, 0), hit('markers', 2, 0, 12), hit('markers', 1, 0, 3)]);
  assert.deepEqual(ids(best), [1]);
  assert.deepEqual(ids(rest), [2, 9]);
});

test('points about equally near make a list', () => {
  assert.deepEqual(
    ids(sortHits([hit('markers', 1, 0, 3), hit('markers', 2, 0, 6), hit('ports', 3, 0, 8)]).best),
    [1, 2],
  );
});

test('several lines make a list, nothing makes none', () => {
  assert.deepEqual(ids(sortHits([hit('routes', 1, 3, 0), hit('tracks', 2, 3, 0)]).best), [1, 2]);
  assert.deepEqual(sortHits([]), { best: [], rest: [] });
});
