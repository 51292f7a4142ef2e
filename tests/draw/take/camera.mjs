// Headless Chromium with the page in it: takes a picture of a board. The page comes from the disk; nothing else is asked
// of any network. What goes wrong inside the page fails the picture.

import { accessSync, constants } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { delimiter, extname, join } from 'node:path';
import { PAGE } from '../src/grid.js';

const ORIGIN = 'http://draw.invalid/';
const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
const ALWAYS_THE_SAME = ['--font-render-hinting=none', '--disable-lcd-text', '--force-color-profile=srgb'];
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };

// Where Grafana's components expect their icons and fonts, and where npm put them.
const LENT = [
  [/^public\/build\/img\/(.*)$/, '@grafana/ui/dist/public/img/$1'],
  [/^public\/fonts\/inter\/Inter-Regular\.woff2$/, '@fontsource/inter/files/inter-latin-400-normal.woff2'],
  [/^public\/fonts\/inter\/Inter-Medium\.woff2$/, '@fontsource/inter/files/inter-latin-500-normal.woff2'],
  [/^public\/fonts\/inter\/.*Italic.*$/, '@fontsource/inter/files/inter-latin-400-italic.woff2'],
  [/^public\/fonts\/roboto\/.*$/, '@fontsource/roboto-mono/files/roboto-mono-latin-400-normal.woff2'],
];

/** A camera: `take(answers)` gives the PNG of a board, `close()` ends the browser. */
export async function openCamera(page) {
  const { chromium } = (await page.load('playwright-core')).default;
  const asRoot = process.getuid?.() === 0;
  const browser = await chromium.launch({
    executablePath: browserPath(),
    chromiumSandbox: !asRoot,
    args: ALWAYS_THE_SAME,
  });
  return { take: (answers) => take(browser, page, answers), close: () => browser.close() };
}

function browserPath() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  const folders = (process.env.PATH ?? '').split(delimiter);
  const found = NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
  if (!found) throw new Error('Chromium is missing: apt-get install chromium, or name one in CHROMIUM');
  return found;
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function take(browser, page, answers) {
  const context = await browser.newContext({
    viewport: { width: PAGE, height: 1000 },
    colorScheme: 'dark',
    locale: 'en-US',
    timezoneId: 'UTC',
    reducedMotion: 'reduce',
  });
  try {
    const tab = await context.newPage();
    const wrong = [];
    tab.on('pageerror', (error) => wrong.push(error.message));
    if (process.env.DRAW_TRACE) tab.on('console', (line) => console.error(`page: ${line.text()}`));
    await tab.route('**', (route) => serve(route, page, wrong));
    await tab.addInitScript((board) => (globalThis.board = board), answers);
    await tab.goto(ORIGIN);
    await tab.waitForFunction(() => globalThis.drawn, null, { timeout: 60_000 }).catch((error) => wrong.push(error.message));
    await tab.waitForLoadState('networkidle');
    wrong.push(...(await tab.evaluate(() => globalThis.drawn?.wrong ?? [])));
    if (wrong.length > 0) throw new Error(`board "${answers.title}" cannot be drawn:\n  ${wrong.join('\n  ')}`);
    return await tab.screenshot({ fullPage: true, animations: 'disabled' });
  } finally {
    await context.close();
  }
}

async function serve(route, { bundle, packages }, wrong) {
  const url = route.request().url();
  const path = url.startsWith(ORIGIN) ? new URL(url).pathname.slice(1) || 'index.html' : null;
  if (path === 'favicon.ico') return route.fulfill({ status: 404 });
  if (path === null) {
    wrong.push(`the page asked for ${url}`);
    return route.abort();
  }
  const lent = LENT.find(([form]) => form.test(path));
  const file = lent ? join(packages, path.replace(...lent)) : join(bundle, path);
  const body = await readFile(file).catch(() => null);
  if (body === null) {
    wrong.push(`the page asked for ${path}, which is not there`);
    return route.fulfill({ status: 404 });
  }
  return route.fulfill({ body, contentType: TYPES[extname(file)] ?? 'application/octet-stream' });
}
