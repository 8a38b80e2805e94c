import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { t } from '../../../vscode/l10n';
import { serverCount } from '../../../vscode/words';
import { icon } from '../icons';
import { groupWords, windowOf, type Column, type GroupLine, type Line, type RowLine } from '../model';
import type { Page } from '../page';
import { Slots } from '../slots';
import { cell, looks, titles } from './columns';

/** px; the style sheet has the same. */
const lineHeight = 26;

/** The table: only the lines on the screen are in the document, and the one that has the focus. */
export class Grid {
  private width = 1200;
  private height = 600;
  private element: HTMLElement | undefined;
  private readonly sizes = new ResizeObserver(() => this.measure());
  /** The focus is in the table's lines, so the active one gets it back when it is drawn anew. */
  private focused = false;
  private headColumn = 0;
  private readonly slots = new Slots();

  constructor(private readonly page: Page) {}

  draw(): TemplateResult {
    const { page } = this;
    const { lines, view, data } = page;
    const grouped = view.grouping !== 'none';
    const shown = this.columns();
    const { first, last } = windowOf(view.scroll, this.height - lineHeight, lineHeight, lines.length);
    const active = this.activeIndex();
    const drawn = lines.slice(first, last).map((line, index) => ({ line, index: first + index }));
    const lone = lines[active];
    // The line that has the focus stays in the document, wherever it was scrolled to.
    if (lone && (active < first || active >= last))
      drawn[active < first ? 'unshift' : 'push']({ line: lone, index: active });
    const stop = active >= 0 ? active : 0;
    const slots = this.slots.assign(drawn.map(({ line }) => line.key));
    const template = `24px ${shown.map((column) => looks[column].width).join(' ')}`;
    return html`<div
      class="grid"
      id="grid"
      role=${grouped ? 'treegrid' : 'grid'}
      aria-label=${t('Servers')}
      aria-multiselectable="true"
      aria-rowcount=${lines.length + 1}
      aria-colcount=${shown.length + 1}
      .style=${`--columns: ${template}`}
      @scroll=${this.onScroll}
      @keydown=${this.onKey}
      @click=${this.onClick}
      @dblclick=${this.onDoubleClick}
      @focusin=${this.onFocus}
      @focusout=${this.onBlur}
    >
      ${this.head(shown)}
      <div class="lines" role="rowgroup" .style=${`height: ${lines.length * lineHeight}px`}>
        ${repeat(
          drawn,
          (_, place) => slots[place],
          ({ line, index }) =>
            line.kind === 'group'
              ? this.group(line, index, shown.length, index === stop)
              : this.row(line, index, shown, index === stop, grouped, data?.ahead ?? 0),
        )}
      </div>
    </div>`;
  }

  /** After each drawing: what only an element in the document can do. */
  drawn(): void {
    const element = document.getElementById('grid') ?? undefined;
    if (element !== this.element) {
      this.sizes.disconnect();
      this.element = element;
      if (element) {
        this.sizes.observe(element);
        this.measure();
      }
    }
    if (!element) return;
    if (this.page.scrollTo !== undefined) {
      element.scrollTop = this.page.scrollTo;
      this.page.scrollTo = undefined;
    }
    if (this.page.revealing) {
      this.page.revealing = false;
      this.reveal(this.activeIndex());
    }
    if (this.focused && (document.activeElement === document.body || document.activeElement === null))
      this.activeElement()?.focus({ preventScroll: true });
  }

  /** Gives the focus to the line that is active, or the first. */
  focus(): void {
    (this.activeElement() ?? this.element?.querySelector<HTMLElement>('.line'))?.focus();
  }

  private columns(): Column[] {
    const { view, data } = this.page;
    const all = Object.keys(looks) as Column[];
    return all.filter((column) => {
      if (column === view.grouping) return column === 'status';
      if (column === 'wave' && !data?.rollouts.some(({ finishedAt }) => finishedAt === null)) return false;
      return this.width >= looks[column].from;
    });
  }

  private head(shown: readonly Column[]): TemplateResult {
    const { page } = this;
    const { column: by, descending } = page.view.sort;
    const all = page.rows.length > 0 && page.rows.every(({ id }) => page.selection.ids.has(id));
    return html`<div class="head" role="row" aria-rowindex="1">
      <span role="columnheader" class="cell tick-cell">
        <button
          type="button"
          class="tick-all"
          tabindex=${this.headColumn === 0 ? 0 : -1}
          aria-label=${all ? t('Select none') : t('Select all servers shown')}
          title=${all ? t('Select none') : t('Select all servers shown')}
          @click=${() => (all ? page.selectNone() : page.selectAll())}
        >
          <span class="tick ${all ? 'on' : ''}">${all ? icon('check') : nothing}</span>
        </button>
      </span>
      ${shown.map((column, index) => {
        const sorted = column === by;
        return html`<span
          role="columnheader"
          class="cell"
          aria-sort=${sorted ? (descending ? 'descending' : 'ascending') : 'none'}
          ><button
            type="button"
            class="sort"
            tabindex=${this.headColumn === index + 1 ? 0 : -1}
            @click=${() => this.sort(column)}
          >
            ${titles()[column]}${sorted ? icon(descending ? 'arrow-down' : 'arrow-up') : nothing}
          </button></span
        >`;
      })}
    </div>`;
  }

  private group(line: GroupLine, index: number, columns: number, stop: boolean): TemplateResult {
    const selected = line.rows.every(({ id }) => this.page.selection.ids.has(id));
    const words = groupWords(line.rows);
    return html`<div
      class="line group ${selected ? 'selected' : ''}"
      role="row"
      aria-level="1"
      aria-expanded=${line.open}
      aria-selected=${selected}
      aria-rowindex=${index + 2}
      tabindex=${stop ? 0 : -1}
      data-index=${index}
      .style=${`transform: translateY(${index * lineHeight}px)`}
    >
      <span role="gridcell" class="group-cell" aria-colspan=${columns + 1}>
        <span class="twistie">${icon(line.open ? 'chevron-down' : 'chevron-right')}</span>
        <span class="group-name">${line.label}</span>
        <span class="dim">${serverCount(line.rows.length)} · ${words}</span>
      </span>
    </div>`;
  }

  private row(
    { row, key }: RowLine,
    index: number,
    shown: readonly Column[],
    stop: boolean,
    grouped: boolean,
    ahead: number,
  ): TemplateResult {
    const selected = this.page.selection.ids.has(row.id);
    const active = this.page.selection.active === key;
    return html`<div
      class="line row ${selected ? 'selected' : ''} ${active ? 'active' : ''}"
      role="row"
      aria-level=${grouped ? '2' : nothing}
      aria-selected=${selected}
      aria-rowindex=${index + 2}
      tabindex=${stop ? 0 : -1}
      data-index=${index}
      .style=${`transform: translateY(${index * lineHeight}px)`}
    >
      <span role="gridcell" class="cell tick-cell"
        ><span class="tick ${selected ? 'on' : ''}">${selected ? icon('check') : nothing}</span></span
      >
      ${shown.map((column) => {
        const { content, title } = cell(row, column, Date.now() + ahead);
        return html`<span role="gridcell" class="cell c-${column}" title=${title || nothing}
          >${content}</span
        >`;
      })}
    </div>`;
  }

  private sort(column: Column): void {
    const { sort } = this.page.view;
    const descending = sort.column === column ? !sort.descending : false;
    this.page.change({ sort: { column, descending } });
    const title = titles()[column];
    this.page.say(descending ? t('Sorted by {0}, descending', title) : t('Sorted by {0}, ascending', title));
  }

  private readonly onScroll = (): void => {
    if (this.element && this.element.scrollTop !== this.page.view.scroll)
      this.page.change({ scroll: this.element.scrollTop });
  };

  private readonly onClick = (event: MouseEvent): void => {
    const index = indexOf(event);
    const line = index === undefined ? undefined : this.page.lines[index];
    if (index === undefined || line === undefined || !(event.target instanceof Element)) return;
    if (event.target.closest('.twistie')) this.page.toggleGroup((line as GroupLine).key);
    else if (event.shiftKey) this.page.select(index, 'range');
    else if (event.ctrlKey || event.metaKey || event.target.closest('.tick-cell'))
      this.page.select(index, 'toggle');
    else this.page.select(index, 'only');
  };

  private readonly onDoubleClick = (event: MouseEvent): void => {
    const index = indexOf(event);
    if (index !== undefined) this.enter(index);
  };

  private enter(index: number): void {
    const line = this.page.lines[index];
    if (line?.kind === 'group') this.page.toggleGroup(line.key);
    else if (line) this.page.toggleDetails(true);
  }

  private readonly onFocus = (event: FocusEvent): void => {
    const index = indexOf(event);
    this.focused = index !== undefined;
    // Coming in by Tab makes the first line the active one.
    if (index !== undefined && this.page.selection.active === null) this.page.select(index, 'move');
  };

  private readonly onBlur = (event: FocusEvent): void => {
    // Without a next one the line was only drawn anew, or the window lost the focus.
    if (event.relatedTarget !== null) this.focused = false;
  };

  private readonly onKey = (event: KeyboardEvent): void => {
    const { target } = event;
    if (target instanceof Element && target.closest('.head')) return this.onHeadKey(event);
    const { page } = this;
    const { lines } = page;
    const at = this.activeIndex();
    const line = lines[at];
    const command = event.ctrlKey || event.metaKey;
    const pageful = Math.max(1, Math.floor(this.height / lineHeight) - 2);
    const to = {
      ArrowUp: at - 1,
      ArrowDown: at + 1,
      PageUp: at - pageful,
      PageDown: at + pageful,
      Home: 0,
      End: lines.length - 1,
    }[event.key];
    if (to !== undefined) {
      if (event.key === 'ArrowUp' && at <= 0) this.focusHead();
      else this.go(to, event.shiftKey ? 'range' : command ? 'move' : 'only');
    } else if (event.key === ' ') page.select(at, 'toggle');
    else if (event.key === 'Enter') this.enter(at);
    else if (command && event.key.toLowerCase() === 'a') page.selectAll();
    else if (event.key === 'Escape' && page.selection.ids.size > 0) page.selectNone();
    else if (event.key === 'ArrowLeft' && line) this.fold(at, line);
    else if (event.key === 'ArrowRight' && line?.kind === 'group') {
      if (!line.open) page.toggleGroup(line.key);
      else this.go(at + 1, 'only');
    } else return;
    event.preventDefault();
  };

  /** Left closes a group, and leads from a server to its group. */
  private fold(at: number, line: Line): void {
    if (line.kind === 'group') {
      if (line.open) this.page.toggleGroup(line.key);
      return;
    }
    const head = this.page.lines.slice(0, at).findLastIndex(({ kind }) => kind === 'group');
    if (head >= 0) this.go(head, 'only');
  }

  private go(index: number, how: 'only' | 'range' | 'move'): void {
    const to = Math.max(0, Math.min(this.page.lines.length - 1, index));
    this.page.select(to, how);
    this.reveal(to);
    this.focused = true;
    requestAnimationFrame(() => this.activeElement()?.focus({ preventScroll: true }));
  }

  private reveal(index: number): void {
    const { element } = this;
    if (!element) return;
    const top = index * lineHeight;
    const room = this.height - lineHeight;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + lineHeight > element.scrollTop + room) element.scrollTop = top + lineHeight - room;
  }

  private focusHead(): void {
    this.element?.querySelectorAll<HTMLElement>('.head button')[this.headColumn]?.focus();
  }

  private onHeadKey(event: KeyboardEvent): void {
    const buttons = [...(this.element?.querySelectorAll<HTMLElement>('.head button') ?? [])];
    const at = buttons.findIndex((one) => one === document.activeElement);
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (event.key === 'ArrowDown') this.focus();
    else if (to === undefined) return;
    else {
      this.headColumn = Math.max(0, Math.min(buttons.length - 1, to));
      buttons[this.headColumn]?.focus();
      this.page.redraw();
    }
    event.preventDefault();
  }

  private activeElement(): HTMLElement | undefined {
    const at = this.activeIndex();
    return this.element?.querySelector<HTMLElement>(`.line[data-index="${at}"]`) ?? undefined;
  }

  private activeIndex(): number {
    return this.page.lines.findIndex(({ key }) => key === this.page.selection.active);
  }

  private measure(): void {
    const { element } = this;
    if (!element) return;
    const { clientWidth, clientHeight } = element;
    if (clientWidth === this.width && clientHeight === this.height) return;
    this.width = clientWidth;
    this.height = clientHeight;
    this.page.redraw();
  }
}

function indexOf({ target }: Event): number | undefined {
  const line = target instanceof Element ? target.closest<HTMLElement>('.line') : null;
  return line === null ? undefined : Number(line.dataset['index']);
}
