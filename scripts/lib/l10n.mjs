// The sentences that the code hands to `l10n.t`: what a translation has to cover.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { inRepo } from './prepare.mjs';

/**
 * @param {string} source TypeScript
 * @returns {string[]} the first argument of each `l10n.t` and `vscode.l10n.t`
 * @throws where that is no literal, which no translation could be found for
 */
export function sentencesIn(source, name = 'source.ts') {
  const file = ts.createSourceFile(name, source, ts.ScriptTarget.Latest, true);
  const found = [];
  const visit = (node) => {
    if (ts.isCallExpression(node) && /^(vscode\.)?l10n\.t$/.test(node.expression.getText(file))) {
      const [sentence] = node.arguments;
      if (sentence === undefined || !ts.isStringLiteralLike(sentence)) {
        const { line } = file.getLineAndCharacterOfPosition(node.getStart(file));
        throw new Error(`${name}:${line + 1}: l10n.t wants its sentence as a literal: ${node.getText(file)}`);
      }
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
