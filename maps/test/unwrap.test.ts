import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unwrapPolygon, unwrapRing } from '../src/map/unwrap.ts';

test('a ring over the date line goes on past 180', () => {
  const ring = [
    [179, 60],
    [-179, 60],
    [-179, 61],
    [179, 61],
    [179, 60],
  ];
  assert.deepEqual(unwrapRing(ring), [
    [179, 60],
    [181, 60],
    [181, 61],
    [179, 61],
    [179, 60],
  ]);
});

test('a ring around the south pole is closed along it', () => {
  const ring = [
    [-180, -70],
    [-90, -75],
    [0, -70],
    [90, -75],
    [180, -70],
  ];
  assert.deepEqual(unwrapRing(ring), [...ring, [180, -90], [-180, -90], [-180, -70]]);
  const jumping = [
    [170, -70],
    [-100, -75],
    [-10, -70],
    [80, -75],
    [170, -70],
  ];
  assert.deepEqual(unwrapRing(jumping).slice(-4), [
    [530, -70],
    [530, -90],
    [170, -90],
    [170, -70],
  ]);
});

test('any other ring stays as it is', () => {
  const ring = [
    [-168, 42],
    [-167, 42],
    [-167, 43],
    [-168, 42],
  ];
  assert.deepEqual(unwrapRing(ring), ring);
});

test('a hole follows its outer ring', () => {
  const outer = [
    [-170, 60],
    [170, 60],
    [40, 60],
    [40, 40],
    [170, 40],
    [-170, 40],
    [-170, 60],
  ];
  const hole = [
    [50, 45],
    [52, 45],
    [52, 47],
    [50, 45],
  ];
  const [, moved] = unwrapPolygon([outer, hole]);
  assert.deepEqual(moved?.[0], [-310, 45]);
});
