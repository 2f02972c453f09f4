#!/usr/bin/env node
/**
 * Looks things up in the viewer: the search, the register of another day, two versions of a line.
 *
 *   node maps/e2e/look.mjs --base http://127.0.0.1:8080 --segment ID --day 2024-04-30 --shots DIR
 *
 * The segment has a version that came into force after the day. Prints one JSON line with what it saw.
 */
import { parseArgs } from 'node:util';
import { idle, LIMIT_MS, run, testid } from './browser.mjs';

const { values: options } = parseArgs({
  options: {
    base: { type: 'string' },
    segment: { type: 'string' },
    day: { type: 'string' },
    shots: { type: 'string' },
  },
});
if (!options.base || !options.segment || !options.day || !options.shots) {
  console.error('usage: look.mjs --base URL --segment ID --day YYYY-MM-DD --shots DIR');
  process.exit(2);
}
const home = options.base.replace(/\/$/, '');

await run(options, drive);

async function drive(page, seen, shot) {
  const ensure = (is, said) => {
    if (!is) throw new Error(said);
  };
  const text = async (id) => (await page.locator(testid(id)).first().innerText()).trim();
  const option = (at) => page.locator(testid('search-option')).nth(at);
  /** What stands above the register: the role of each shape. */
  const overlay = () =>
    page.evaluate(async () => {
      const source = window.merestone.map.getSource('overlay');
      const data = source ? await source.getData() : { features: [] };
      return data.features.map(({ properties }) => properties.role);
    });
  const type = async (words) => {
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+k');
    await page.fill(testid('search'), '');
    await page.keyboard.type(words, { delay: 15 });
  };
  const open = async (hash) => {
    await page.goto('about:blank');
    await page.goto(`${home}/#${hash}`, { timeout: LIMIT_MS });
    await page.waitForFunction(() => window.merestone !== undefined);
    await idle(page);
  };

  seen.step = 'open the page';
  await open('lang=en&b=astrand-veyra');

  seen.step = 'search with a mistake in the name, by keys alone';
  const questions = [];
  page.on('request', (request) => {
    if (new URL(request.url()).pathname === '/search') questions.push(request.url());
  });
  await page.keyboard.press('/');
  await page.keyboard.type('Osire Bar', { delay: 30 });
  await option(0).waitFor();
  ensure((await option(0).getAttribute('data-collection')) === 'islands', 'the first find is no island');
  ensure(questions.length <= 3, `${questions.length} questions for one name`);
  await shot('search-names.png');
  await page.keyboard.press('Enter');
  await page.waitForSelector(`${testid('card')} ${testid('card-title')}`);
  const island = await text('card-title');
  ensure(page.url().includes('s=islands.'), page.url());
  await idle(page);

  seen.step = 'go through a list with the arrows';
  await type('Hollmar');
  await option(1).waitFor();
  const before = await page.getAttribute(testid('search'), 'aria-activedescendant');
  await page.keyboard.press('ArrowDown');
  const after = await page.getAttribute(testid('search'), 'aria-activedescendant');
  ensure(before !== after && after !== null, `${before} and ${after} after an arrow`);
  await shot('search-groups.png');

  seen.step = 'fly to a place along the line';
  await type('K12+300');
  await page.waitForSelector(`${testid('search-option')}[data-collection="along"]`);
  await page.keyboard.press('Enter');
  await page.waitForSelector(testid('place-card'));
  await page.waitForFunction(() => window.merestone.map.getZoom() > 12);
  await idle(page);
  ensure((await overlay()).join() === 'found', `the overlay holds ${await overlay()}`);
  const place = await text('linear-reference');
  await shot('search-place.png');
  seen.step = 'show a stretch between two markers';
  await type('17-19');
  await page.waitForSelector(`${testid('search-option')}[data-collection="along"]`);
  const left = await page.evaluate(() => window.merestone.map.getZoom());
  await page.locator(`${testid('search-option')}[data-collection="along"]`).first().click();
  await idle(page);
  const there = await page.evaluate(() => window.merestone.map.getZoom());
  ensure(there < left, `the map stayed at zoom ${there}`);
  await page.waitForFunction(() => window.merestone.map.getSource('overlay') !== undefined);
  ensure((await overlay()).join() === 'found,found', `the overlay holds ${await overlay()}`);
  await shot('search-stretch.png');

  seen.step = 'open a record that the map does not draw';
  await type('Treaty on the State Boundary');
  await option(0).waitFor();
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelector('[data-testid="card-title"]')?.textContent.includes('Treaty'));
  ensure((await overlay()).length === 0, 'the pin of the search before is still there');
  await shot('search-treaty.png');

  seen.step = 'be told that nothing was found, and what to try';
  await type('xyzzyq');
  await page.waitForSelector(testid('search-empty'));
  const empty = await text('search-empty');
  await shot('search-empty.png');

  seen.step = 'be told that the server does not answer, and try again';
  await page.route('**/search?*', (route) => route.abort());
  await type('Ernholm');
  await page.waitForSelector(testid('search-error'));
  await shot('search-error.png');
  await page.unroute('**/search?*');
  // The browser notes the request that was cut; that is what was asked for.
  seen.complaints.length = 0;
  await page.click(`${testid('search-error')} button`);
  await option(0).waitFor();
  await page.keyboard.press('Escape');

  seen.step = 'compare two versions of a line';
  await open(`lang=en&b=astrand-veyra&s=segments.${options.segment}`);
  await page.locator(testid('compare-with-before')).first().click();
  await page.waitForSelector(testid('compare-numbers'));
  const numbers = await text('compare-numbers');
  await idle(page);
  ensure((await overlay()).join() === 'old,new,difference', `the overlay holds ${await overlay()}`);
  ensure(/[#&]d=\d+-\d+/.test(page.url()), page.url());
  await page.locator(testid('compare')).scrollIntoViewIfNeeded();
  await idle(page);
  await shot('versions.png');
  seen.step = 'give the comparison as a link';
  const link = new URL(page.url()).hash.slice(1);
  await open(link.replace('lang=en', 'lang=zh'));
  await page.waitForSelector(testid('compare-numbers'));
  const chinese = await text('compare-numbers');
  await page.locator(testid('compare')).scrollIntoViewIfNeeded();
  await idle(page);
  await shot('versions-zh.png');
  await page.click(testid('compare-close'));
  await page.waitForFunction(() => !location.hash.includes('d='));
  ensure((await overlay()).length === 0, 'the versions are still drawn');
  await page.click(testid('panel-close'));

  seen.step = 'go to another day';
  await open('lang=en&b=astrand-veyra');
  const tiles = [];
  page.on('request', (request) => {
    if (/\/tiles\/WebMercatorQuad\//.test(request.url())) tiles.push(request.url());
  });
  await page.keyboard.press('Escape');
  await page.keyboard.press('t');
  await page.waitForSelector(testid('time-box'));
  await shot('time-box.png');
  await page.fill(testid('time-inForce'), options.day);
  await page.waitForSelector(`${testid('time-banner')}:not([hidden])`);
  const banner = await text('time-banner');
  await page.keyboard.press('Escape');
  await idle(page);
  ensure(tiles.length > 0, 'no tile was asked for again');
  ensure(tiles.every((url) => url.includes(`datetime=${options.day}`)), tiles.find((url) => !url.includes('datetime=')));
  ensure(page.url().includes(`t=${options.day}`), page.url());
  await shot('time.png');
  seen.step = 'see the card of that day';
  await open(`lang=en&b=astrand-veyra&t=${options.day}&s=segments.${options.segment}`);
  await page.waitForSelector(testid('card'));
  ensure((await text('time-banner')) === banner, 'the link does not carry the day');
  await idle(page);
  await shot('time-card.png');
  seen.step = 'see that nothing was in force long ago';
  await open(`lang=en&b=astrand-veyra&t=1900-01-01&k=2026-01-01&s=segments.${options.segment}`);
  await page.waitForSelector(testid('absent-card'));
  await shot('time-absent.png');
  // A record that is not there answers 404, which the browser notes.
  seen.complaints.splice(0, Infinity, ...seen.complaints.filter((said) => !/404/.test(said)));
  seen.step = 'come back to today';
  await page.click(testid('time-back'));
  await page.waitForSelector(testid('card'));
  ensure(!/[#&][tk]=/.test(page.url()), page.url());
  ensure(await page.locator(testid('time-banner')).isHidden(), 'the banner is still there');

  seen.step = 'do the same on a small screen';
  await page.setViewportSize({ width: 390, height: 844 });
  await open('lang=zh&b=astrand-veyra');
  await page.click(testid('search'));
  await page.keyboard.type('埃尔内鸟', { delay: 15 });
  await option(0).waitFor();
  await shot('small-search.png');
  await page.keyboard.press('Enter');
  await page.waitForSelector(testid('card'));
  await idle(page);
  await shot('small-card.png');
  await open(`lang=zh&b=astrand-veyra&t=${options.day}`);
  await page.click(testid('time-button'));
  await page.waitForSelector(testid('time-box'));
  await shot('small-time.png');
  await open(link.replace('lang=en', 'lang=zh'));
  await page.waitForSelector(testid('compare-numbers'));
  await page.locator(testid('compare')).scrollIntoViewIfNeeded();
  await idle(page);
  await shot('small-versions.png');

  seen.step = 'finish without a complaint of the page';
  if (seen.complaints.length > 0) throw new Error(`${seen.complaints.length} complaint(s)`);
  return { island, place, empty, numbers, chinese, banner, questions: questions.length };
}
