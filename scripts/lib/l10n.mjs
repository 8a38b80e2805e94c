// The sentences that the code hands to `t` of src/vscode/l10n.ts: what a translation has to cover.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { inRepo } from './prepare.mjs';

/**
 * @param {string} source TypeScript
 * @returns {string[]} the first argument of each `t`
 * @throws where that is no literal, which no translation could be found for; and where it is said while the module loads, when the
 *   language is not known yet
 */
export function sentencesIn(source, name = 'source.ts') {
  const file = ts.createSourceFile(name, source, ts.ScriptTarget.Latest, true);
  const found = [];
  const visit = (node) => {
    if (ts.isCallExpression(node) && node.expression.getText(file) === 't') {
      const [sentence] = node.arguments;
      const { line } = file.getLineAndCharacterOfPosition(node.getStart(file));
      const refuse = (why) => {
        throw new Error(`${name}:${line + 1}: ${why}: ${node.getText(file)}`);
      };
      if (sentence === undefined || !ts.isStringLiteralLike(sentence))
        refuse('t wants its sentence as a literal');
      if (ts.findAncestor(node, ts.isFunctionLike) === undefined)
        refuse('no language is known yet where this is said');
      found.push(sentence.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** The bundle as it is to be: each sentence is its own key, in the order of the alphabet. */
export function bundle() {
  const files = readdirSync(inRepo('src'), { recursive: true }).filter((name) => /\.ts$/.test(name));
  const sentences = files.flatMap((name) =>
    sentencesIn(readFileSync(join(inRepo('src'), name), 'utf8'), name),
  );
  return Object.fromEntries([...new Set(sentences)].sort().map((sentence) => [sentence, sentence]));
}
