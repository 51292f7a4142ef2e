// A whole board: its title, variables, annotations and links at the top, and the panels on the grid below.

import { dateTimeFormat } from '@grafana/data';
import { Icon, useTheme2 } from '@grafana/ui';
import { height, PAGE, place } from './grid.js';
import { Panel } from './panel.jsx';

export function Board({ board, complain }) {
  const theme = useTheme2();
  const rows = Math.max(0, ...board.panels.map(({ panel: { gridPos } }) => gridPos.y + gridPos.h));
  return (
    <div style={{ width: PAGE, background: theme.colors.background.canvas, paddingBottom: 16 }}>
      <Title board={board} />
      <Controls board={board} />
      <div style={{ position: 'relative', height: height(rows) }}>
        {board.panels.map(({ panel, asked }) => (
          <div key={panel.id} style={place(panel.gridPos)}>
            <Panel panel={panel} asked={asked} board={board} complain={complain} />
          </div>
        ))}
      </div>
    </div>
  );
}

function Title({ board: { title, from, to } }) {
  const theme = useTheme2();
  const at = (seconds) => dateTimeFormat(seconds * 1000, { timeZone: 'utc', format: 'YYYY-MM-DD HH:mm:ss' });
  const bar = {
    display: 'flex',
    alignItems: 'center',
    justifyContent: 'space-between',
    height: 48,
    padding: '0 16px',
    borderBottom: `1px solid ${theme.colors.border.weak}`,
    background: theme.colors.background.primary,
  };
  return (
    <div style={bar}>
      <span style={{ ...theme.typography.h4 }}>{title}</span>
      <Chip>
        <Icon name="clock-nine" /> {at(from)} to {at(to)} <Dim>UTC</Dim>
      </Chip>
    </div>
  );
}

function Controls({ board: { variables, annotations, links } }) {
  const shown = variables.filter(({ hide }) => hide !== 2);
  return (
    <div style={{ display: 'flex', gap: 8, padding: 16, alignItems: 'center', flexWrap: 'wrap' }}>
      {shown.map(({ name, label, text, hide }) => (
        <Chip key={name} label={hide === 1 ? '' : label}>
          {text} <Icon name="angle-down" />
        </Chip>
      ))}
      {annotations.filter(({ hide }) => !hide).map((annotation) => (
        <Switch key={annotation.name} annotation={annotation} />
      ))}
      <span style={{ display: 'flex', gap: 8, marginLeft: 'auto' }}>
        {links.map(({ title, isBoard }) => (
          <Chip key={title}>
            <Icon name={isBoard ? 'apps' : 'external-link-alt'} /> {title}
          </Chip>
        ))}
      </span>
    </div>
  );
}

// An annotation of the board: shown, and how many of its marks fall into the time.
function Switch({ annotation: { name, color, marks } }) {
  const theme = useTheme2();
  const stroke = theme.visualization.getColorByName(color);
  return (
    <Chip label={name}>
      <span style={{ width: 0, height: 16, borderLeft: `2px dashed ${stroke}` }} /> {marks.length}
    </Chip>
  );
}

function Chip({ label, children }) {
  const theme = useTheme2();
  const { border, text, background } = theme.colors;
  const box = { display: 'flex', alignItems: 'center', gap: 6, height: 32, padding: '0 8px' };
  const outline = { border: `1px solid ${border.medium}`, borderRadius: theme.shape.radius.default };
  return (
    <span style={{ display: 'flex', fontSize: 12 }}>
      {label && <b style={{ ...box, ...outline, borderRight: 0, fontWeight: 500, background: background.primary }}>{label}</b>}
      <span style={{ ...box, ...outline, color: text.primary, fontSize: 14, background: background.secondary }}>
        {children}
      </span>
    </span>
  );
}

function Dim({ children }) {
  const theme = useTheme2();
  return <span style={{ color: theme.colors.text.secondary, fontSize: 12 }}>{children}</span>;
}
