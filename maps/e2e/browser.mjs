/** A real browser before a running server, and what the page says that it should not. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

export const LIMIT_MS = 60_000;

export const testid = (id) => `[data-testid="${id}"]`;

/**
 * Runs `drive` on a new page and prints what it gives back as one JSON line; exit code 1 and a sentence on failure.
 * CHROMIUM names another browser than /usr/bin/chromium.
 */
export async function run(options, drive) {
  const complaints = [];
  const seen = { step: 'start the browser', complaints };
  let browser;
  try {
    await mkdir(options.shots, { recursive: true });
    browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      timeout: LIMIT_MS,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    });
    const context = await browser.newContext({
      viewport: { width: 1440, height: 900 },
      locale: 'en-GB',
      timezoneId: 'Asia/Shanghai',
      ...(process.env.MERESTONE_TOKEN
        ? { extraHTTPHeaders: { Authorization: `Bearer ${process.env.MERESTONE_TOKEN}` } }
        : {}),
    });
    const page = await context.newPage();
    page.setDefaultTimeout(LIMIT_MS);
    await watch(page, options.base, complaints);
    const shot = (name) => page.screenshot({ path: join(options.shots, name), timeout: LIMIT_MS });
    console.log(JSON.stringify(await drive(page, seen, shot)));
  } catch (error) {
    const said = complaints.length > 0 ? `\nThe page said:\n  ${complaints.join('\n  ')}` : '';
    console.error(`Could not ${seen.step}: ${error instanceof Error ? error.message : error}${said}`);
    process.exitCode = 1;
  } finally {
    await browser?.close();
  }
}

/** Notes errors, refused contents and requests that leave the server. */
async function watch(page, base, complaints) {
  const home = new URL(base).origin;
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (!['data:', 'blob:'].includes(url.protocol) && url.origin !== home)
      complaints.push(`foreign request: ${request.url()}`);
  });
  await page.exposeFunction(
    'merestoneViolation',
    (text) => void complaints.push(`refused by the content security policy: ${text}`),
  );
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) =>
      window.merestoneViolation(`${event.violatedDirective} ${event.blockedURI}`),
    );
  });
}

/** Settles when the map has come to rest. */
export async function idle(page) {
  const late = new Promise((_, reject) =>
    setTimeout(reject, LIMIT_MS, new Error('the map did not come to rest')).unref(),
  );
  await Promise.race([page.evaluate(() => window.merestone.idle()), late]);
}
