// The page that draws: its npm packages installed and its bundle built, in a folder outside the sources, each only when
// it is missing or older than what it is made of.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const HERE = fileURLToPath(new URL('..', import.meta.url));
const PACKAGES = ['package.json', 'package-lock.json', '.npmrc'];
const PAGE = ['index.html', 'vite.config.mjs', 'src'];

/** `bundle`: the folder of the built page; `packages`: that of the npm packages; `load`: imports one of them. */
export async function preparePage() {
  const folder = workshop();
  await mkdir(folder, { recursive: true });
  await unlessDone(folder, 'installed', PACKAGES, () => {
    console.error('draw: installs the npm packages (once)');
    run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel', 'error'], folder);
  });
  await unlessDone(folder, 'built', [...PACKAGES, ...PAGE], () => {
    console.error('draw: builds the page (once)');
    run(process.execPath, ['node_modules/vite/bin/vite.js', 'build', '--logLevel', 'error'], folder);
  });
  const require = createRequire(join(folder, 'package.json'));
  const load = (name) => import(pathToFileURL(require.resolve(name)));
  return { bundle: join(folder, 'bundle'), packages: join(folder, 'node_modules'), load };
}

// Where other things are kept between runs, else where other things are built.
function workshop() {
  const { KAFKA_WEBHOOKS_CACHE, CARGO_TARGET_DIR } = process.env;
  return resolve(KAFKA_WEBHOOKS_CACHE || CARGO_TARGET_DIR || join(HERE, '../../target'), 'draw');
}

async function unlessDone(folder, name, sources, work) {
  const stamp = join(folder, `.${name}`);
  const hash = createHash('sha256');
  for (const source of sources) await feed(hash, source);
  const wanted = hash.digest('hex');
  if ((await readFile(stamp, 'utf8').catch(() => '')) === wanted) return;
  await rm(stamp, { force: true });
  for (const source of sources) {
    await rm(join(folder, source), { recursive: true, force: true });
    await cp(join(HERE, source), join(folder, source), { recursive: true });
  }
  work();
  await writeFile(stamp, wanted);
}

async function feed(hash, source) {
  const path = join(HERE, source);
  const inner = await readdir(path).catch(() => null);
  if (inner === null) hash.update(source).update(await readFile(path));
  else for (const name of inner.sort()) await feed(hash, join(source, name));
}

function run(command, words, cwd) {
  const { status, error } = spawnSync(command, words, { cwd, stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error(`${command} ${words[0]} in ${cwd} failed${error ? `: ${error.message}` : ''}`);
}
