import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readHash, writeHash, type LinkState } from '../src/state/hash.ts';

const empty: LinkState = { boundary: null, camera: null, layers: [], lang: null, selection: null };

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
