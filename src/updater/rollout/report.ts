import type { RolloutRecord, ServerRecord } from './history';

export const reportFormats = ['json', 'csv', 'html'] as const;
export type ReportFormat = (typeof reportFormats)[number];

/** The history of rollouts as the text of a file. */
export function report(records: readonly RolloutRecord[], format: ReportFormat): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify({ schema: 1, rollouts: records }, null, 2)}\n`;
    case 'csv':
      return csv(records);
    case 'html':
      return html(records);
  }
}

type Cell = string | number | null;

/** One row a server. */
const columns: [title: string, of: (rollout: RolloutRecord, server: ServerRecord) => Cell][] = [
  ['Rollout', ({ id }) => id],
  ['Action', ({ action }) => action],
  ['By', ({ by }) => by],
  ['Server', (_, { id }) => id],
  ['System', (_, { system }) => system],
  ['From', (_, { from }) => from],
  ['To', (_, { to }) => to],
  ['Outcome', (_, { outcome }) => outcome],
  ['Status', (_, { status }) => status],
  ['Began', (_, { startedAt }) => startedAt],
  ['Ended', (_, { endedAt }) => endedAt],
  ['Seconds', (_, { seconds }) => seconds],
  ['Recording gap, seconds', (_, server) => server.recordingGapSeconds],
  ['Reason', (_, { reason }) => reason],
];

/** RFC 4180. */
function csv(records: readonly RolloutRecord[]): string {
  const rows = records.flatMap((rollout) =>
    rollout.servers.map((server) => columns.map(([, of]) => of(rollout, server))),
  );
  return [columns.map(([title]) => title), ...rows]
    .map((row) => `${row.map(csvCell).join(',')}\r\n`)
    .join('');
}

function csvCell(value: Cell): string {
  if (value === null) return '';
  // What a server says is data: no spreadsheet may take it for a formula.
  const text = /^[=+\-@\t\r]/.test(String(value)) && typeof value !== 'number' ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const style = `body{font:14px/1.5 system-ui,sans-serif;margin:2rem;color:#1c2733;background:#fff}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #d5dde5;vertical-align:top}
th{font-weight:600}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
.failed{color:#a3160f;font-weight:600}.done{color:#176b2c}
@media (prefers-color-scheme:dark){body{background:#15191e;color:#dfe6ec}th,td{border-color:#39424c}.failed{color:#ff8a80}.done{color:#7ddc94}}
@media print{body{margin:0}h2{break-after:avoid}tr{break-inside:avoid}}`;

/** One page that needs nothing but itself, and runs nothing. */
function html(records: readonly RolloutRecord[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>Rollouts</title>
<style>${style}</style>
</head>
<body>
<h1>Rollouts</h1>
${records.length === 0 ? '<p>None.</p>' : records.map(section).join('\n')}
</body>
</html>
`;
}

function section(rollout: RolloutRecord): string {
  const { id, action, fleet, by, state, startedAt, finishedAt, asked, servers } = rollout;
  const facts: [string, string][] = [
    ['Fleet file', fleet],
    ['By', by],
    ['Began', startedAt],
    ['Ended', finishedAt ?? 'not yet'],
    ...asked.map(({ at, ask, by: who }): [string, string] => [ask, `${at} by ${who}`]),
  ];
  return `<h2>${text(action)} ${text(id)}: <span class="${state === 'done' || state === 'failed' ? state : ''}">${text(state)}</span></h2>
<p>${facts.map(([name, value]) => `${text(name)}: ${text(value)}`).join('<br>')}</p>
<table>
<thead><tr><th>Server</th><th>System</th><th>From</th><th>To</th><th>Outcome</th><th class="n">Took</th><th class="n">Recording gap</th><th>Reason</th></tr></thead>
<tbody>
${servers.map(row).join('\n')}
</tbody>
</table>`;
}

function row({ id, system, from, to, outcome, seconds, recordingGapSeconds, reason }: ServerRecord): string {
  const ended = outcome === 'done' || outcome === 'failed' ? outcome : '';
  return `<tr><td>${text(id)}</td><td>${text(system)}</td><td>${text(from ?? '–')}</td><td>${text(to ?? '–')}</td><td class="${ended}">${text(outcome ?? 'not ended')}</td><td class="n">${span(seconds)}</td><td class="n">${span(recordingGapSeconds)}</td><td>${text(reason ?? '')}</td></tr>`;
}

/** "1 h 02 min", "3 min 20 s", "45 s". */
function span(seconds: number | null): string {
  if (seconds === null) return '–';
  const two = (n: number): string => String(n).padStart(2, '0');
  if (seconds >= 3600) return `${Math.floor(seconds / 3600)} h ${two(Math.floor((seconds % 3600) / 60))} min`;
  return seconds >= 60 ? `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s` : `${seconds} s`;
}

const escapes: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const text = (value: string): string => value.replace(/[&<>"']/g, (one) => escapes[one] ?? one);
