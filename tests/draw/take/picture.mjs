// A picture as a file: a PNG with a palette, with as many colours as keep it below what the README may hold.

import { writeFile } from 'node:fs/promises';

const LARGEST = 300_000;
const COLOURS = [256, 128, 64, 32];

/** Writes the picture and gives its size in bytes. */
export async function save(png, file, page) {
  const sharp = (await page.load('sharp')).default;
  for (const colours of COLOURS) {
    const small = await sharp(png).png({ palette: true, colours, dither: 0, effort: 10, compressionLevel: 9 }).toBuffer();
    if (small.length >= LARGEST) continue;
    await writeFile(file, small);
    return small.length;
  }
  throw new Error(`${file} would be larger than ${LARGEST / 1000} kB`);
}
