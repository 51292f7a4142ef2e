// Panels of type `text`: Markdown, HTML or code, cleaned as Grafana cleans it.

import { renderTextPanelMarkdown, textUtil } from '@grafana/data';
import { optionsOf } from '../defaults.js';

export function TextPanel({ panel }) {
  const { mode, content } = optionsOf(panel);
  if (mode === 'code') return <pre style={{ height: '100%' }}>{content}</pre>;
  const html = mode === 'html' ? textUtil.sanitizeTextPanelContent(content) : renderTextPanelMarkdown(content);
  return <div className="markdown-html" dangerouslySetInnerHTML={{ __html: html }} />;
}
