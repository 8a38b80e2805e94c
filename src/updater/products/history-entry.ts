/** One update that took, as a job lays it down for the server's history (`history/` in the state folder). */
export interface NewEntry {
  id: string;
  version: string;
  modules?: Record<string, string>;
  /** There is a backup of what was before it, under the entry's own id. */
  backup: boolean;
  /** What that backup holds. */
  kept: { name: string; path: string }[];
  /** The installer that brought it. */
  package?: { sha256: string; file: string };
}

/** The text of an entry, by lines of words parted by tabs; `targets/answers.ts` reads it back. */
export function historyEntry(entry: NewEntry, made: { jobId: string; by: string; at?: Date }): string {
  const lines = [
    ['id', entry.id],
    ['version', entry.version],
    ...Object.entries(entry.modules ?? {}).map(([module, version]) => ['module', module, version]),
    ...(entry.package === undefined ? [] : [['package', entry.package.sha256, entry.package.file]]),
    ...(entry.backup ? [['backup', entry.id]] : []),
    ...entry.kept.map(({ name, path }) => ['kept', name, path]),
    ['job', made.jobId],
    ['by', made.by],
    ...(made.at === undefined ? [] : [['at', String(Math.floor(made.at.getTime() / 1000))]]),
  ];
  return lines.map((words) => `${words.join('\t')}\n`).join('');
}
