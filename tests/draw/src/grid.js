// The grid on which panels lie, in pixels: 24 columns, rows of 30, and a gap of 8 between panels.

export const PAGE = 1600;
const EDGE = 16;
const GAP = 8;
const ROW = 30;
const COLUMN = (PAGE - 2 * EDGE - 23 * GAP) / 24;

/** The width of so many columns. */
export const width = (columns) => Math.floor(columns * COLUMN + (columns - 1) * GAP);

/** The height of so many rows. */
export const height = (rows) => rows * ROW + (rows - 1) * GAP;

/** Where a panel lies, as styles. */
export const place = ({ x, y, w, h }) => ({
  position: 'absolute',
  left: Math.floor(EDGE + x * (COLUMN + GAP)),
  top: y * (ROW + GAP),
  width: width(w),
  height: height(h),
});
