// How the page is bundled. What Grafana's packages bring along for editing and for telling their makers is left out.

import { fileURLToPath } from 'node:url';

const nothing = fileURLToPath(new URL('src/nothing.js', import.meta.url));

// Grafana's table stands on a grid that it keeps a copy of for its React, 18. The grid itself is written for 19, where a
// context is its own provider.
const gridForReact18 = {
  name: 'grid-for-react-18',
  transform(code, id) {
    if (!id.includes('/react-data-grid/')) return null;
    return { code: code.replace(/(jsxs?\(\w+Context), /g, '$1.Provider, '), map: null };
  },
};

export default {
  base: './',
  build: { outDir: 'bundle', chunkSizeWarningLimit: 100_000, minify: 'esbuild', reportCompressedSize: false },
  esbuild: { jsx: 'automatic', legalComments: 'none' },
  plugins: [gridForReact18],
  resolve: {
    alias: [
      { find: /^monaco-editor(\/.*)?$/, replacement: nothing },
      { find: '@grafana/faro-web-sdk', replacement: nothing },
    ],
  },
};
