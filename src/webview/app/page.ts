import type { Action } from '../../updater/plan/plan';
import { t } from '../../vscode/l10n';
import { realTimers, Throttle } from '../../vscode/throttle';
import { serversSelected } from '../../vscode/words';
import {
  Asker,
  type HostEvent,
  type PastRollout,
  type ServerDetail,
  type ServerRow,
  type SystemCard,
  type ToPage,
  type Verb,
} from '../protocol';
import type { RolloutView } from '../rollout-view';
import { FleetData } from './data';
import {
  filtered,
  linesOf,
  noFilter,
  sorted,
  type Facet,
  type Filter,
  type Grouping,
  type Line,
} from './model';
import { Kept } from './memo';
import { rolloutNews } from './news';
import { carriesOut, type Planned } from './planned';
import { kept, nothingSelected, select, selectAll, type How, type Selection } from './selection';
import { restored, type Tab, type ViewState } from './view-state';
import type { VsCodeApi } from './vscode-api';

const none: readonly ServerRow[] = [];
/** ms between two writings of the view's state. */
const keepEvery = 300;
/** ms between two questions about the systems' packages, while something of them changes. */
const cardsEvery = 1_000;

/** The page's state, and everything that can be done on it. Views draw it and call it; nothing else changes it. */
export class Page {
  data: FleetData | undefined;
  view: ViewState;
  selection: Selection;
  planned: Planned | undefined;
  cards: SystemCard[] | undefined;
  history: PastRollout[] | undefined;
  /** A rollout that is over, looked at. */
  past: RolloutView | undefined;
  detail: ServerDetail | undefined;
  /** What went wrong on the way to the extension. */
  fault: string | undefined;
  filtering = false;
  /** Where the table is to be scrolled to at its next drawing; undefined: it stays where it is. */
  scrollTo: number | undefined;
  /** The active line is to be in sight at its next drawing. */
  revealing = false;
  /** Read aloud to those who do not see the page change. */
  said = '';
  private readonly asker: Asker;
  private readonly inOrder = new Kept<readonly ServerRow[]>();
  private readonly shown = new Kept<readonly ServerRow[]>();
  private readonly laidOut = new Kept<readonly Line[]>();
  private readonly chosen = new Kept<readonly ServerRow[]>();
  private readonly cardsSoon = new Throttle<string>(cardsEvery, () => {
    if (this.view.tab === 'systems') void this.attempt(() => this.fill());
  });
  private keeping: ReturnType<typeof setTimeout> | undefined;
  private looking: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly vscode: VsCodeApi,
    /** Draws the page, soon. */
    readonly redraw: () => void,
  ) {
    this.view = restored(vscode.getState());
    this.selection = { ...nothingSelected, ids: new Set(this.view.selected), active: this.view.active };
    this.scrollTo = this.view.scroll;
    this.asker = new Asker((message) => vscode.postMessage(message), realTimers);
  }

  receive(message: ToPage): void {
    if (message.kind !== 'event') return this.asker.settle(message);
    this.hear(message.event);
  }

  /** Asks for the whole picture. */
  async load(fleet = this.view.fleet): Promise<void> {
    await this.attempt(async () => {
      const snapshot = await this.asker.ask('snapshot', { fleet });
      const isOther = this.view.fleet !== null && this.view.fleet !== snapshot.fleet;
      this.data = new FleetData(snapshot, Date.parse(snapshot.now) - Date.now());
      this.selection = kept(this.selection, (id) => this.data?.row(id) !== undefined);
      if (isOther) this.leaveFleet();
      this.cards = this.history = undefined;
      this.change({ fleet: snapshot.fleet });
      if (snapshot.show !== undefined) this.change({ tab: 'rollouts', rollout: snapshot.show });
      await this.fill();
    });
  }

  /** Another fleet may have servers of the same names: nobody has selected those. */
  private leaveFleet(): void {
    this.planned = this.detail = this.past = undefined;
    this.selection = nothingSelected;
    this.change({ selected: [], active: null, rollout: null });
  }

  private get fleet(): string | null {
    return this.data?.snapshot.fleet ?? null;
  }

  /** The extension's time: what it says of servers is stamped by its clock. */
  now(): number {
    return Date.now() + (this.data?.ahead ?? 0);
  }

  /** All servers of the fleet; none before they are known. */
  get all(): readonly ServerRow[] {
    return this.data?.rows ?? none;
  }

  /** Servers that pass the filter, sorted. */
  get rows(): readonly ServerRow[] {
    const { data, view } = this;
    if (!data) return [];
    // Sorted before they are filtered: each letter of a filter then only picks out of the same order.
    const all = this.inOrder.get([data.rows, view.sort], () => sorted(data.rows, view.sort, data.ranks));
    return this.shown.get([all, view.filter], () => filtered(all, view.filter));
  }

  get lines(): readonly Line[] {
    const { rows, view } = this;
    return this.laidOut.get([rows, view.grouping, view.collapsed], () =>
      linesOf(rows, view.grouping, new Set(view.collapsed)),
    );
  }

  get selectedRows(): readonly ServerRow[] {
    const { data } = this;
    if (!data) return [];
    const { ids } = this.selection;
    return this.chosen.get([data.rows, ids], () => {
      const place = ({ id }: ServerRow): number => data.ranks.get(id) ?? 0;
      return [...ids].flatMap((id) => data.row(id) ?? []).sort((a, b) => place(a) - place(b));
    });
  }

  /** The server that has the focus. */
  get activeServer(): string | undefined {
    const line = this.lines.find(({ key }) => key === this.selection.active);
    return line?.kind === 'row' ? line.row.id : undefined;
  }

  change(part: Partial<ViewState>): void {
    this.view = { ...this.view, ...part };
    this.keep();
    this.redraw();
  }

  filter(part: Partial<Filter>): void {
    this.change({ filter: { ...this.view.filter, ...part }, scroll: 0 });
    this.scrollTo = 0;
    const { length } = this.rows;
    this.say(length === 1 ? t('1 server shown') : t('{0} servers shown', length));
  }

  toggleChip(facet: Facet, value: string): void {
    const { chips } = this.view.filter;
    const own = chips[facet];
    const next = own.includes(value) ? own.filter((one) => one !== value) : [...own, value];
    this.filter({ chips: { ...chips, [facet]: next } });
  }

  clearFilter(): void {
    this.filter(noFilter);
  }

  showOnly(facet: Facet, value: string): void {
    this.change({ tab: 'servers' });
    this.filter({ text: '', chips: { ...noFilter.chips, [facet]: [value] } });
  }

  group(grouping: Grouping): void {
    this.change({ grouping, scroll: 0 });
    this.scrollTo = 0;
  }

  toggleGroup(key: string): void {
    const { collapsed } = this.view;
    this.change({
      collapsed: collapsed.includes(key) ? collapsed.filter((one) => one !== key) : [...collapsed, key],
    });
  }

  select(index: number, how: How): void {
    this.setSelection(select(this.selection, this.lines, index, how));
  }

  selectAll(): void {
    this.setSelection(selectAll(this.selection, this.lines));
    this.say(serversSelected(this.selection.ids.size));
  }

  selectNone(): void {
    this.setSelection({ ...this.selection, ids: new Set() });
  }

  selectServers(ids: readonly string[]): void {
    this.setSelection({ ...this.selection, ids: new Set(ids) });
  }

  private setSelection(selection: Selection): void {
    const moved = selection.active !== this.selection.active;
    this.selection = selection;
    this.change({ selected: [...selection.ids], active: selection.active });
    if (moved && this.view.details) this.lookSoon();
  }

  showTab(tab: Tab): void {
    this.scrollTo = this.view.scroll;
    this.change({ tab });
    void this.attempt(() => this.fill());
  }

  /** Asks for what the tab in front shows. */
  private async fill(): Promise<void> {
    if (!this.data || this.data.snapshot.fleet === null) return;
    const { tab, details } = this.view;
    if (tab === 'systems') await this.askCards();
    if (tab === 'rollouts') await this.askHistory();
    if (tab === 'servers' && details) this.lookSoon();
    if (tab === 'plan' && !this.planned) this.change({ tab: 'servers' });
  }

  private async askCards(): Promise<void> {
    this.cards = await this.asker.ask('systems', null);
    this.redraw();
  }

  private async askHistory(): Promise<void> {
    this.history = await this.asker.ask('rollouts', null);
    const wanted = this.view.rollout ?? this.data?.rollouts[0]?.id ?? this.history[0]?.id;
    this.redraw();
    if (wanted !== undefined) await this.showRollout(wanted);
  }

  async showRollout(id: string): Promise<void> {
    await this.attempt(async () => {
      this.change({ rollout: id });
      if (this.data?.rollouts.some((one) => one.id === id)) return;
      const view = await this.asker.ask('rollout', { id });
      if (this.view.rollout !== id) return;
      this.past = view;
      this.redraw();
    });
  }

  /** The rollout that is looked at. */
  get rollout(): RolloutView | undefined {
    const id = this.view.rollout;
    const live = this.data?.rollouts ?? [];
    return live.find((one) => one.id === id) ?? (this.past?.id === id ? this.past : undefined);
  }

  toggleDetails(open = !this.view.details): void {
    this.change({ details: open });
    if (open) this.lookSoon();
    else {
      this.detail = undefined;
      void this.attempt(() => this.asker.ask('server', { id: null }));
    }
  }

  /** Who goes down the table with a key held asks only where he stops. */
  private lookSoon(): void {
    clearTimeout(this.looking);
    this.looking = setTimeout(() => void this.attempt(() => this.look()), 120);
  }

  private async look(): Promise<void> {
    const id = this.activeServer;
    if (id === undefined) return;
    const detail = await this.asker.ask('server', { id });
    if (this.activeServer !== id) return;
    this.detail = detail ?? undefined;
    this.redraw();
  }

  run(verb: Verb, servers: readonly string[], rollout?: string): void {
    const meant = {
      fleet: this.fleet,
      verb,
      servers: [...servers],
      ...(rollout !== undefined && { rollout }),
    };
    void this.attempt(() => this.asker.ask('run', meant));
  }

  report(id: string): void {
    void this.attempt(() => this.asker.ask('report', { id }));
  }

  /** Shows what an action would do, before anything is done. */
  async plan(action: Action, servers: string[]): Promise<void> {
    this.planned = { state: 'asking', action, servers };
    this.change({ tab: 'plan' });
    const asked = this.planned;
    try {
      const plan = await this.asker.ask('plan', { fleet: this.fleet, action, servers });
      if (this.planned !== asked) return;
      this.planned = { state: 'made', action, servers, plan };
      this.say(t('The plan is ready.'));
    } catch (error) {
      if (this.planned !== asked) return;
      this.planned = { state: 'failed', action, servers, message: messageOf(error) };
    }
    this.redraw();
  }

  closePlan(): void {
    if (this.planned?.state === 'asking') void this.attempt(() => this.asker.ask('stopPlanning', null));
    this.planned = undefined;
    this.showTab('servers');
  }

  /** @param fault undefined: it has been read */
  tellFault(fault: string | undefined): void {
    this.fault = fault;
    this.redraw();
  }

  say(text: string): void {
    this.said = text;
    this.redraw();
  }

  private hear(event: HostEvent): void {
    switch (event.type) {
      case 'stale':
        return void this.load();
      case 'packages':
        return this.cardsSoon.touch('');
      case 'changes':
        return this.apply(event);
    }
  }

  private apply(changes: Extract<HostEvent, { type: 'changes' }>): void {
    const { data } = this;
    if (!data) return;
    const before = data.rollouts;
    const { detail } = this;
    const statusBefore = detail && data.row(detail.id)?.status;
    const retargeted = changes.rows.some(({ id, target }) => data.row(id)?.target !== target);
    if (!data.apply(changes)) return void this.load();
    if (retargeted) this.cardsSoon.touch('');
    const news = rolloutNews(before, data.rollouts);
    if (news !== undefined) this.said = news.text;
    if (news?.began !== undefined) this.follow(news.began);
    if (news?.ended === true) {
      this.history = undefined;
      void this.attempt(() => this.fill());
    }
    if (detail) {
      const own = changes.log.filter(({ server }) => server === detail.id);
      if (own.length > 0) this.detail = { ...detail, log: [...detail.log, ...own].slice(-300) };
      // Its progress stands in the table; all else about it changes with its status.
      if (data.row(detail.id)?.status !== statusBefore) this.lookSoon();
    }
    this.redraw();
  }

  /** A rollout began: it is what is looked at, and what was planned for it has been agreed to. */
  private follow(id: string): void {
    const began = this.data?.rollouts.find((one) => one.id === id);
    const mine = carriesOut(began, this.planned);
    if (mine) this.planned = undefined;
    const tab = mine && this.view.tab === 'plan' ? 'rollouts' : this.view.tab;
    this.change({ rollout: id, tab });
  }

  private async attempt(run: () => Promise<unknown>): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.tellFault(messageOf(error));
    }
  }

  private keep(): void {
    this.keeping ??= setTimeout(() => {
      this.keeping = undefined;
      this.vscode.setState(this.view);
    }, keepEvery);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
