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
  const sentences = sources().flatMap(({ name, text }) => sentencesIn(text, name));
  return Object.fromEntries([...new Set(sentences)].sort().map((sentence) => [sentence, sentence]));
}

const shownProperties =
  /^(label|title|description|detail|tooltip|prompt|placeholder|placeHolder|openLabel|message|hint|note)$/;
const shownCalls = /(show\w*Message|\.say|^waiting)$/;
const shownAttributes = /\b(?:aria-label|title|placeholder)="([^"]*)"/g;
/** The same in every language, addresses and icons. */
const names = /https:.*|VMS Fleet|Windows|Linux|SHA-256|SSH|\$\([\w~-]+\)/g;

/**
 * @param {string} source TypeScript of what people see
 * @returns {string[]} words that do not go by `t`, as far as that can be told: in the page's markup, under the names that VS Code shows
 *   (`label`, `title` …), and in messages
 */
export function bareWordsIn(source, name = 'source.ts') {
  const file = ts.createSourceFile(name, source, ts.ScriptTarget.Latest, true);
  const found = [];
  const look = (node, texts) => {
    const { line } = file.getLineAndCharacterOfPosition(node.getStart(file));
    for (const text of texts)
      if (isSentence(text)) found.push(`${name}:${line + 1}: ${text.trim().replace(/\s+/g, ' ')}`);
  };
  const visit = (node) => {
    if (ts.isTaggedTemplateExpression(node)) look(node, markupWords(node.template));
    if (ts.isPropertyAssignment(node) && shownProperties.test(node.name.getText(file)))
      look(node, literals(node.initializer));
    if (ts.isCallExpression(node) && shownCalls.test(node.expression.getText(file)))
      look(node, literals(node.arguments[0]));
    if (ts.isNewExpression(node) && node.expression.getText(file) === 'FleetError')
      look(node, literals(node.arguments?.[1]));
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** Words, not a field of the fleet file or a codicon: two of them, or one that begins like a sentence. */
const isSentence = (text) => /^\s*[A-Z][a-z]|[A-Za-z]…|[a-z]\S* +[A-Za-z]/.test(text.replace(names, ''));

/** What stands there as it is, whichever way a condition goes. */
function literals(node) {
  if (node === undefined) return [];
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isTemplateExpression(node)) return [staticText(node)];
  if (ts.isConditionalExpression(node)) return [...literals(node.whenTrue), ...literals(node.whenFalse)];
  return [];
}

const staticText = (template) =>
  ts.isTemplateExpression(template)
    ? [template.head.text, ...template.templateSpans.map(({ literal }) => literal.text)].join('\0')
    : template.text;

function markupWords(template) {
  const text = staticText(template);
  const attributes = [...text.matchAll(shownAttributes)].map(([, value]) => value);
  return [...attributes, ...text.replace(/<!--.*?-->/gs, '').split(/<[^>]*>|\0/)];
}

/** Words of all that people see in VS Code that could not be translated. */
export function bareWords() {
  return sources()
    .filter(({ name }) => /^(commands|editor|tree|vscode|webview)\b/.test(name))
    .flatMap(({ name, text }) => bareWordsIn(text, name));
}

const sources = () =>
  readdirSync(inRepo('src'), { recursive: true })
    .filter((name) => /\.ts$/.test(name))
    .map((name) => ({ name, text: readFileSync(join(inRepo('src'), name), 'utf8') }));
