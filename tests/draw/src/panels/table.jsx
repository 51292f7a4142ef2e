// Panels of type `table`: the first frame, as rows.

import { cacheFieldDisplayNames } from '@grafana/data';
import { TableNG } from '@grafana/ui/unstable';
import { optionsOf } from '../defaults.js';

export function TablePanel({ panel, frames, width, height, timeRange }) {
  const { showHeader, cellHeight, sortBy, frameIndex = 0 } = optionsOf(panel);
  cacheFieldDisplayNames(frames);
  return (
    <TableNG
      data={frames[frameIndex] ?? frames[0]}
      width={width}
      height={height}
      noHeader={!showHeader}
      cellHeight={cellHeight}
      initialSortBy={sortBy}
      enableVirtualization={false}
      structureRev={1}
      timeRange={timeRange}
      getActions={() => []}
    />
  );
}
