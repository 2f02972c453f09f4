import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDay, readHash, TODAY, writeHash, type LinkState } from '../src/state/hash.ts';

const empty: LinkState = { boundary: null, camera: null, layers: [], lang: null, selection: null, time: TODAY, compared: null };

test('every part of a link survives the round trip', () => {
  const selections: LinkState['selection'][] = [
    { kind: 'item', collection: 'boundary_points', id: 417 },
    { kind: 'place', lat: -12.3456789, lon: -168.0000001 },
    { kind: 'receipt', id: '0190-ab&c=d' },
    { kind: 'receipts' },
    { kind: 'inspections' },
    null,
  ];
  for (const selection of selections) {
    const state: LinkState = {
      boundary: 'astrand-veyra',
      camera: { lat: 42.5, lon: -168.125, zoom: 9.25, bearing: -30.5 },
      layers: [
        { id: 'towns', on: false },
        { id: 'tracks', on: true },
      ],
      lang: 'zh',
      selection,
      time: { inForce: '2024-05-01', knownAt: '2025-12-31' },
      compared: selection?.kind === 'item' ? { old: 1, new: 3 } : null,
    };
    assert.deepEqual(readHash(writeHash(state)), state);
  }
});

test('nothing to say is an empty hash', () => {
  assert.equal(writeHash(empty), '');
  assert.deepEqual(readHash(''), empty);
});

test('a broken link gives what can be read and no error', () => {
  assert.deepEqual(readHash('#v=north,west&lang=fr&s=markers.x&b=%E0%A4%A&l=-<b>'), empty);
  assert.equal(readHash('#v=95,0,3').camera, null);
  assert.equal(readHash('#s=at.42.5,-268').selection, null);
  assert.equal(readHash('#b=a&lang=en').lang, 'en');
});

test('more digits when zoomed in', () => {
  const at = (zoom: number): string =>
    writeHash({ ...empty, camera: { lat: 42.123456789, lon: 1.123456789, zoom, bearing: 0 } });
  assert.equal(at(5), '#v=42.1235,1.1235,5.00');
  assert.equal(at(14), '#v=42.123457,1.123457,14.00');
});

test('a day is a day of the calendar', () => {
  assert.equal(isDay('2024-02-29'), '2024-02-29');
  for (const text of ['2023-02-29', '2024-13-01', '2024-5-1', 'today', '', '2024-05-01T00:00:00Z']) assert.equal(isDay(text), '');
  assert.deepEqual(readHash('#t=2024-02-30&k=x&d=1-').time, TODAY);
  assert.equal(readHash('#d=1-x').compared, null);
});
