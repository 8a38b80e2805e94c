import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { bareWords, bareWordsIn, bundle, sentencesIn } from '../../../scripts/lib/l10n.mjs';

const kept = JSON.parse(readFileSync('l10n/bundle.l10n.json', 'utf8')) as Record<string, string>;

it('the bundle holds every sentence of the code and no other (npm run l10n writes it anew)', () => {
  expect(kept).toEqual(bundle());
});

it('finds the sentences of a source', () => {
  expect(sentencesIn("const say = () => a(t('One {0}', t('It’s two')), x.t('not this'));")).toEqual([
    'One {0}',
    'It’s two',
  ]);
});

it('refuses a sentence that is put together where it is said', () => {
  expect(() => sentencesIn('t(`one ${two}`)', 'file.ts')).toThrow(/^file\.ts:1: .*literal/);
});

it('refuses a sentence that is said while its module loads', () => {
  expect(() => sentencesIn("const words = { a: t('A') };", 'file.ts')).toThrow(/^file\.ts:1: no language/);
  expect(sentencesIn("const words = lazily(() => ({ a: t('A') }));")).toEqual(['A']);
});

it('nothing that people see is said past the bundle', () => {
  expect(bareWords()).toEqual([]);
});

it('tells words that are said past the bundle', () => {
  const bare = (source: string): string[] => bareWordsIn(source).map((found) => found.replace(/^.*?: /, ''));
  expect(bare('html`<b title="Show it" class="two words">${a} since <i>${b}</i></b>`')).toEqual(['Show it']);
  expect(bare('html`<p>${n} can be updated.</p>`')).toEqual(['can be updated.']);
  expect(
    bare("({ label: wide ? 'No site' : 'Update…', icon: 'two words', title: `VMS Fleet: ${id}` })"),
  ).toEqual(['No site', 'Update…']);
  expect(bare("new FleetError('usage', 'It is not there.', { hint: t('Write it.') })")).toEqual([
    'It is not there.',
  ]);
  expect(bare("showInformationMessage(t('Loaded'), 'Open')")).toEqual([]);
});

it('numbers the places of each sentence from 0 without a gap, so that a translation can order them as it likes', () => {
  for (const sentence of Object.keys(kept)) {
    const places = new Set([...sentence.matchAll(/\{(\d+)\}/g)].map(([, number]) => Number(number)));
    expect([...places].sort(), sentence).toEqual([...places].map((_, index) => index));
    expect(sentence.replace(/\{\d+\}/g, ''), sentence).not.toMatch(/[{}]/);
  }
});
