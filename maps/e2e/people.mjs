#!/usr/bin/env node
/**
 * Comes in as a person does: led from the map to the form, a wrong password, the right one, back on the map, a token made
 * and revoked, out again.
 *
 *   node maps/e2e/people.mjs --base http://127.0.0.1:8080 --name officer --password PASSWORD --shots DIR
 *
 * Prints one JSON line with what it saw.
 */
import { parseArgs } from 'node:util';
import { idle, run, testid } from './browser.mjs';

const { values: options } = parseArgs({
  options: {
    base: { type: 'string' },
    name: { type: 'string' },
    password: { type: 'string' },
    shots: { type: 'string' },
  },
});
if (!options.base || !options.name || !options.password || !options.shots) {
  console.error('usage: people.mjs --base URL --name NAME --password PASSWORD --shots DIR');
  process.exit(2);
}
const home = options.base.replace(/\/$/, '');

await run(options, drive);

async function drive(page, seen, shot) {
  const fill = async (password) => {
    await page.fill('input[name=name]', options.name);
    await page.fill('input[name=password]', password);
    await page.click('form.card-form button');
  };

  seen.step = 'be led from the map to the form';
  await page.goto(`${home}/#lang=en`);
  await page.waitForURL(/\/session\?next=/);
  const form = new URL(page.url()).searchParams.get('next');
  await shot('sign-in.png');

  seen.step = 'be refused with a wrong password';
  await fill('not the right one at all');
  const refused = await page.locator('[role=alert]').innerText();
  // The refusal is a page of status 401, which the browser notes as an error of its own.
  seen.complaints.length = 0;

  seen.step = 'come in and see the map';
  await fill(options.password);
  await page.waitForSelector(testid('boundary-menu'));
  await idle(page);
  const boundary = await page.locator(`${testid('boundary-menu')} option:checked`).innerText();

  seen.step = 'make a token and revoke it';
  await page.click(testid('account'));
  await page.waitForSelector('table');
  await page.fill('form.ask input[name=name]', 'QGIS of the test');
  await page.click('form.ask button');
  const token = await page.locator('[role=status] code').innerText();
  await shot('account.png');
  await page.locator('tr', { hasText: 'QGIS of the test' }).getByRole('button').click();
  await page.waitForURL(/\/session$/);
  const left = await page.locator('tr', { hasText: 'QGIS of the test' }).count();

  seen.step = 'go out';
  await page.locator('form.inline button').first().click();
  await page.waitForSelector('input[name=password]');
  const cookies = await page.context().cookies();

  return { form, refused, boundary, token, left, cookies: cookies.length, complaints: seen.complaints };
}
