// Rows: the heading of the panels below it; one that is folded says how many it hides.

import { Icon, useTheme2 } from '@grafana/ui';

export function Row({ panel: { title, collapsed, panels = [] } }) {
  const theme = useTheme2();
  const { text } = theme.colors;
  return (
    <div style={{ display: 'flex', alignItems: 'center', gap: 6, height: '100%', ...theme.typography.h5 }}>
      <Icon name={collapsed ? 'angle-right' : 'angle-down'} />
      {title}
      {collapsed && <span style={{ color: text.secondary, fontSize: 12 }}>({panels.length} panels)</span>}
    </div>
  );
}
