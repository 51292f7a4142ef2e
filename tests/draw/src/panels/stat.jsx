// Panels of type `stat`: one value or several, each with its history behind it.

import { getDisplayValueAlignmentFactors, getFieldDisplayValues } from '@grafana/data';
import { BigValue, BigValueGraphMode, BigValueTextMode, VizRepeater } from '@grafana/ui';
import { optionsOf } from '../defaults.js';
import { fieldConfigOf } from '../fields.js';

export function StatPanel({ panel, frames, theme, width, height, timeRange }) {
  const options = optionsOf(panel);
  const fieldConfig = fieldConfigOf(panel);
  const isNamed = !panel.title || fieldConfig.defaults.displayName;
  const textMode = options.textMode === BigValueTextMode.Auto && isNamed ? BigValueTextMode.ValueAndName : options.textMode;
  const values = getFieldDisplayValues({
    fieldConfig,
    reduceOptions: options.reduceOptions,
    replaceVariables: (text) => text,
    theme,
    data: frames,
    sparkline: options.graphMode !== BigValueGraphMode.None,
    percentChange: options.showPercentChange,
    timeZone: 'utc',
  });
  const draw = ({ value: { display, sparkline }, width, height, count, alignmentFactors }) => (
    <BigValue
      value={display}
      count={count}
      sparkline={sparkline && { ...sparkline, timeRange }}
      colorMode={options.colorMode}
      graphMode={options.graphMode}
      justifyMode={options.justifyMode}
      textMode={textMode}
      wideLayout={options.wideLayout}
      percentChangeColorMode={options.percentChangeColorMode}
      alignmentFactors={alignmentFactors}
      text={options.text}
      width={width}
      height={height}
      theme={theme}
    />
  );
  return (
    <VizRepeater
      getValues={() => values}
      getAlignmentFactors={getDisplayValueAlignmentFactors}
      renderValue={draw}
      width={width}
      height={height}
      source={frames}
      itemSpacing={3}
      renderCounter={0}
      autoGrid
      orientation={options.orientation}
    />
  );
}
