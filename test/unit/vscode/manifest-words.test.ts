import { expect, it } from 'vitest';
import { manifest, manifestWords, texts, wholeKey } from './manifest';

/** Fields that VS Code shows to people, wherever they stand. */
const shown = new Set([
  'category',
  'contents',
  'contextualTitle',
  'description',
  'displayName',
  'label',
  'markdownDescription',
  'shortTitle',
  'title',
  'userDescription',
]);
/** What language models read, which stays English, and conditions and commands' names, which hold spaces too. */
const notForPeople = new Set(['inputSchema', 'modelDescription', 'when', 'completionEvents']);

const { contributes, capabilities, description } = manifest();
const told = texts({ contributes, capabilities, description }).filter(
  ({ path }) => !path.some((name) => notForPeople.has(name)),
);

it('finds each key of package.json in package.nls.json, and no other there', () => {
  const used = new Set(told.flatMap(({ text }) => wholeKey.exec(text)?.[1] ?? []));
  expect(Object.keys(manifestWords()).sort()).toEqual([...used].sort());
});

it('leaves no plain words in package.json', () => {
  const plain = told.filter(({ path, text }) => {
    const viewName = path[1] === 'views' && path.at(-1) === 'name';
    return (shown.has(path.at(-1) ?? '') || viewName || /\s/.test(text)) && !wholeKey.test(text);
  });
  expect(plain).toEqual([]);
});

it('has words for each key', () => {
  for (const [key, words] of Object.entries(manifestWords())) expect(words.trim(), key).not.toBe('');
});
