import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describe, failureFrom, problemText, RequestError } from '../src/api/problem.ts';
import { words } from '../src/i18n.ts';

const body = {
  title: 'Not a GPX file',
  detail: 'The first element is <html>.',
  remedy: 'Export GPX 1.1.',
  languages: { zh: { title: '不是 GPX 文件', detail: '首个元素是 <html>。', remedy: '请导出 GPX 1.1。' } },
};

test('a problem speaks the language of the page, whichever came in the answer', () => {
  assert.equal(problemText(body, words('zh')).remedy, '请导出 GPX 1.1。');
  assert.equal(problemText(body, words('en')).title, 'Not a GPX file');
});

test('an answer that is no problem document still names its status', () => {
  assert.deepEqual(failureFrom(502, 'text/html', '<html>'), { kind: 'status', status: 502 });
  assert.deepEqual(failureFrom(500, 'application/problem+json', '{"title":'), { kind: 'status', status: 500 });
  const told = describe(new RequestError({ kind: 'unreachable' }), words('en'));
  assert.match(told.remedy, /Merestone is running/);
});
