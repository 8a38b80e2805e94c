import {
  columns,
  facets,
  groupings,
  noFilter,
  type Facet,
  type Filter,
  type Grouping,
  type Sort,
} from './model';

export const tabs = ['servers', 'systems', 'rollouts', 'plan'] as const;
export type Tab = (typeof tabs)[number];

/** What of the view outlives a reload of its page and of the window. Only how it looks: what servers say is asked for anew. */
export interface ViewState {
  fleet: string | null;
  tab: Tab;
  filter: Filter;
  sort: Sort;
  grouping: Grouping;
  collapsed: string[];
  selected: string[];
  active: string | null;
  scroll: number;
  /** The details stand beside the table. */
  details: boolean;
  /** The rollout that is looked at; null: the newest. */
  rollout: string | null;
}

export const firstView: ViewState = {
  fleet: null,
  tab: 'servers',
  filter: noFilter,
  sort: { column: 'id', descending: false },
  grouping: 'system',
  collapsed: [],
  selected: [],
  active: null,
  scroll: 0,
  details: false,
  rollout: null,
};

/** A state that an earlier version may have kept: what is not as it should be is as at first. */
export function restored(kept: unknown): ViewState {
  if (typeof kept !== 'object' || kept === null) return firstView;
  const { fleet, tab, filter, sort, grouping, collapsed, selected, active, scroll, details, rollout } =
    kept as Partial<Record<keyof ViewState, unknown>>;
  return {
    fleet: textOrNull(fleet),
    tab: oneOf(tabs, tab) ?? firstView.tab,
    filter: filterOf(filter),
    sort: sortOf(sort),
    grouping: oneOf(groupings, grouping) ?? firstView.grouping,
    collapsed: texts(collapsed),
    selected: texts(selected),
    active: textOrNull(active),
    scroll: typeof scroll === 'number' && scroll >= 0 ? scroll : 0,
    details: details === true,
    rollout: textOrNull(rollout),
  };
}

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);
const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
const oneOf = <T extends string>(words: readonly T[], value: unknown): T | undefined =>
  words.find((word) => word === value);

function filterOf(value: unknown): Filter {
  const { text, chips } = (value ?? {}) as { text?: unknown; chips?: Partial<Record<Facet, unknown>> };
  const kept = facets.map((facet) => [facet, texts(chips?.[facet])] as const);
  return {
    text: typeof text === 'string' ? text : '',
    chips: Object.fromEntries(kept) as unknown as Filter['chips'],
  };
}

function sortOf(value: unknown): Sort {
  const { column, descending } = (value ?? {}) as { column?: unknown; descending?: unknown };
  return { column: oneOf(columns, column) ?? firstView.sort.column, descending: descending === true };
}
