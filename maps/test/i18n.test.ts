import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CODES } from '../src/codes.ts';
import { NAMES, TEXTS, words } from '../src/i18n.ts';

const placeholders = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '').sort();

test('each text is there in both languages with the same placeholders', () => {
  for (const [key, { en, zh }] of Object.entries(TEXTS)) {
    assert.ok(en.trim() && zh.trim(), key);
    assert.deepEqual(placeholders(zh), placeholders(en), key);
  }
});

test('Chinese texts are Chinese and use Chinese punctuation', () => {
  for (const [key, { zh }] of Object.entries(TEXTS)) {
    if (key === 'fingerprint') continue;
    assert.match(zh, /\p{Script=Han}/u, key);
    assert.doesNotMatch(zh, /\p{Script=Han}[,;:?!]/u, key);
  }
});

test('code lists are complete in both languages', () => {
  for (const [list, codes] of Object.entries({ ...CODES, ...NAMES })) {
    for (const [code, { en, zh }] of Object.entries(codes)) assert.ok(en && zh, `${list}.${code}`);
  }
});

test('the verdicts are the words of the glossary', () => {
  const zh = words('zh');
  assert.deepEqual([zh.t('pass'), zh.t('fail'), zh.t('inconclusive')], ['合格', '不合格', '无法判定']);
});

test('an unknown code shows as it is, a missing name falls back', () => {
  const en = words('en');
  assert.equal(en.code('marker_condition', 'half_buried'), 'half buried');
  assert.equal(en.code('marker_condition', null), '');
  assert.equal(en.name({ zh: '界标' }), '界标');
  assert.equal(words('zh').name({ en: 'Marker' }), 'Marker');
  assert.equal(en.t('at_line', { line: 7 }), 'line 7');
});
