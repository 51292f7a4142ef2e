// One panel: the answers as data frames, transformed, with the field configuration applied, inside Grafana's chrome. Which
// component draws it is looked up here; how, is left to `panels/`.

import { dateTime, makeTimeRange } from '@grafana/data';
import { Icon, PanelChrome, useTheme2 } from '@grafana/ui';
import { Component, useEffect, useState } from 'react';
import { configured, transformed } from './fields.js';
import { framesOf } from './frames.js';
import { BarGaugePanel } from './panels/bargauge.jsx';
import { HeatmapPanel } from './panels/heatmap.jsx';
import { Row } from './panels/row.jsx';
import { StatPanel } from './panels/stat.jsx';
import { StateTimelinePanel } from './panels/state-timeline.jsx';
import { TablePanel } from './panels/table.jsx';
import { TextPanel } from './panels/text.jsx';
import { TimeSeriesPanel } from './panels/timeseries.jsx';
import { height, width } from './grid.js';

const KINDS = {
  bargauge: { Draw: BarGaugePanel, emptyToo: true },
  heatmap: { Draw: HeatmapPanel },
  stat: { Draw: StatPanel, emptyToo: true },
  'state-timeline': { Draw: StateTimelinePanel },
  table: { Draw: TablePanel },
  text: { Draw: TextPanel, emptyToo: true },
  timeseries: { Draw: TimeSeriesPanel },
};

export function Panel({ panel, asked, board, complain }) {
  if (panel.type === 'row') return <Row panel={panel} />;
  const { gridPos, title, description, transparent, links = [] } = panel;
  const marks = links.map((link) => <Icon key={link.title} name="external-link-alt" title={link.title} />);
  return (
    <PanelChrome
      title={title}
      description={description}
      displayMode={transparent ? 'transparent' : 'default'}
      titleItems={marks.length > 0 ? <Links>{marks}</Links> : undefined}
      width={width(gridPos.w)}
      height={height(gridPos.h)}
      hoverHeader={!title}
    >
      {(innerWidth, innerHeight) => (
        <Fence title={title} complain={complain}>
          <Content {...{ panel, asked, board, complain }} width={innerWidth} height={innerHeight} />
        </Fence>
      )}
    </PanelChrome>
  );
}

function Content({ panel, asked, board, complain, width, height }) {
  const theme = useTheme2();
  const kind = KINDS[panel.type];
  const [frames, setFrames] = useState(null);
  useEffect(() => {
    if (!kind) {
      complain(`${panel.title}: panels of type ${panel.type} cannot be drawn`);
      return;
    }
    transformed(panel, framesOf(asked))
      .then((found) => setFrames(configured(panel, found, theme)))
      .catch((error) => complain(`${panel.title}: ${error.message}`));
  }, []);
  if (!kind || !frames) return null;
  const isEmpty = frames.every((frame) => frame.length === 0);
  if (isEmpty && !kind.emptyToo) return <NoData panel={panel} />;
  const timeRange = makeTimeRange(dateTime(board.from * 1000), dateTime(board.to * 1000));
  return <kind.Draw {...{ panel, frames, board, theme, width, height, timeRange, complain }} />;
}

function NoData({ panel }) {
  const theme = useTheme2();
  const middle = { height: '100%', display: 'flex', alignItems: 'center', justifyContent: 'center' };
  const text = panel.fieldConfig?.defaults?.noValue || 'No data';
  return <div style={{ ...middle, color: theme.colors.text.secondary }}>{text}</div>;
}

function Links({ children }) {
  const theme = useTheme2();
  return <span style={{ display: 'flex', alignItems: 'center', color: theme.colors.text.secondary }}>{children}</span>;
}

// A panel that breaks is told and leaves the others alone.
class Fence extends Component {
  state = { broken: false };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  componentDidCatch(error) {
    this.props.complain(`${this.props.title}: ${error.message}`);
  }

  render() {
    return this.state.broken ? null : this.props.children;
  }
}
