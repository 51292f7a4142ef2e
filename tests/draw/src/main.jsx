// The page's beginning: takes the answers that the command left in `board`, draws, and says in `drawn` that it is done and
// what went wrong.

import { createTheme, ThemeContext } from '@grafana/data';
import { GlobalStyles } from '@grafana/ui';
import { createRoot } from 'react-dom/client';
import { Board } from './board.jsx';
import { settings } from './settings.js';

const FONTS = ['400 14px Inter', '500 14px Inter', '400 14px "Roboto Mono"'];

async function draw() {
  const theme = createTheme({ colors: { mode: 'dark' } });
  const wrong = settings();
  const root = createRoot(document.getElementById('board'));
  const drawn = (children) => (
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      {children}
    </ThemeContext.Provider>
  );
  // Text is measured when a panel is laid out, and the measures are kept: the fonts must be there before.
  root.render(drawn(null));
  await frames(2);
  await Promise.all(FONTS.map((font) => document.fonts.load(font)));
  root.render(drawn(<Board board={globalThis.board} complain={(complaint) => wrong.push(complaint)} />));
  await frames(10);
  globalThis.drawn = { wrong };
}

async function frames(count) {
  for (let i = 0; i < count; i++) await new Promise((done) => requestAnimationFrame(done));
}

draw().catch((error) => (globalThis.drawn = { wrong: [error.stack] }));
