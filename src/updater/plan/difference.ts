import type { PlanServer } from './plan';

/** What has become different for a server since it was planned, one sentence each; nothing where the plan still holds. */
export function differences(before: PlanServer, now: PlanServer): string[] {
  const said: string[] = [];
  const way = (path: readonly string[]): string => (path.length === 0 ? 'nothing' : path.join(' → '));
  if (before.from !== now.from)
    said.push(
      `It ran ${before.from ?? 'nothing'} when it was planned, and runs ${now.from ?? 'nothing'} now.`,
    );
  if (way(before.path) !== way(now.path))
    said.push(`Planned was ${way(before.path)}; by its facts of now it is ${way(now.path)}.`);
  const known = new Set(before.reasons.map(({ rule }) => rule));
  for (const { rule, severity, message } of now.reasons)
    // The window is waited for apart.
    if (!known.has(rule) && severity !== 'skip' && !rule.startsWith('window.'))
      said.push(`New: ${message} (${rule})`);
  return said;
}
