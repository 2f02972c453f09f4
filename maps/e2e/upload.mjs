#!/usr/bin/env node
/**
 * Drives the viewer in a real browser against a running server:
 *
 *   node maps/e2e/upload.mjs --base http://127.0.0.1:8080 --gpx walk.gpx --shots DIR
 *
 * Opens the page, switches the language, drops the file onto the map, waits for the receipt, opens the card of
 * a marker, drops the file again. Prints one JSON line with what it saw; exit code 1 and a sentence on failure.
 * CHROMIUM names another browser than /usr/bin/chromium.
 */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { idle, LIMIT_MS, run, testid } from './browser.mjs';

const { values: options } = parseArgs({
  options: { base: { type: 'string' }, gpx: { type: 'string' }, shots: { type: 'string' } },
});
if (!options.base || !options.gpx || !options.shots) {
  console.error('usage: upload.mjs --base URL --gpx FILE --shots DIR');
  process.exit(2);
}

await run(options, drive);

async function drive(page, seen, shot) {
  seen.step = 'open the page';
  await page.goto(`${options.base.replace(/\/$/, '')}/#lang=en`, { timeout: LIMIT_MS });
  await page.waitForFunction(() => window.merestone !== undefined);
  await idle(page);
  const banner = await page.locator(testid('banner')).innerText();
  if (!banner.trim()) throw new Error('the banner line is empty');
  await page.waitForFunction(
    () =>
      window.merestone.map.queryRenderedFeatures({
        layers: ['segments-line', 'segments-dots'].filter((id) => window.merestone.map.getLayer(id)),
      }).length > 0,
  );
  await shot('overview-en.png');

  seen.step = 'switch to Chinese';
  await page.click(testid('lang-zh'));
  await page.waitForFunction(() => document.documentElement.lang === 'zh-CN');
  await idle(page);
  await shot('overview-zh.png');
  const uploadText = (await page.locator(testid('upload-button')).innerText()).trim();
  if (uploadText !== '上传') throw new Error(`the upload button says "${uploadText}" in Chinese`);
  await page.click(testid('lang-en'));
  await page.waitForFunction(() => document.documentElement.lang === 'en');

  seen.step = 'drop the file onto the map';
  await drop(page, options.gpx);

  seen.step = 'get a finished receipt';
  await page.waitForSelector(`${testid('receipt')} ${testid('receipt-state')}:not([data-state="checking"])`);
  const state = await page.getAttribute(`${testid('receipt')} ${testid('receipt-state')}`, 'data-state');
  if (state !== 'done')
    throw new Error(`the receipt is ${state}: ${(await page.locator(testid('receipt')).innerText()).slice(0, 600)}`);
  const receipt = (await page.locator(testid('receipt-number')).innerText()).trim();
  const coverage = (await page.locator(testid('coverage-percent')).first().innerText()).trim();
  if (!/^\d+(\.\d+)?\s*%$/.test(coverage)) throw new Error(`the coverage reads "${coverage}"`);
  await page.locator(testid('missed-markers')).first().waitFor();
  const missed = await page.locator(`${testid('missed-markers')} >> ${testid('marker-chip')}`).allInnerTexts();
  await idle(page);
  await shot('receipt.png');

  seen.step = 'open the card of a marker';
  await clickMarker(page);
  await page.waitForSelector(`${testid('card')}, ${testid('chooser')}`);
  if (await page.locator(testid('chooser')).isVisible())
    await page
      .locator(`${testid('chooser')} ${testid('picked')}`)
      .first()
      .click();
  await page.waitForSelector(`${testid('card')} ${testid('card-title')}`);
  const card = (await page.locator(`${testid('card')} ${testid('card-title')}`).innerText()).trim();
  if (!card) throw new Error('the card has no title');
  const positions = await page.locator(`${testid('card')} ${testid('positions')}`).count();
  if (positions === 0) throw new Error('the card of the marker shows no coordinates');
  await idle(page);
  await shot('card.png');

  seen.step = 'get the same receipt for the same file';
  await drop(page, options.gpx);
  await page.waitForSelector(`${testid('receipt')} ${testid('already-received')}`);
  const again = (await page.locator(testid('receipt-number')).innerText()).trim();
  if (again !== receipt) throw new Error(`the same file got ${again} after ${receipt}`);

  seen.step = 'finish without a complaint of the page';
  if (seen.complaints.length > 0) throw new Error(`${seen.complaints.length} complaint(s)`);
  return { banner, receipt, coverage, missed, card };
}

/** The events a browser sends when a file is dragged in from the desktop. */
async function drop(page, path) {
  const base64 = (await readFile(path)).toString('base64');
  const transfer = await page.evaluateHandle(
    ({ base64, name }) => {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      const data = new DataTransfer();
      data.items.add(new File([bytes], name, { type: 'application/gpx+xml' }));
      return data;
    },
    { base64, name: basename(path) },
  );
  const target = page.locator(`${testid('map')} canvas`);
  await target.dispatchEvent('dragenter', { dataTransfer: transfer });
  await target.dispatchEvent('dragover', { dataTransfer: transfer });
  await page.locator(testid('drop-zone')).waitFor({ state: 'visible' });
  await target.dispatchEvent('drop', { dataTransfer: transfer });
  await page.locator(testid('drop-zone')).waitFor({ state: 'hidden' });
}

/** Brings one marker to the middle of the free part of the map and clicks where it is drawn. */
async function clickMarker(page) {
  const layer = 'markers-icon';
  await page.waitForFunction((id) => window.merestone.map.queryRenderedFeatures({ layers: [id] }).length > 0, layer);
  const wanted = await page.evaluate((id) => {
    const { map } = window.merestone;
    const [first] = map.queryRenderedFeatures({ layers: [id] });
    map.jumpTo({ center: first.geometry.coordinates, zoom: Math.max(14, map.getZoom()) });
    return first.properties.id;
  }, layer);
  await idle(page);
  const place = await page.waitForFunction(
    ({ id, wanted }) => {
      const { map } = window.merestone;
      const box = map.getContainer().getBoundingClientRect();
      for (const feature of map.queryRenderedFeatures({ layers: [id] })) {
        if (feature.properties.id !== wanted) continue;
        const { x, y } = map.project(feature.geometry.coordinates);
        const at = { x: box.left + x, y: box.top + y };
        if (document.elementFromPoint(at.x, at.y) === map.getCanvas()) return at;
      }
      return null;
    },
    { id: layer, wanted },
  );
  const { x, y } = await place.jsonValue();
  await page.mouse.click(x, y);
}
