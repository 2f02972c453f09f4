import assert from 'node:assert/strict';
import { test } from 'node:test';
import { area, bytes, chainage, chainageRange, dms, group, length, local, percent, utc } from '../src/format.ts';

test('degrees are written with the hemisphere and padded seconds', () => {
  assert.equal(dms(42.504198, 'lat', 4), '42°30′15.1128″N');
  assert.equal(dms(-168.0520833333, 'lon', 2), '168°03′07.50″W');
  assert.equal(dms(-0.5, 'lat', 0), '0°30′00″S');
});

test('seconds that round up carry into minutes and degrees', () => {
  assert.equal(dms(41.9999999999, 'lat', 2), '42°00′00.00″N');
  assert.equal(dms(10 + 59.9999 / 3600, 'lon', 1), '10°01′00.0″E');
});

test('chainage keeps three digits before the point', () => {
  assert.equal(chainage(12_300), 'K12+300');
  assert.equal(chainage(7), 'K0+007');
  assert.equal(chainage(12_999.96, 1), 'K13+000.0');
  assert.equal(chainage(-250), '−K0+250');
  assert.equal(chainageRange(12_300, 12_900), 'K12+300–K12+900');
});

test('lengths choose metres or kilometres', () => {
  assert.equal(length(0.0123), '0.012 m');
  assert.equal(length(25), '25 m');
  assert.equal(length(98.412), '98.4 m');
  assert.equal(length(31_234.5), '31.23 km');
  assert.equal(length(1_234_567), '1\u202f235 km');
});

test('numbers never show a negative zero', () => {
  assert.equal(group(-0.0004, 3), '0.000');
  assert.equal(group(-1234.5, 1), '−1\u202f234.5');
});

test('a percentage is round only when it is whole', () => {
  assert.equal(percent(100), '100 %');
  assert.equal(percent(99.97), '99.9 %');
  assert.equal(percent(0.01), '0.1 %');
  assert.equal(percent(0), '0 %');
  assert.equal(percent(68.42), '68.4 %');
});

test('instants show in UTC and on a local clock with its offset', () => {
  assert.equal(utc('2026-06-03T01:15:00Z'), '2026-06-03 01:15:00');
  assert.equal(utc('2026-06-03T23:30:00-11:00'), '2026-06-04 10:30:00');
  assert.equal(local('2026-06-03T01:15:00Z', 480), '2026-06-03 09:15:00 +08:00');
  assert.equal(local('2026-06-03T01:15:00Z', -660), '2026-06-02 14:15:00 −11:00');
  assert.equal(utc('no date'), 'no date');
});

test('bytes are decimal', () => {
  assert.equal(bytes(999), '999 B');
  assert.equal(bytes(1536), '1.5 kB');
  assert.equal(bytes(2_500_000), '2.5 MB');
});

test('areas are square metres, large ones square kilometres', () => {
  assert.equal(area(12.345), '12.35 m²');
  assert.equal(area(225_000.04), '225\u202f000 m²');
  assert.equal(area(2_500_000), '2.500 km²');
});
