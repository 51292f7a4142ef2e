#!/usr/bin/env node
// The command that draws the Grafana boards as pictures: reads its arguments, has every board's questions answered by a
// Prometheus (`ask/`), and the answers drawn with Grafana's own panel components in headless Chromium (`take/`, `src/`).

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readArguments, USAGE } from './ask/arguments.mjs';
import { boardFiles, askBoard } from './ask/board.mjs';
import { Prometheus } from './ask/prometheus.mjs';
import { openCamera } from './take/camera.mjs';
import { preparePage } from './take/page.mjs';
import { save } from './take/picture.mjs';

async function main(words) {
  const options = readArguments(words);
  if (options.help) {
    console.log(USAGE);
    return;
  }
  const prometheus = await Prometheus.at(options.prometheus);
  const boards = await boardFiles(options.boards, options.board);
  const answered = [];
  for (const { name, board } of boards.filter(({ isWanted }) => isWanted)) {
    answered.push({ name, answers: await askBoard(board, boards, prometheus, options) });
  }

  await mkdir(options.out, { recursive: true });
  const page = await preparePage();
  const camera = await openCamera(page);
  try {
    for (const { name, answers } of answered) {
      const file = join(options.out, `${name}.png`);
      const size = await save(await camera.take(answers), file, page);
      console.log(`${file}: ${Math.ceil(size / 1000)} kB${silent(answers)}`);
    }
  } finally {
    await camera.close();
  }
}

// The panels that ask and got nothing: told, since it may be as it should be.
function silent(answers) {
  const isSilent = ({ asked }) => asked.length > 0 && asked.every(({ series }) => series.length === 0);
  const titles = answers.panels.filter(isSilent).map(({ panel }) => panel.title);
  return titles.length > 0 ? `, no data in: ${titles.join(', ')}` : '';
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(`draw: ${error.message}`);
  if (process.env.DRAW_TRACE) console.error(error.stack);
  process.exitCode = 1;
}
