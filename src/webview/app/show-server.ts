import { t } from '../../vscode/l10n';
import type { Page } from './page';

/** Shows one server in the table with its details, whatever the table was narrowed down to before. */
export function showServer(page: Page, id: string): void {
  if (page.data?.row(id) === undefined)
    return page.tellFault(t('{0} is not in the fleet file any more.', id));
  if (!page.rows.some((row) => row.id === id)) page.clearFilter();
  page.showTab('servers');
  if (lineOf(page, id) < 0) openGroupOf(page, id);
  page.select(lineOf(page, id), 'only');
  page.toggleDetails(true);
  page.revealing = true;
}

const lineOf = (page: Page, id: string): number =>
  page.lines.findIndex((line) => line.kind === 'row' && line.row.id === id);

function openGroupOf(page: Page, id: string): void {
  const group = page.lines.find((line) => line.kind === 'group' && line.rows.some((row) => row.id === id));
  if (group !== undefined) page.toggleGroup(group.key);
}
