import { render } from 'lit';
import { speak, type Language } from '../../vscode/l10n';
import type { ToPage } from '../protocol';
import { defineControls } from './controls';
import { Page } from './page';
import './style.css';
import { Grid } from './views/grid';
import { filterFieldId } from './views/servers';
import { whole } from './views/whole';
import { vscode } from './vscode-api';

/** ms between two drawings while a rollout runs, and while nothing but the time goes on. */
const beats = { running: 1_000, still: 30_000 };

speak({
  language: document.documentElement.lang,
  sentences: JSON.parse(document.getElementById('sentences')?.textContent ?? '{}') as Language['sentences'],
});
defineControls();
const root = document.getElementById('app');
if (root === null) throw new Error('the page has no place for the fleet view');

let frame = 0;
const page = new Page(vscode, () => {
  if (frame === 0) frame = requestAnimationFrame(draw);
});
const grid = new Grid(page);

function draw(): void {
  frame = 0;
  if (root === null) return;
  render(whole(page, grid), root);
  grid.drawn();
}

window.addEventListener('message', ({ data }: MessageEvent<ToPage>) => page.receive(data));
window.addEventListener('keydown', (event) => {
  const typing = event.target instanceof Element && event.target.closest('vscode-text-field') !== null;
  const find = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'f';
  if (page.view.tab !== 'servers') return;
  if (find || (event.key === '/' && !typing)) {
    document.getElementById(filterFieldId)?.focus();
    event.preventDefault();
  } else if (typing && event.key === 'ArrowDown') {
    grid.focus();
    event.preventDefault();
  } else if (typing && event.key === 'Escape') page.filter({ text: '' });
});

// How long something has lasted goes on although nothing happens.
const tick = (): void => {
  const running = page.data?.rollouts.some(({ finishedAt }) => finishedAt === null) ?? false;
  setTimeout(tick, running ? beats.running : beats.still);
  page.redraw();
};
tick();
void page.load();
